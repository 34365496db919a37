"""Tables of trials at full length: counts of the published splits, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from meg_recordings import CSV, EPOCHS, dataset, edit_csv
from pydantic import ValidationError

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_meg.agreement import check_few, disagreeing, read_image_paths
from afterimage.ingest.things_meg.attributes import COLUMNS, read_attributes, read_sessions
from afterimage.ingest.things_meg.roles import SPLITS
from afterimage.ingest.things_meg.simulator.simulate import simulate_tables
from afterimage.ingest.things_meg.trials import behaviour_of, kept_rows, trials_of

FULL = {
    "sessions": {"P1": "all"},
    "runs_per_session": 10,
    "simulate": {"concepts": 1854, "exemplars": 12, "test_images": 200, "catch": 200},
}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    root = tmp_path_factory.mktemp("full")
    adapter = dataset(EPOCHS, **FULL)
    simulate_tables(adapter.config, root)
    return adapter, root


@pytest.fixture
def small(tmp_path):
    simulate_tables(dataset(EPOCHS).config, tmp_path)
    return tmp_path


def counts(adapter, root, split) -> dict[str, int]:
    roles = pd.Series(adapter.published_roles(root, "P1", split))
    return roles.value_counts().to_dict()


def test_table_has_the_published_columns_and_counts(full):
    _, root = full
    assert list(pd.read_csv(root / CSV).columns) == list(COLUMNS)
    assert len(COLUMNS) == 18
    table = read_attributes(root / CSV)
    assert table["trial_type"].value_counts().to_dict() == {
        "exp": 22_248,
        "test": 2_400,
        "catch": 2_400,
    }
    assert (table.groupby("session").size() == 2_254).all()
    exp = table[table["trial_type"] == "exp"]
    assert exp["stem"].is_unique
    assert (exp.groupby(["session", "concept"]).size() == 1).all()
    assert (table[table["trial_type"] == "test"].groupby("stem").size() == 12).all()


def test_published_splits_have_the_published_counts(full):
    adapter, root = full
    assert adapter.published_splits() == list(SPLITS)
    small = {"train": 19_848, "test": 2_400, "unused": 2_400}
    assert counts(adapter, root, "benchetrit_small") == small
    assert counts(adapter, root, "benchetrit_large") == small
    bench = counts(adapter, root, "neuralbench")
    assert bench == {"train": 22_248, "test": 2_400}


def test_both_tests_of_benchetrit_share_no_concept_with_training(full):
    adapter, root = full
    table = read_attributes(root / CSV)
    shown = table[~table["is_catch"]]
    ids = trials_of(shown, "P1")["trial_id"]
    concepts = dict(zip(ids, shown["concept"], strict=True))
    stems = dict(zip(ids, shown["stem"], strict=True))
    tests = {}
    for split in ("benchetrit_small", "benchetrit_large"):
        roles = adapter.published_roles(root, "P1", split)
        train = {concepts[name] for name, role in roles.items() if role == "train"}
        tests[split] = [name for name, role in roles.items() if role == "test"]
        held = {concepts[name] for name in tests[split]}
        assert not train & held
        assert (len(train), len(held)) == (1654, 200)
    assert len({stems[name] for name in tests["benchetrit_small"]}) == 200
    assert len({stems[name] for name in tests["benchetrit_large"]}) == 2_400


def test_trials_leave_catch_out_count_repetitions_and_keep_places(full):
    _, root = full
    table = read_attributes(root / CSV)
    rows = kept_rows(table, [2, 5], np.zeros(len(table), dtype=bool))
    trials = trials_of(rows, "P1")
    assert trials["session"].unique().tolist() == [2, 5]
    assert len(trials) == 2 * 2_054
    assert trials["trial_id"].is_unique
    assert trials["repetition"].max() == 1
    assert (trials.groupby(["session", "run"])["onset"].diff().dropna() > 1).all()
    behaviour = behaviour_of(rows, "P1")
    assert behaviour["measure"].unique().tolist() == [
        "responded",
        "RT",
        "key_time",
        "image_on",
        "image_off",
    ]
    assert not behaviour.duplicated(["trial_id", "measure"]).any()


def test_onsets_that_do_not_ascend_are_left_out_of_their_run_only(small):
    table = read_attributes(small / CSV)
    rows = table[~table["is_catch"]].copy()
    rows.loc[rows["run"] == 1, "onset"] = 5.0
    trials = trials_of(rows, "P1")
    assert trials.loc[trials["run"] == 1, "onset"].isna().all()
    assert trials.loc[trials["run"] == 2, "onset"].notna().all()


def edited(column, value, row=4):
    def edit(table):
        table[column] = table[column].astype(object)
        table.loc[row, column] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda table: table.drop(columns="run_nr"), "no column run_nr"),
        (lambda table: table.iloc[:0], "no trials"),
        (edited("trial_type", "rest"), "trial_type should be one of exp, test, catch"),
        (edited("session_nr", "first"), "no whole number in session_nr"),
        (edited("run_nr", 1.5), "no whole number in run_nr"),
        (lambda table: pd.concat([table, table.iloc[-1:]]), "the same trial as an earlier row"),
        (lambda table: table.iloc[::-1], "an earlier session or run"),
    ],
)
def test_a_wrong_table_is_refused_by_name(small, edit, told):
    edit_csv(small / CSV, edit)
    with pytest.raises(DataError) as caught:
        read_attributes(small / CSV)
    assert told in caught.value.what
    assert "sample_attributes_P1.csv" in caught.value.what
    assert caught.value.remedy


def test_a_picture_without_a_concept_is_refused(small):
    def edit(table):
        row = table.index[table["trial_type"] == "exp"][0]
        table.loc[row, "image_path"] = "images_meg/aardvark.jpg"

    edit_csv(small / CSV, edit)
    with pytest.raises(DataError, match="no picture of a concept in 1 rows"):
        read_attributes(small / CSV)


def test_missing_or_unreadable_tables_are_told(tmp_path):
    with pytest.raises(DataError, match="missing"):
        read_attributes(tmp_path / CSV)
    (tmp_path / "bytes.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="not a readable table"):
        read_attributes(tmp_path / "bytes.csv")


def test_a_session_without_trials_is_told(small):
    with pytest.raises(DataError, match="no trials of session 7; there are 2 sessions"):
        read_sessions(small / CSV, [1, 7])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sessions": {"P5": 1}}, "P5"),
        ({"sessions": {"P1": [1, 1]}}, "listed twice"),
        ({"sessions": {"P1": 3}}, "it has 2 sessions"),
        ({"sessions": {"P1": 13}, "simulate": None}, "it has 12 sessions"),
        (
            {"preprocess": "things_meg"},
            "it needs the continuous recording; 'form: raw' reads the recordings",
        ),
        (
            {"form": "raw", "preprocess": [{"step": "baseline"}]},
            "one step 'epoch', which cuts the recording",
        ),
        ({"form": "raw", "preprocess": "things_mg"}, "did you mean 'things_meg'"),
        ({"simulate": {"test_images": 19}}, "at most 18 of 20 concepts"),
        ({"runs_per_session": 40}, "too few for 40 runs"),
    ],
)
def test_impossible_configurations_are_refused(changes, told):
    with pytest.raises(ValidationError, match=told):
        dataset(EPOCHS, **changes)


# ------------------------------------------------------------------------------- what was shown

ROWS = pd.DataFrame(
    {
        "stem": ["cat_01b", "dog_01b", "catch001", "cat_02b"],
        "things_image_nr": [1.0, 3.0, np.nan, 2.0],
        "is_catch": [False, False, True, False],
        "place": [1, 2, 3, 4],
        "session": 1,
        "run": 1,
    }
)


def test_pictures_are_compared_by_number_or_by_the_list_of_names():
    codes = np.array([1.0, 3.0, np.nan, 2.0])
    assert not disagreeing(codes, ROWS, None).any()
    names = ["cat_01b", "cat_02b", "dog_01b"]
    assert not disagreeing(codes, ROWS, names).any()
    assert disagreeing(codes, ROWS, names[::-1]).tolist() == [True, True, False, False]
    assert disagreeing(np.array([1, 3, 999_999.0, 9]), ROWS, names).tolist() == [False] * 3 + [True]
    assert disagreeing(np.array([np.nan, 3, 7, 2]), ROWS, None).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_too_many_disagreements_are_an_error_with_the_first_rows(tmp_path):
    codes, wrong = np.array([9.0, np.nan, np.nan, 2.0]), np.array([True, True, False, False])
    check_few(wrong, ROWS, codes, 2, tmp_path)
    with pytest.raises(DataError) as caught:
        check_few(wrong, ROWS, codes, 1, tmp_path / "events.tsv")
    assert "2 of 4 trials of session 1, run 1" in caught.value.what
    assert "trial 1 (cat_01b by the table, number 9 here)" in caught.value.what
    assert "trial 2 (dog_01b by the table, catch here)" in caught.value.what
    assert "disagreements" in caught.value.remedy


def test_the_list_of_pictures_is_read_with_or_without_a_header(tmp_path):
    assert read_image_paths(tmp_path) is None
    path = tmp_path / "Metadata/Image-specific/image_paths.csv"
    path.parent.mkdir(parents=True)
    path.write_text('path\nimages/cat/cat_01b.jpg\n"images/dog/dog_01b.jpg"\n')
    assert read_image_paths(tmp_path) == ["cat_01b", "dog_01b"]
