"""Trials and behaviour of a subject, from its table of attributes."""

import numpy as np
import pandas as pd

from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.trials import TRIALS

# Column of the published table: unit.
MEASURES = {"responded": "", "RT": "s", "key_time": "s", "image_on": "s", "image_off": "s"}


def kept_rows(attributes: pd.DataFrame, sessions: list[int], wrong: np.ndarray) -> pd.DataFrame:
    """Return the rows that become trials, with their ``trial_id``.

    Parameters
    ----------
    attributes : DataFrame
        All rows of a subject.
    sessions : list of int
        That are read.
    wrong : ndarray of bool, shape (n,)
        Rows about which two files disagree.
    """
    chosen = attributes["session"].isin(sessions) & ~attributes["is_catch"] & ~wrong
    return attributes[chosen]


def trial_ids(rows: pd.DataFrame, subject: str) -> list[str]:
    """Return names such as "P1-s01-r01-t001", in which catch trials are counted too."""
    return [
        f"{subject}-s{session:02d}-r{run:02d}-t{place:03d}"
        for session, run, place in zip(rows["session"], rows["run"], rows["place"], strict=True)
    ]


def trials_of(rows: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return the table of trials.

    The onset is the table's own; it is missing in a run where it does not ascend from 0 or more.
    """
    frame = pd.DataFrame(
        {
            "trial_id": trial_ids(rows, subject),
            "subject": subject,
            "session": rows["session"].to_numpy(),
            "run": rows["run"].to_numpy(),
            "onset": _onsets(rows),
            "stimulus_id": rows["stem"].to_numpy(),
            "repetition": rows.groupby("stem").cumcount().to_numpy(dtype=np.int32),
        }
    )
    return frame[TRIALS.names]


def behaviour_of(rows: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return the table of behaviour: answers, reaction times, times of display."""
    ids, parts = trial_ids(rows, subject), []
    for measure, unit in MEASURES.items():
        if measure in rows:
            values = pd.to_numeric(rows[measure], errors="coerce").to_numpy(dtype=np.float64)
            part = {"trial_id": ids, "measure": measure, "value": values, "unit": unit}
            parts.append(pd.DataFrame(part))
    if not parts:
        return pd.DataFrame(columns=BEHAVIOUR.names).astype({"value": "float64"})
    return pd.concat(parts, ignore_index=True)[BEHAVIOUR.names]


def _onsets(rows: pd.DataFrame) -> np.ndarray:
    onsets = pd.to_numeric(rows["onset"], errors="coerce").astype(np.float64)
    for _, own in onsets.groupby([rows["session"], rows["run"]]):
        values = own.to_numpy()
        if not (np.isfinite(values).all() and values[0] >= 0 and (np.diff(values) > 0).all()):
            onsets[own.index] = np.nan
    return onsets.to_numpy()
