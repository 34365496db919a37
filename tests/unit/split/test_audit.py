import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.errors import LeakError
from afterimage.split.audit import audit_splits

SETTINGS = {"near_duplicate_bits": 4, "source": True}


def case(roles, **columns):
    """One trial per stimulus, with far-apart hashes unless told otherwise."""
    n = len(roles)
    rng = np.random.default_rng(0)
    stimuli = pd.DataFrame(
        {
            "stimulus_id": [f"s{i}" for i in range(n)],
            "source_id": [f"tile{i}" for i in range(n)],
            "category": None,
            "width": 8,
            "height": 8,
            "sha256": [f"{i:064x}" for i in range(n)],
            "phash": [f"{int(x):016x}" for x in rng.integers(0, 2**63, n)],
        }
    ).assign(**columns)
    trials = pd.DataFrame(
        {"trial_id": [f"t{i}" for i in range(n)], "stimulus_id": stimuli["stimulus_id"]}
    )
    splits = pd.DataFrame({"trial_id": trials["trial_id"], "fold": 0, "role": roles, "group": "g"})
    return splits, trials, stimuli


ROLES = ["train", "train", "val", "test", "test"]


def test_a_clean_split_passes_and_says_how_close_the_sides_come():
    audit = audit_splits(*case(ROLES), SETTINGS)
    assert audit["passed"]
    assert audit["folds"][0]["stimuli"] == {"test": 2, "train": 2, "val": 1}
    assert audit["folds"][0]["test_closest_bits"]["smallest"] > 4


def test_a_repetition_on_the_other_side_is_named():
    splits, trials, stimuli = case(ROLES)
    trials.loc[3, "stimulus_id"] = "s0"
    with pytest.raises(LeakError, match=r"same stimulus.*: s0"):
        audit_splits(splits, trials, stimuli, SETTINGS)


def test_every_leaking_stimulus_is_told_to_the_log():
    roles = ["train"] * 12 + ["test"] * 12
    leaking = case(roles, source_id=[f"t{i % 12}" for i in range(24)])
    with pytest.raises(LeakError, match="and 7 more, all in the log") as caught:
        audit_splits(*leaking, SETTINGS)
    assert len(caught.value.details) == 12


def test_a_picture_under_two_ids_is_named():
    hashes = [f"{i:064x}" for i in (0, 1, 2, 1, 4)]
    with pytest.raises(LeakError, match=r"another id.*s3"):
        audit_splits(*case(ROLES, sha256=hashes), SETTINGS)


def test_a_source_on_both_sides_is_named_unless_the_protocol_allows_it():
    sources = ["a", "b", "c", "d", "a"]
    leaking = case(ROLES, source_id=sources)
    with pytest.raises(LeakError, match=r"one source.*s4 \(source a\)"):
        audit_splits(*leaking, SETTINGS)
    (fold,) = audit_splits(*leaking, {**SETTINGS, "source": False})["folds"]
    assert fold["test_sources"] == {"all": 2, "known": 1}


@pytest.mark.parametrize(("bits", "leaks"), [(4, True), (5, False)])
def test_a_near_duplicate_is_one_within_the_stated_bits(bits, leaks):
    hashes = ["0" * 16, "f" * 16, "0f" * 8, f"{2**bits - 1:016x}", "f0" * 8]
    found = case(ROLES, phash=hashes)
    if leaks:
        with pytest.raises(LeakError, match=r"s3 ~ s0 \(4 bits\)"):
            audit_splits(*found, SETTINGS)
    else:
        assert audit_splits(*found, SETTINGS)["passed"]


def test_a_validation_stimulus_in_training_is_a_leak_too():
    with pytest.raises(LeakError, match="val: one source"):
        audit_splits(*case(ROLES, source_id=["a", "b", "a", "d", "e"]), SETTINGS)


def test_stimuli_without_pictures_have_no_closeness():
    audit = audit_splits(*case(ROLES, phash="", sha256=""), SETTINGS)
    assert audit["folds"][0]["test_closest_bits"] is None
