"""The splits that were published with the Natural Scenes Dataset.

All three test on pictures that every subject was to see. They differ in the sessions that had been
released when the first decoders were trained, and in whether all eight subjects saw a picture
three times.
"""

import numpy as np

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.design import Design

SHARED_1000 = "shared1000"
SHARED_982 = "shared982"
SPECIAL_515 = "special515"
REPETITIONS = 3


def split_names(config: NsdConfig) -> list[str]:
    """Return the splits that the configured sessions allow, the usual one first.

    ``shared982`` is left out where nothing but withheld sessions is read of some subject.
    """
    left = [set(config.sessions_of(s)) - _withheld(config, s) for s in config.sessions]
    return [SHARED_1000, *([SHARED_982] if all(left) else []), SPECIAL_515]


def roles_of(
    design: Design, config: NsdConfig, subject: str, sessions: np.ndarray, positions: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the role of each trial under each split.

    Parameters
    ----------
    design : Design
    config : NsdConfig
    subject : str
    sessions : ndarray of int, shape (n_trials,)
        1-based.
    positions : ndarray of int, shape (n_trials,)
        Of the trials' pictures in the subject's list; those up to the number of shared pictures
        are shared.

    Returns
    -------
    dict of str to ndarray of str, shape (n_trials,)
        "shared1000": all shared pictures are the test, all others training. "shared982": the same
        without the sessions that were withheld from the early release. "special515": the test is
        the shared pictures that every subject saw three times, the other shared ones are unused.
    """
    shared = positions <= len(design.shared)
    usual = np.where(shared, "test", "train")
    early = ~np.isin(sessions, list(_withheld(config, subject)))
    special = np.isin(positions, seen_by_all(design, config))
    return {
        SHARED_1000: usual,
        SHARED_982: np.where(early, usual, "unused"),
        SPECIAL_515: np.where(shared & ~special, "unused", usual),
    }


def seen_by_all(design: Design, config: NsdConfig) -> np.ndarray:
    """Return the positions of shared pictures that come three times in every subject's sessions.

    The ordering is the same for everybody, so the shortest recording decides.
    """
    trials = _common_sessions(config) * config.trials_per_session
    counts = np.bincount(design.ordering[:trials], minlength=len(design.shared) + 1)
    return np.flatnonzero(counts[1 : len(design.shared) + 1] >= REPETITIONS) + 1


def _withheld(config: NsdConfig, subject: str) -> set[int]:
    """Return the sessions that were not in the early release: a subject's last three."""
    sessions = list(range(1, layout.SESSIONS[subject] + 1))
    if config.simulate is not None:
        sessions = config.sessions_of(subject)
    return set(sessions[-layout.WITHHELD_SESSIONS :])


def _common_sessions(config: NsdConfig) -> int:
    if config.simulate is None:
        return layout.COMMON_SESSIONS
    return min(config.sessions_of(subject)[-1] for subject in config.sessions)
