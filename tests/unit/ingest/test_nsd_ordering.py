import numpy as np
import pytest
from nsd_examples import FULL, NsdConfig, tiny

from afterimage.ingest.nsd.layout import SESSIONS, run_lengths
from afterimage.ingest.nsd.simulator.design import draw_design
from afterimage.ingest.nsd.simulator.ordering import master_ordering, published_ordering


def shown(ordering: np.ndarray, sessions: int) -> np.ndarray:
    return np.bincount(ordering[: 750 * sessions] - 1, minlength=10_000)


@pytest.fixture(scope="module", params=[0, 7])
def ordering(request):
    return published_ordering(request.param)


@pytest.fixture(scope="module")
def full():
    return draw_design(NsdConfig.model_validate(FULL))


@pytest.mark.parametrize(
    ("sessions", "counts"),
    [(30, (9209, 7846, 5445)), (32, (9411, 8355, 6234)), (40, (10_000, 10_000, 10_000))],
)
def test_pictures_come_once_twice_and_three_times_as_published(ordering, sessions, counts):
    count = shown(ordering, sessions)
    assert tuple(int((count >= least).sum()) for least in (1, 2, 3)) == counts


def test_shared_pictures_seen_by_all_are_as_many_as_published(ordering):
    count = shown(ordering, 30)[:1000]
    assert [int((count >= least).sum()) for least in (1, 2, 3)] == [907, 766, 515]
    assert (shown(ordering, 32)[:1000] > 0).sum() == 930


@pytest.mark.parametrize(
    ("sessions", "trials"), [(27, 1985), (29, 2113), (30, 2188), (32, 2371), (37, 2770), (40, 3000)]
)
def test_shared_trials_of_both_releases_are_as_many_as_published(ordering, sessions, trials):
    assert (ordering[: 750 * sessions] <= 1000).sum() == trials


def test_the_early_release_holds_8859_training_and_982_shared_pictures(ordering):
    count = shown(ordering, 37)
    assert (count[1000:] > 0).sum() == 8859
    assert (count[:1000] > 0).sum() == 982


def test_sessions_mix_new_and_old_pictures(ordering):
    first = np.unique(ordering, return_index=True)[1]
    new = np.bincount(first // 750, minlength=40)
    assert new[0] > new[20] > 0
    assert new[36:].max() < 375


def test_subjects_of_the_full_experiment_have_own_pictures_beside_the_shared_ones(full):
    assert full.lists.shape == (8, 10_000)
    assert sorted(np.unique(full.lists)) == list(range(1, 73_001))
    assert (np.sort(full.lists[:, :1000], axis=1) == full.shared + 1).all()
    own = full.lists[:, 1000:]
    assert len(np.unique(own)) == own.size


def test_all_subjects_together_saw_70566_pictures_in_213000_trials(full):
    seen = [full.shown_to(subject) for subject in SESSIONS]
    assert sum(map(len, seen)) == 213_000
    assert len(np.unique(np.concatenate(seen))) == 70_566


def test_any_subset_of_subjects_and_sessions_has_the_order_of_the_whole(full):
    some = NsdConfig.model_validate({**FULL, "sessions": {"subj04": [3, 7]}})
    part = draw_design(some)
    assert (part.ordering == full.ordering).all()
    assert (part.lists == full.lists).all()
    assert (part.trials == full.trials).all()


def test_every_session_of_the_shortest_recording_holds_shared_and_training_trials():
    config = NsdConfig.model_validate(
        {
            "name": "nsd",
            "sessions": {"subj01": 6, "subj02": 3},
            "trials_per_session": 250,
            "simulate": {},
        }
    )
    ordering = master_ordering(config, 0)
    sessions = ordering.reshape(6, 250)
    assert ((sessions <= 100).sum(axis=1) == [100, 100, 100, 0, 0, 0]).all()
    counts = np.bincount(ordering, minlength=701)[1:]
    assert (counts[:100] == 3).all()
    assert (counts[100:] == 2).all()
    # The shorter recordings see each of their training pictures once.
    assert np.bincount(ordering[:750], minlength=701)[101:].max() == 1


def test_subjects_of_a_short_experiment_see_the_same_pictures_in_orders_of_their_own():
    design = draw_design(tiny())
    assert design.lists.shape == (8, 46)
    assert (design.lists[:, :10] == design.shared + 1).all()
    assert all(set(row) == set(range(1, 47)) for row in design.lists.tolist())
    assert (design.lists[0] != design.lists[2]).any()


@pytest.mark.parametrize(
    ("trials", "runs", "lengths"),
    [(750, 12, [63, 62] * 6), (22, 4, [6, 5, 6, 5]), (250, 5, [50] * 5), (5, 1, [5])],
)
def test_halves_of_the_length_of_a_run_are_rounded_up(trials, runs, lengths):
    assert run_lengths(trials, runs) == lengths
