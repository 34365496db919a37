import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import ROLES
from afterimage.split import protocols


def make_splits(trials, stimuli, protocol, seed, roles=()):
    published = pd.Series(roles, index=trials["trial_id"][: len(roles)], dtype=object)
    return protocols.make_splits(trials, stimuli, published, protocol, seed)


def make_trials(stimuli=20, repetitions=3):
    ids = np.repeat([f"s{i:02d}" for i in range(stimuli)], repetitions)
    repetition = np.tile(np.arange(repetitions), stimuli)
    return pd.DataFrame(
        {
            "trial_id": [f"t{i}" for i in range(len(ids))],
            "subject": "sub-01",
            "session": 1,
            "run": repetition + 1,
            "onset": np.nan,
            "stimulus_id": ids,
            "repetition": repetition,
        }
    )


def make_stimuli(stimuli=20, per_source=1):
    ids = [f"s{i:02d}" for i in range(stimuli)]
    return pd.DataFrame(
        {
            "stimulus_id": ids,
            "source_id": [f"tile{i // per_source}" for i in range(stimuli)],
            "category": ["cat" if i % 2 else "dog" for i in range(stimuli)],
        }
    )


def kfold(**changes):
    return {
        "protocol": "kfold",
        "folds": 5,
        "group": "stimulus",
        "pool": "all",
        "validation": 0.0,
        **changes,
    }


def stimuli_by_role(splits, trials, fold):
    rows = splits[splits["fold"] == fold].merge(trials, on="trial_id")
    return {role: set(rows.loc[rows["role"] == role, "stimulus_id"]) for role in ROLES}


def test_in_kfold_every_trial_is_tested_once_and_repetitions_stay_together():
    trials = make_trials()
    splits = make_splits(trials, make_stimuli(), kfold(), seed=0)
    assert (splits[splits["role"] == "test"].groupby("trial_id").size() == 1).all()
    assert len(splits) == 5 * len(trials)
    for fold in range(5):
        sides = stimuli_by_role(splits, trials, fold)
        assert not sides["train"] & sides["test"]
        assert len(sides["test"]) == 4


def test_the_same_seed_gives_the_same_split_and_another_one_another():
    trials, stimuli = make_trials(), make_stimuli()
    first = make_splits(trials, stimuli, kfold(), seed=0)
    pd.testing.assert_frame_equal(first, make_splits(trials, stimuli, kfold(), seed=0))
    assert not first.equals(make_splits(trials, stimuli, kfold(), seed=1))


def test_validation_is_carved_by_source_from_the_training_side_only():
    trials, stimuli = make_trials(), make_stimuli(per_source=2)
    protocol = kfold(group="source", validation=0.25)
    splits = make_splits(trials, stimuli, protocol, seed=0)
    source = stimuli.set_index("stimulus_id")["source_id"]
    for fold in range(5):
        sides = stimuli_by_role(splits, trials, fold)
        sources = {role: set(source[sorted(ids)]) for role, ids in sides.items()}
        assert len(sources["val"]) == 2
        assert not sources["val"] & (sources["train"] | sources["test"])


def test_leave_out_makes_a_fold_of_each_run():
    protocol = {"protocol": "leave_out", "group": "run", "validation": 0.0}
    splits = make_splits(make_trials(), make_stimuli(), protocol, seed=0)
    assert splits["fold"].nunique() == 3
    assert (
        splits.loc[splits["role"] == "test", "group"].tolist()
        == ["1"] * 20 + ["2"] * 20 + ["3"] * 20
    )


def test_a_published_split_is_used_as_it_is():
    roles = ["test"] * 6 + ["train"] * 54
    protocol = {"protocol": "published", "validation": 0.0}
    splits = make_splits(make_trials(), make_stimuli(), protocol, seed=0, roles=roles)
    assert splits["role"].tolist() == roles


@pytest.mark.parametrize(
    ("roles", "protocol", "message"),
    [
        (None, {"protocol": "published", "validation": 0.0}, "no published role"),
        (["train"] * 60, {"protocol": "published", "validation": 0.0}, "no test trials.* 60 train"),
        (None, kfold(folds=21), "at most the 20 groups"),
        (None, {"protocol": "leave_out", "group": "session", "validation": 0.0}, "single session"),
    ],
)
def test_an_impossible_split_is_refused(roles, protocol, message):
    with pytest.raises(DataError, match=message):
        make_splits(make_trials(), make_stimuli(), protocol, seed=0, roles=roles or ())


def test_holdout_draws_the_share_that_was_asked_for():
    protocol = {"protocol": "holdout", "test": 0.25, "group": "stimulus", "validation": 0.0}
    trials = make_trials()
    splits = make_splits(trials, make_stimuli(), protocol, seed=0)
    assert len(stimuli_by_role(splits, trials, 0)["test"]) == 5
