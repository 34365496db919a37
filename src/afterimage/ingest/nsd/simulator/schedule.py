"""When the trials of a simulated run begin.

As in the real runs, a trial takes one slot of four seconds, and some slots stay blank: three before
the first trial, four after the last one, and five or six among the trials.
"""

from dataclasses import dataclass

import numpy as np

from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.layout import TRIAL_SECONDS, VOLUME_SECONDS, run_lengths

BLANKS_BEFORE, BLANKS_AFTER = 3, 4
TRIALS_PER_BLANK = 12


@dataclass(frozen=True)
class Schedule:
    """The slots of a session, the same for every session.

    Attributes
    ----------
    trials : tuple of ndarray of int
        For each run with trials the slot of each of them, counted from 0.
    slots : int
        Of every run, resting ones included.
    """

    trials: tuple[np.ndarray, ...]
    slots: int

    def volumes(self, space: str) -> int:
        """Return the number of volumes of a run; the last one ends it."""
        return self.slots * volumes_per_slot(space) + 1


def schedule_of(config: NsdConfig) -> Schedule:
    """Lay out the runs of a session: 75 slots for the published 63 or 62 trials."""
    lengths = run_lengths(config.trials_per_session, config.runs_per_session)
    inner = max(lengths) + max(lengths) // TRIALS_PER_BLANK
    return Schedule(
        trials=tuple(BLANKS_BEFORE + _spread(length, inner) for length in lengths),
        slots=BLANKS_BEFORE + inner + BLANKS_AFTER,
    )


def volumes_per_slot(space: str) -> int:
    """Return how many volumes of the series are taken in one slot: 3 or 4."""
    return round(TRIAL_SECONDS / VOLUME_SECONDS[space])  # type: ignore[index]


def _spread(trials: int, slots: int) -> np.ndarray:
    """Return the slots that hold a trial, the blank ones being evenly spread among them."""
    blanks = slots - trials
    blank = (np.arange(1, blanks + 1) * slots) // (blanks + 1)
    return np.setdiff1d(np.arange(slots), blank)
