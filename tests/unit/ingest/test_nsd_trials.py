"""Trials: three independent files, cross-checked trial by trial, and the behaviour beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from nsd_bucket import (
    CONFIG,
    RUNS,
    SESSIONS,
    SHARED,
    TRIALS,
    dataset,
    lists,
    ordering,
    responses,
    shown,
    stimulus_table,
    write_design,
    write_responses,
    write_stimulus_table,
    write_tables,
)

from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.tables import check_table
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.crosscheck import check_agreement
from afterimage.ingest.nsd.design import read_design
from afterimage.ingest.nsd.trials import numbers_of_trials, read_trials


@pytest.fixture
def root(tmp_path) -> Path:
    write_tables(tmp_path)
    return tmp_path


def trials_of(root: Path, subject: str = "subj01", **changes) -> pd.DataFrame:
    return read_trials(root, dataset(**changes).config, subject)[0]


def test_pictures_are_named_by_their_number_from_0(root):
    for subject in ("subj01", "subj02"):
        sessions = dataset().config.sessions_of(subject)
        rows = np.concatenate([np.arange((s - 1) * TRIALS, s * TRIALS) for s in sessions])
        expected = [layout.stimulus_id(number) for number in shown(subject)[rows].tolist()]
        assert trials_of(root, subject)["stimulus_id"].tolist() == expected


def test_pictures_follow_the_small_integers_of_the_design_by_hand(tmp_path):
    # Types as small as in the published file: products and sums of them would overflow.
    write_tables(tmp_path)
    write_design(
        tmp_path,
        masterordering=np.array([[3, 1, 2, 1]], dtype=np.uint8),
        subjectim=np.array([[200, 7, 9], [200, 5, 255]], dtype=np.uint8),
        sharedix=np.array([[200]], dtype=np.uint8),
    )
    table = pd.DataFrame({"nsdId": np.arange(256), "cocoId": 1})
    for repetition, trials in enumerate(({254: 1, 199: 2, 4: 3}, {199: 4})):
        table[f"subject2_rep{repetition}"] = table["nsdId"].map(trials).fillna(0).astype(int)
    write_stimulus_table(tmp_path, table)
    own = pd.DataFrame({"SESSION": 1, "RUN": [1, 1, 2, 2], "TRIAL": [1, 2, 1, 2]})
    own["73KID"] = [255, 200, 5, 200]
    write_responses(tmp_path, "subj02", own.iloc[::-1])
    adapter = dataset(sessions={"subj02": 1}, trials_per_session=4, runs_per_session=2)
    trials, _ = read_trials(tmp_path, adapter.config, "subj02")
    assert trials["stimulus_id"].tolist() == ["nsd00254", "nsd00199", "nsd00004", "nsd00199"]
    assert trials["repetition"].tolist() == [0, 0, 0, 1]
    assert trials["run"].tolist() == [1, 1, 2, 2]
    roles = adapter.published_roles(tmp_path, "subj02", "shared1000")
    assert list(roles.values()) == ["train", "test", "train", "test"]


def test_runs_are_those_of_the_responses(root):
    table = responses("subj01")
    table["RUN"] = np.tile([1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4], SESSIONS)
    table["TRIAL"] = np.tile([1, 2, 3, 4, 1, 2, 1, 2, 3, 1, 2, 3], SESSIONS)
    write_responses(root, "subj01", table)
    runs = trials_of(root)["run"]
    assert runs[:TRIALS].tolist() == [1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4]


def test_rows_of_the_responses_may_come_in_any_order_and_number_trials_by_session(root):
    table = responses("subj01")
    table["TRIAL"] = np.tile(np.arange(1, TRIALS + 1), SESSIONS)
    write_responses(root, "subj01", table.sample(frac=1, random_state=0))
    assert trials_of(root)["stimulus_id"].tolist() == [
        layout.stimulus_id(number) for number in shown("subj01").tolist()
    ]


def test_a_published_session_has_750_trials_named_by_three_digits():
    config = NsdConfig.model_validate({"name": "nsd", "sessions": {"subj05": [7, 40]}})
    numbers = numbers_of_trials(config, "subj05")
    assert len(numbers.ids) == 1500
    assert numbers.ids[-1] == "subj05-s40-t750"
    assert numbers.overall[[0, -1]].tolist() == [4500, 29999]


def test_behaviour_is_every_further_number_in_long_form(root):
    trials, behaviour = read_trials(root, dataset().config, "subj02")
    check_table(behaviour, BEHAVIOUR, "behaviour")
    measures = behaviour.drop_duplicates("measure").set_index("measure")["unit"].to_dict()
    assert measures == {"TIME": "day", "ISOLD": "", "RT": "ms", "MISSINGDATA": ""}
    table = responses("subj02")
    expected = table[table["SESSION"].isin([2, 4])]["RT"].to_numpy()
    times = behaviour[behaviour["measure"] == "RT"]
    assert times["trial_id"].tolist() == trials["trial_id"].tolist()
    np.testing.assert_array_equal(times["value"].to_numpy(), expected)
    assert np.isnan(expected).any()


# -------------------------------------------------------------------------------- disagreement


def test_responses_that_count_pictures_from_0_are_refused_with_a_hint(root):
    table = responses("subj01")
    table["73KID"] -= 1
    write_responses(root, "subj01", table)
    with pytest.raises(DataError, match="48 of 48 trials") as caught:
        trials_of(root)
    assert "All picture numbers of responses.tsv are 1 too low" in caught.value.what
    first, second = shown("subj01")[:2]
    assert f"subj01-s01-t001: nsdId {first}, nsdId {first}, nsdId {first - 1};" in caught.value.what
    assert f"subj01-s01-t002: nsdId {second}" in caught.value.what
    assert "t004" not in caught.value.what
    assert len(caught.value.details) == 48


def test_table_that_counts_pictures_from_1_is_refused_with_a_hint(root):
    table = stimulus_table()
    table["nsdId"] += 1
    write_stimulus_table(root, table)
    with pytest.raises(DataError, match=r"All picture numbers of nsd_stim_info_merged.csv .* high"):
        trials_of(root)


def test_lists_that_count_pictures_from_2_are_refused_with_a_hint(root):
    write_design(root, subjectim=lists() + 1, sharedix=lists()[:1, :SHARED] + 1)
    with pytest.raises(
        DataError, match=r"All picture numbers of nsd_expdesign\.mat are 1 too high"
    ):
        trials_of(root, sessions={"subj02": 4}, subject="subj02")


@pytest.mark.parametrize(("step", "told"), [(-1, "low"), (1, "high")])
def test_table_whose_trials_count_from_another_number_is_refused_with_a_hint(root, step, told):
    table = stimulus_table()
    for name in [name for name in table if "_rep" in name]:
        table[name] = np.where(table[name] > 0, table[name] + step, 0)
    write_stimulus_table(root, table)
    with pytest.raises(DataError, match=f"trials of nsd_stim_info_merged.csv are 1 too {told}"):
        trials_of(root)


def test_one_trial_that_differs_is_named_without_a_hint(root):
    table = responses("subj01")
    table.loc[17, "73KID"] = 27
    write_responses(root, "subj01", table)
    with pytest.raises(DataError, match=r"of 1 of 48 trials.*subj01-s02-t006") as caught:
        trials_of(root)
    assert "counted from" not in caught.value.what
    assert trials_of(root, subject="subj02") is not None
    # Sessions that are not read are not compared.
    trials_of(root, sessions={"subj01": [1, 3]})


def test_trial_that_a_file_does_not_know_is_told(root):
    table = stimulus_table()
    table.loc[table["subject1_rep1"] == 5, "subject1_rep1"] = 0
    table.loc[table["subject1_rep0"] == 5, "subject1_rep0"] = 0
    table.loc[table["subject1_rep2"] == 5, "subject1_rep2"] = 0
    write_stimulus_table(root, table)
    with pytest.raises(DataError, match=r"subj01-s01-t005: nsdId [0-9]+, none, nsdId"):
        trials_of(root)


def test_agreement_of_sources_is_their_common_answer():
    said = np.array([4, 1, 2])
    found = check_agreement({Path("a"): said, Path("b"): said.copy()}, ["x", "y", "z"])
    assert found.tolist() == [4, 1, 2]


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"masterordering": np.array([[1, 2, 17]])},
            "goes from 1 to 17, but .* counted from 1",
        ),
        ({"subjectim": np.where(lists() == 1, 0, lists())}, "counts from 1"),
        ({"sharedix": np.array([[5]])}, "does not begin with the 1 pictures of sharedix"),
        ({"sharedix": np.empty(0)}, "no variable 'sharedix'"),
    ],
)
def test_design_that_disagrees_with_itself_is_refused(tmp_path, changes, message):
    write_design(tmp_path, **changes)
    with pytest.raises(DataError, match=message) as caught:
        read_design(tmp_path / layout.DESIGN)
    assert "nsd_expdesign.mat" in caught.value.what


def test_design_that_is_no_mat_file_is_refused(tmp_path):
    path = tmp_path / "nsd_expdesign.mat"
    with pytest.raises(DataError, match=r"nsd_expdesign\.mat"):
        read_design(path)
    path.write_bytes(b"nonsense" * 50)
    with pytest.raises(DataError, match=r"nsd_expdesign\.mat"):
        read_design(path)


def test_more_sessions_than_the_design_holds_are_refused(root):
    write_responses(root, "subj01", pd.concat([responses("subj01"), last_session(5)]))
    with pytest.raises(DataError, match="masterordering has 48 trials, 60 are configured"):
        trials_of(root, sessions={"subj01": 5})


def last_session(number: int) -> pd.DataFrame:
    table = responses("subj01")
    return table[table["SESSION"] == SESSIONS].assign(SESSION=number)


def test_subject_that_the_design_does_not_know_is_refused(root):
    write_responses(root, "subj04", responses("subj01"))
    with pytest.raises(DataError, match="subjectim has 2 subjects, not one more for number 4"):
        trials_of(root, sessions={"subj04": 4}, subject="subj04")


def test_session_that_is_not_in_the_responses_is_refused(root):
    write_responses(root, "subj01", responses("subj01").query("SESSION != 3"))
    with pytest.raises(DataError, match=r"responses\.tsv: no trials of session 3"):
        trials_of(root)


def test_other_numbers_of_trials_or_runs_are_refused(root):
    with pytest.raises(ShapeError, match="12 trials in session 1, but trials_per_session is 6"):
        trials_of(root, trials_per_session=6)
    with pytest.raises(ShapeError, match=r"runs of session 1 are \[1, 2, 3, 4\], but runs_per"):
        trials_of(root, runs_per_session=12)


def test_damaged_tables_are_named(root):
    path = root / layout.responses_table("subj01")
    table = responses("subj01")
    for broken, message in (
        (table.drop(columns="73KID"), "no column 73KID"),
        (table.assign(TRIAL=1), "two rows for"),
        (table.assign(RUN=np.nan), "lacks its session, run"),
    ):
        write_responses(root, "subj01", broken)
        with pytest.raises(DataError, match=message):
            trials_of(root)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"responses\.tsv: not a readable table"):
        trials_of(root)
    path.unlink()
    with pytest.raises(DataError, match=r"responses\.tsv: the file is missing"):
        trials_of(root)


def test_damaged_stimulus_table_is_named(root):
    table = stimulus_table()
    for broken, message in (
        (table.drop(columns="nsdId"), "no column nsdId"),
        (table.assign(nsdId=3), "a picture has two rows"),
        (table.drop(columns=[f"subject1_rep{r}" for r in range(3)]), "no column 'subject1_rep0'"),
        (table.assign(subject1_rep2=table["subject1_rep1"]), "two pictures are in trial"),
    ):
        write_stimulus_table(root, broken)
        with pytest.raises(DataError, match=message) as caught:
            trials_of(root)
        assert "nsd_stim_info_merged.csv" in caught.value.what


def test_bucket_shows_every_position_three_times():
    assert (np.bincount(ordering())[1:] == 3).all()
    assert CONFIG["runs_per_session"] == RUNS
