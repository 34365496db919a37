"""Three sources say which picture was shown in which trial; they must agree on every trial."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError

SHOWN = 3
REMEDY = "Download all three files again, from one release; do not correct one of them by hand."


def check_agreement(sources: Mapping[Path, np.ndarray], trial_ids: Sequence[str]) -> np.ndarray:
    """Compare what independent files say was shown.

    Parameters
    ----------
    sources : mapping of Path to ndarray of int64, shape (n_trials,)
        0-based number of each trial's picture, by each file; -1 where it names none.
    trial_ids : sequence of str

    Returns
    -------
    ndarray of int64, shape (n_trials,)
        What all say.

    Raises
    ------
    DataError
        If they differ, naming the first trials, what each file says there, and a likely reason.
    """
    said = np.stack(list(sources.values()))
    differs = np.flatnonzero((said != said[0]).any(axis=0))
    if not len(differs):
        return said[0]
    told = "; ".join(
        f"{trial_ids[trial]}: " + ", ".join(_told(value) for value in said[:, trial].tolist())
        for trial in differs[:SHOWN].tolist()
    )
    names = ", ".join(str(path) for path in sources)
    raise DataError(
        f"{names}: they disagree about the pictures of {len(differs)} of {said.shape[1]} trials. "
        f"By each file in turn, {told}.{_hint(list(sources), said)}",
        REMEDY,
        [f"{trial_ids[trial]}: {said[:, trial].tolist()}" for trial in differs.tolist()],
    )


def _told(picture: int) -> str:
    return f"nsdId {picture}" if picture >= 0 else "none"


def _hint(paths: list[Path], said: np.ndarray) -> str:
    """Say what would explain the difference: another first number of pictures or of trials."""
    for odd in range(len(said)):
        others = np.delete(said, odd, axis=0)
        if (others != others[0]).any():
            continue
        for step in (-1, 1):
            if (said[odd] == others[0] + step).all():
                return (
                    f" All picture numbers of {paths[odd].name} are {abs(step)} too "
                    f"{'high' if step > 0 else 'low'}: they are counted from another first number."
                )
            here, there = said[odd], others[0]
            moved = (here[1:], there[:-1]) if step > 0 else (here[:-1], there[1:])
            if len(here) > 1 and (moved[0] == moved[1]).all():
                return (
                    f" The trials of {paths[odd].name} are 1 too {'high' if step > 0 else 'low'}: "
                    "they are counted from another first number."
                )
    return ""
