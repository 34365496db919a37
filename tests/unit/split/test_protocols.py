import numpy as np
import pandas as pd
import pytest
from split_cases import (
    make_inputs,
    make_sessions,
    make_stimuli,
    make_trials,
    names_by_role,
    settings,
    split,
)

from afterimage.contracts.errors import DataError
from afterimage.split.assemble import make_splits


def folds_of(splits):
    return [rows for _, rows in splits.groupby("fold")]


def test_in_kfold_every_trial_is_tested_once_and_repetitions_stay_together():
    splits = split(settings("kfold", folds=5))
    assert (splits[splits["role"] == "test"].groupby("trial_id").size() == 1).all()
    assert len(splits) == 5 * len(make_trials())
    for rows in folds_of(splits):
        sides = names_by_role(rows)
        assert not sides["train"] & sides["test"]
        assert len(sides["test"]) == 4


def test_the_same_seed_gives_the_same_split_and_another_one_another():
    chosen = settings("kfold", folds=5)
    first = split(chosen)
    pd.testing.assert_frame_equal(first, split(chosen))
    assert not first.equals(split(chosen, seed=1))


def test_kfold_over_the_training_pool_leaves_published_test_trials_unused():
    roles = ["test"] * 6 + ["train"] * 54
    splits = split(settings("kfold", folds=3, pool="train"), roles=roles)
    for rows in folds_of(splits):
        assert set(rows.loc[rows["role"] == "unused", "stimulus_id"]) == {"s00", "s01"}


def test_leave_out_makes_a_fold_of_each_run():
    splits = split(settings("leave_out", group="run"))
    assert splits["fold"].nunique() == 3
    tested = splits.loc[splits["role"] == "test", "group"]
    assert tested.tolist() == ["1"] * 20 + ["2"] * 20 + ["3"] * 20


def test_folds_of_left_out_sessions_follow_their_numbers():
    trials = make_sessions(subjects=1, sessions=11, stimuli=20, seed=0)
    splits = split(settings("leave_out", group="session"), trials)
    tested = splits[splits["role"] == "test"].groupby("fold")["session"].unique()
    assert [sessions.tolist() for sessions in tested] == [[n] for n in range(1, 12)]


def test_a_published_split_is_used_as_it_is():
    roles = ["test"] * 6 + ["train"] * 54
    assert split(settings("published"), roles=roles)["role"].tolist() == roles


def test_holdout_draws_the_share_that_was_asked_for():
    splits = split(settings("holdout", test=0.25, group="stimulus"))
    assert len(names_by_role(splits)["test"]) == 5


@pytest.mark.parametrize("protocol", ["kfold", "leave_out", "holdout"])
@pytest.mark.parametrize("group", ["category", "cluster"])
def test_a_category_or_cluster_stands_on_one_side(protocol, group):
    clusters = pd.DataFrame(
        {"stimulus_id": make_stimuli()["stimulus_id"], "cluster": np.arange(20) % 5}
    )
    keys = {"kfold": {"folds": 2}, "leave_out": {}, "holdout": {"test": 0.4}}[protocol]
    how = {"clusters": {"extractor": "x", "count": 5}} if group == "cluster" else {}
    splits = split(settings(protocol, group=group, **keys, **how), clusters=clusters)
    for rows in folds_of(splits):
        sides = names_by_role(rows, group)
        assert sides["test"]
        assert not sides["train"] & sides["test"]
        assert set(rows.loc[rows["role"] == "test", "group"]) == set(map(str, sides["test"]))


@pytest.mark.parametrize(
    ("roles", "chosen", "message"),
    [
        ((), settings("published"), "no published role"),
        (["train"] * 60, settings("published"), "no test trials of sub-01.* 60 train"),
        ((), settings("kfold", folds=21), "at most the 20 groups"),
        ((), settings("leave_out", group="session"), "single session"),
    ],
)
def test_an_impossible_split_is_refused(roles, chosen, message):
    with pytest.raises(DataError, match=message):
        make_splits(make_inputs(chosen, roles=roles))


def test_a_fold_that_lacks_one_subject_is_refused_before_hours_of_fitting():
    trials = make_sessions(subjects=2, sessions=4, stimuli=20, seed=0)
    trials = trials[(trials["subject"] != "sub-01") | (trials["session"] < 4)]
    with pytest.raises(DataError, match="fold 3 has no test trials of sub-01"):
        split(settings("leave_out", group="session"), trials)


def test_stimuli_without_a_category_are_counted():
    with pytest.raises(DataError, match="60 of 60 trials have no 'category'"):
        split(settings("holdout", group="category"), stimuli=make_stimuli().assign(category=None))


def test_stimuli_without_a_category_are_left_out_and_the_others_split():
    stimuli = make_stimuli()
    stimuli["category"] = stimuli["category"].where(stimuli.index % 3 > 0)
    table = split(settings("kfold", folds=2, group="category"), stimuli=stimuli)
    shown = table.merge(stimuli, on="stimulus_id", suffixes=("_", ""))
    unknown = shown["category"].isna()
    assert (shown.loc[unknown, "role"] == "unused").all()
    assert (shown.loc[~unknown, "role"] != "unused").all()
    assert (shown.groupby(["fold", "category"])["role"].nunique() == 1).all()


def test_a_trial_of_an_unknown_stimulus_is_refused():
    with pytest.raises(DataError, match=r"1 stimuli .* such as s19"):
        split(settings("kfold"), stimuli=make_stimuli(19))
