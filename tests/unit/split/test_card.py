import hashlib

import pandas as pd
import pytest
from split_cases import make_inputs, make_sessions, make_stimuli, settings

from afterimage.contracts.errors import DataError
from afterimage.split.assemble import make_splits
from afterimage.split.card import check_expected, describe_split, fingerprint


def card_of(chosen, **keys):
    inputs = make_inputs(chosen, **keys)
    return describe_split(make_splits(inputs), inputs)


def test_the_card_counts_trials_and_distinct_stimuli():
    card = card_of(settings("holdout", test=0.25, validation=0.2))
    counts = card["folds"][0]["subjects"]["sub-01"]
    assert counts == {
        "train": {"trials": 36, "stimuli": 12},
        "val": {"trials": 9, "stimuli": 3},
        "train_and_val": {"trials": 45, "stimuli": 15},
        "test": {"trials": 15, "stimuli": 5},
        "unused": {"trials": 0, "stimuli": 0},
    }
    assert card["folds"][0]["together"] == counts
    assert card["settings"]["validation"] == 0.2


def test_subjects_are_counted_apart_and_together():
    trials = make_sessions(subjects=2, sessions=3, stimuli=20, seed=0)
    card = card_of(settings("holdout", test=0.2), trials=trials, stimuli=make_stimuli())
    fold = card["folds"][0]
    apart = [fold["subjects"][name]["test"] for name in ("sub-00", "sub-01")]
    assert fold["together"]["test"]["trials"] == sum(counts["trials"] for counts in apart)
    assert fold["together"]["test"]["stimuli"] == 4


def test_the_fingerprint_is_the_hash_of_sorted_lines():
    splits = pd.DataFrame(
        {"trial_id": ["b", "a"], "fold": [0, 0], "role": ["test", "train"], "group": ["x", "y"]}
    )
    expected = hashlib.sha256(b"a\t0\ttrain\nb\t0\ttest\n").hexdigest()
    assert fingerprint(splits) == expected


def test_the_fingerprint_follows_roles_and_neither_order_nor_group():
    inputs = make_inputs(settings("kfold", folds=12))
    splits = make_splits(inputs)
    same = splits.sample(frac=1, random_state=0).assign(group="other")
    assert fingerprint(same) == fingerprint(splits)
    splits.loc[0, "role"] = "unused"
    assert fingerprint(same) != fingerprint(splits)


def test_expected_counts_that_are_found_pass():
    check_expected(card_of(settings("holdout", test=0.25, validation=0.2)))
    asked = {"train": 15, "test": 5}
    check_expected(card_of(settings("holdout", test=0.25, validation=0.2, expect=asked)))


def test_counts_that_differ_are_told_for_each_subject():
    trials = make_sessions(subjects=2, sessions=3, stimuli=20, seed=0)
    asked = {"train": 8859, "test": 982}
    chosen = settings("holdout", test=0.2, expect=asked)
    card = card_of(chosen, trials=trials, stimuli=make_stimuli())
    with pytest.raises(DataError) as caught:
        check_expected(card)
    for part in (
        "8859 distinct train",
        "982 distinct test",
        "sub-00 15, sub-01 16;",
        "sub-00 4, sub-01 4.",
    ):
        assert part in caught.value.what, caught.value.what
