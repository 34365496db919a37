"""The one rule of what may be learnt from: what trains, and never what is tested."""

import pandas as pd
import pytest

from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import folds_of, training_stimuli


def table(fold=0, **subjects):
    """Splits and trials of subjects whose stimuli have the roles given."""
    trials = pd.DataFrame(
        [
            (f"{name}-{stimulus}", stimulus)
            for name, roles in subjects.items()
            for stimulus in roles
        ],
        columns=["trial_id", "stimulus_id"],
    )
    roles = [role for given in subjects.values() for role in given.values()]
    return trials[["trial_id"]].assign(fold=fold, role=roles), trials


ONE = {"a": "train", "b": "train", "c": "test", "d": "val", "e": "unused"}
TWO = {"b": "test", "c": "train", "d": "train", "f": "val", "g": "train"}


def test_validation_counts_as_training_only_where_it_is_asked_to():
    assert training_stimuli(*table(one=ONE), 0, with_validation=False) == ["a", "b"]
    assert training_stimuli(*table(one=ONE), 0, with_validation=True) == ["a", "b", "d"]


def test_what_any_of_the_subjects_is_tested_on_is_left_out():
    both = table(one=ONE, two=TWO)
    assert training_stimuli(*both, 0, with_validation=True) == ["a", "d", "f", "g"]


def test_what_any_of_the_subjects_is_validated_on_is_kept_apart():
    both = table(one=ONE, two=TWO)
    assert training_stimuli(*both, 0, with_validation=False) == ["a", "g"]


def test_subjects_whose_trials_are_not_given_do_not_count():
    splits, trials = table(one=ONE, two=TWO)
    mine = trials[trials["trial_id"].str.startswith("one")]
    assert training_stimuli(splits, mine, 0, with_validation=False) == ["a", "b"]


def test_other_folds_do_not_count():
    (first, trials), (second, _) = table(one=ONE), table(fold=1, one=dict.fromkeys("abcde", "test"))
    splits = pd.concat([first, second])
    assert folds_of(splits) == [0, 1]
    assert training_stimuli(splits, trials, 0, with_validation=False) == ["a", "b"]


@pytest.mark.parametrize("with_validation", [False, True])
def test_subjects_who_exclude_each_other_are_refused(with_validation):
    both = table(one={"a": "train", "b": "test"}, two={"b": "train", "a": "test"})
    with pytest.raises(DataError, match="fold 0 has no training stimulus"):
        training_stimuli(*both, 0, with_validation=with_validation)
