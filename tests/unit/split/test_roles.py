import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from split_cases import (
    make_sessions,
    make_stimuli,
    make_trials,
    names_by_role,
    settings,
    split,
)

from afterimage.contracts.errors import DataError

STIMULI = 24
few = examples(max_examples=15, deadline=None, derandomize=True)
recordings = st.builds(
    make_sessions,
    subjects=st.integers(1, 3),
    sessions=st.integers(4, 6),
    stimuli=st.just(STIMULI),
    seed=st.integers(0, 999),
    first=st.integers(1, 5),
    trials=st.just(12),
)
grouped = st.sampled_from(
    [
        settings("leave_out", group="session"),
        settings("kfold", folds=2, group="session"),
        settings("kfold", folds=2, group="run"),
        settings("kfold", folds=3, group="stimulus"),
        settings("holdout", test=0.2, group="session"),
    ]
)
validations = st.sampled_from([0.0, 0.2])


def split_or_none(*arguments, **keys):
    """A split, or nothing where the draw leaves a subject without training trials."""
    try:
        return split(*arguments, **keys)
    except DataError as error:
        if "has no train trials" not in str(error):
            raise
        return None


@few
@given(recordings, grouped, st.sampled_from(["stimulus", "source"]), validations, st.integers(1, 2))
def test_with_exclude_tested_nothing_tested_is_trained_on(
    trials, chosen, excluded, share, per_source
):
    stimuli = make_stimuli(STIMULI, per_source)
    column = f"{excluded}_id"
    asked = {**chosen, "exclude_tested": excluded, "validation": share}
    plain = split({**chosen, "validation": 0.0}, trials, stimuli)
    splits = split_or_none(asked, trials, stimuli)
    for fold, rows in () if splits is None else splits.groupby("fold"):
        sides = names_by_role(rows, column)
        assert not sides["test"] & (sides["train"] | sides["val"])
        # Nothing else is taken away, and no test trial is touched.
        before = plain[plain["fold"] == fold]["role"].to_numpy()
        after = rows["role"].to_numpy()
        assert ((before == "test") == (after == "test")).all()
        assert rows[column].isin(sides["test"])[after == "unused"].all()


@few
@given(recordings, grouped, st.integers(1, 4), validations)
def test_first_sessions_leave_training_to_them_and_tests_as_they_were(trials, chosen, count, share):
    stimuli = make_stimuli(STIMULI)
    plain = split(chosen, trials, stimuli)
    splits = split_or_none(
        {**chosen, "first_sessions": count, "validation": share}, trials, stimuli
    )
    if splits is None:
        return
    tested = splits["role"] == "test"
    assert (tested == (plain["role"] == "test")).all()
    # The sessions of a recording are counted from its first one, whatever its number.
    early = splits["session"] < trials["session"].min() + count
    assert early[splits["role"].isin(["train", "val"])].all()
    assert (~early[splits["role"] == "unused"]).all()


def test_first_sessions_are_those_of_each_subject():
    trials = make_sessions(subjects=2, sessions=4, stimuli=STIMULI, seed=0)
    trials.loc[trials["subject"] == "sub-01", "session"] += 10
    chosen = settings("holdout", test=0.2, first_sessions=2)
    splits = split(chosen, trials, make_stimuli(STIMULI))
    trained = splits[splits["role"] == "train"].groupby("subject")["session"].unique()
    assert {name: sorted(found) for name, found in trained.items()} == {
        "sub-00": [1, 2],
        "sub-01": [11, 12],
    }


def test_first_sessions_take_published_validation_trials_away_too():
    trials = make_sessions(subjects=1, sessions=2, stimuli=STIMULI, seed=0, trials=6)
    roles = ["train", "train", "val", "val", "test", "test"] * 2
    splits = split(
        settings("published", first_sessions=1), trials, make_stimuli(STIMULI), roles=roles
    )
    assert splits["role"].tolist() == roles[:6] + ["unused"] * 4 + ["test"] * 2


@few
@given(recordings, grouped, st.integers(1, 3), st.sampled_from([0.1, 0.3]))
def test_validation_is_carved_by_source_from_the_training_side_only(
    trials, chosen, per_source, share
):
    stimuli = make_stimuli(STIMULI, per_source)
    plain = split(chosen, trials, stimuli)
    splits = split_or_none({**chosen, "validation": share}, trials, stimuli)
    for fold, rows in () if splits is None else splits.groupby("fold"):
        before = plain[plain["fold"] == fold]
        sources = names_by_role(rows, "source_id")
        assert not sources["val"] & sources["train"]
        expected = max(1, round(share * before[before["role"] == "train"]["source_id"].nunique()))
        assert len(sources["val"]) == expected
        carved = rows["role"].replace("val", "train").tolist()
        assert carved == before["role"].tolist()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"first_sessions": 1}, "split.first_sessions"),
        ({"exclude_tested": "stimulus"}, "split.exclude_tested"),
        ({"first_sessions": 1, "exclude_tested": "source"}, "first_sessions or split.exclude"),
    ],
)
def test_a_subject_that_is_left_nothing_to_train_on_is_named_with_the_setting(keys, told):
    # Every picture is shown in every run, and run 1 is all of session 1.
    trials = make_trials()
    trials["session"] = trials["run"]
    chosen = settings("leave_out", group="session", **keys)
    with pytest.raises(DataError, match="fold 0 has no train trials of sub-01") as caught:
        split(chosen, trials)
    assert told in caught.value.remedy
