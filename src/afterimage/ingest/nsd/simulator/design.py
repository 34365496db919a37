"""Which picture a simulated subject sees in which trial."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.simulator.ordering import master_ordering


@dataclass(frozen=True)
class Design:
    """The design of the whole experiment, of all eight subjects.

    Attributes
    ----------
    ordering : ndarray of int, shape (n_trials,)
        1-based position of each trial's picture in a subject's own list.
    lists : ndarray of int, shape (8, n_pictures)
        1-based numbers of each subject's pictures, the shared ones first.
    shared : ndarray of int, shape (n_shared,)
        0-based numbers of the shared pictures.
    drawn : ndarray of int, shape (n_all,)
        For each number which of the drawn pictures it is: training pictures, then shared ones.
    trials : ndarray of int, shape (8,)
        How many trials each subject does.
    """

    ordering: np.ndarray
    lists: np.ndarray
    shared: np.ndarray
    drawn: np.ndarray
    trials: np.ndarray

    def shown_to(self, subject: str) -> np.ndarray:
        """Return the 0-based numbers of the pictures of a subject's trials."""
        row = layout.subject_row(subject)
        return self.lists[row][self.ordering[: self.trials[row]] - 1] - 1


def draw_design(config: NsdConfig) -> Design:
    """Draw the design; no picture is needed for that.

    Parameters
    ----------
    config : NsdConfig
        With a ``simulate`` section.
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    seed = wanted.seed
    subjects = len(layout.SESSIONS)
    # In the full experiment everybody has training pictures of their own; in a short one they are
    # the same for all.
    owners = subjects if config.is_full_length() else 1
    # The shared pictures are scattered among the others, as in the real experiment.
    place = rng(seed, "brick").permutation(owners * wanted.pictures + wanted.shared)
    shared = np.sort(place[: wanted.shared])
    own = np.sort(place[wanted.shared :].reshape(owners, -1), axis=1)
    drawn = np.empty(len(place), dtype=np.int64)
    drawn[own] = np.arange(wanted.pictures)
    drawn[shared] = wanted.pictures + np.arange(wanted.shared)
    ordering = master_ordering(config, seed)
    return Design(
        ordering=ordering,
        lists=picture_lists(np.resize(own, (subjects, wanted.pictures)), shared, seed),
        shared=shared,
        drawn=drawn,
        trials=np.array([_trials_of(config, name, len(ordering)) for name in layout.SESSIONS]),
    )


def picture_lists(own: np.ndarray, shared: np.ndarray, seed: int) -> np.ndarray:
    """List each subject's pictures: the shared ones first, then the others in an own order.

    Parameters
    ----------
    own : ndarray of int, shape (n_subjects, n)
        0-based numbers.
    shared : ndarray of int, shape (n_shared,)
    seed : int

    Returns
    -------
    ndarray of int64, shape (n_subjects, n_shared + n)
        1-based numbers.
    """
    orders = [rng(seed, "list", row).permutation(numbers) for row, numbers in enumerate(own)]
    return np.stack([np.concatenate([shared, order]) for order in orders]) + 1


def _trials_of(config: NsdConfig, subject: str, all_trials: int) -> int:
    if subject in config.sessions and not config.is_full_length():
        return config.sessions_of(subject)[-1] * config.trials_per_session
    return min(layout.SESSIONS[subject] * config.trials_per_session, all_trials)
