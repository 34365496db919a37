"""The published splits, on small designs by hand and on the real numbers of trials."""

import numpy as np
import pytest
from nsd_bucket import SHARED, TRIALS, dataset, ordering, write_tables

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.design import Design
from afterimage.ingest.nsd.roles import roles_of, seen_by_all, split_names
from afterimage.ingest.nsd.trials import numbers_of_trials

SIMULATED = {
    "trials_per_session": TRIALS,
    "runs_per_session": 4,
    "simulate": {"pictures": 16, "shared": 4},
}


def config(**changes) -> NsdConfig:
    return NsdConfig.model_validate({"name": "nsd", **changes})


def full_design() -> Design:
    """A design of 30,000 trials: 1,000 shared and 9,000 other pictures, each three times."""
    positions = np.repeat(np.arange(1, 10001), 3)
    order = np.random.default_rng(0).permutation(positions)
    return Design(order, np.zeros((8, 10000), dtype=np.int64), np.arange(1000))


def roles(design: Design, chosen: NsdConfig, subject: str) -> dict[str, np.ndarray]:
    numbers = numbers_of_trials(chosen, subject)
    return roles_of(design, chosen, subject, numbers.session, design.ordering[numbers.overall])


def test_shared_1000_has_9000_training_and_1000_test_pictures():
    design, chosen = full_design(), config(sessions={"subj01": "all"})
    found = roles(design, chosen, "subj01")["shared1000"]
    for role, pictures in (("train", 9000), ("test", 1000)):
        assert len(set(design.ordering[found == role])) == pictures
        assert (found == role).sum() == 3 * pictures


@pytest.mark.parametrize(("subject", "released"), [("subj01", 37), ("subj03", 29), ("subj08", 27)])
def test_shared_982_leaves_the_last_three_published_sessions_unused(subject, released):
    design, chosen = full_design(), config(sessions={subject: "all"})
    found = roles(design, chosen, subject)["shared982"]
    session = numbers_of_trials(chosen, subject).session
    assert set(session[found == "unused"]) == set(range(released + 1, released + 4))
    positions = design.ordering[numbers_of_trials(chosen, subject).overall]
    seen_before = set(positions[session <= released])
    assert set(positions[found == "test"]) == {p for p in seen_before if p <= 1000}
    assert set(positions[found == "train"]) == {p for p in seen_before if p > 1000}


def test_withheld_sessions_are_the_published_ones_whatever_is_read():
    design, chosen = full_design(), config(sessions={"subj01": [1, 37, 38]})
    found = roles(design, chosen, "subj01")["shared982"].reshape(3, 750)
    assert ((found == "unused").any(axis=1) == [False, False, True]).all()
    assert (found[2] == "unused").all()


def test_special_515_tests_on_pictures_seen_three_times_within_30_sessions():
    design, chosen = full_design(), config(sessions={"subj01": "all"})
    found = roles(design, chosen, "subj01")["special515"]
    counts = np.bincount(design.ordering[: 30 * 750], minlength=1001)
    special = {position for position in range(1, 1001) if counts[position] == 3}
    assert set(design.ordering[found == "test"]) == special
    assert 350 < len(special) < 500
    assert set(design.ordering[found == "unused"]) == set(range(1, 1001)) - special
    assert (found == "train").sum() == 27000
    # The common sessions are all subjects', not those that happen to be read.
    few = config(sessions={"subj01": 2})
    assert seen_by_all(design, few).tolist() == sorted(special)


def test_roles_by_hand(tmp_path):
    write_tables(tmp_path)
    adapter = dataset(sessions={"subj02": [2, 4]})
    found = adapter.published_roles(tmp_path, "subj02", "shared1000")
    positions = np.concatenate([ordering()[TRIALS : 2 * TRIALS], ordering()[3 * TRIALS :]])
    assert list(found) == numbers_of_trials(adapter.config, "subj02").ids
    assert list(found.values()) == ["test" if p <= SHARED else "train" for p in positions]
    special = adapter.published_roles(tmp_path, "subj02", "special515")
    assert set(special.values()) == {"test", "train"}


def test_names_are_those_that_the_sessions_allow_the_usual_first():
    assert split_names(config(sessions={"subj01": 40})) == ["shared1000", "shared982", "special515"]
    assert "shared982" not in split_names(config(sessions={"subj01": 40, "subj02": [38, 40]}))
    assert dataset().published_splits()[0] == "shared1000"


def test_simulated_sessions_stand_for_the_published_ones():
    few = config(sessions={"subj01": 3, "subj02": 4}, **SIMULATED)
    assert split_names(few) == ["shared1000", "special515"]
    chosen = config(sessions={"subj01": 5, "subj02": 4}, **SIMULATED)
    assert "shared982" in split_names(chosen)
    order = np.array([1, 5, 1, 2, 1, 6, 2, 3, 4, 7, 8, 9] + [5, 6, 7, 8] * 9 + [2, 3, 4, 4] * 3)
    design = Design(order, np.zeros((2, 12), dtype=np.int64), np.arange(4))
    found = roles(design, chosen, "subj01")
    assert (found["shared982"].reshape(5, TRIALS)[2:] == "unused").all()
    assert (found["shared982"][: 2 * TRIALS] == found["shared1000"][: 2 * TRIALS]).all()
    # Of 48 common trials, only picture 1 is seen three times.
    assert set(order[found["special515"] == "test"]) == {1}
    assert set(order[found["special515"] == "unused"]) == {2, 3, 4}


def test_published_constants():
    assert layout.COMMON_SESSIONS == 30
    assert layout.WITHHELD_SESSIONS == 3
