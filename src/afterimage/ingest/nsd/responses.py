"""``responses.tsv``: the trials of a subject as the computer in the scanner room recorded them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.errors import DataError, ShapeError

REMEDY = "Download it again, or check the configured sessions, trials and runs per session."
PLACES = ["SESSION", "RUN", "TRIAL"]
PICTURE = "73KID"
# Columns that say which trial it is; all other numbers are behaviour.
IDENTITY = {"SUBJECT", *PLACES, PICTURE, "10KID"}
UNITS = {"TIME": "day", "RT": "ms"}


def read_responses(path: Path, sessions: Sequence[int], trials: int, runs: int) -> pd.DataFrame:
    """Read the trials of some sessions in the order in which they came.

    Parameters
    ----------
    path : Path
    sessions : sequence of int
        1-based, ascending.
    trials, runs : int
        Of every session.

    Returns
    -------
    DataFrame
        The published columns; one row per trial.

    Raises
    ------
    DataError
        If the file is missing or damaged, or a session is not in it.
    ShapeError
        If a session has another number of trials or runs.
    """
    try:
        table = pd.read_csv(path, sep="\t")
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing.", REMEDY) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({error}).", REMEDY) from error
    missing = [name for name in [*PLACES, PICTURE] if name not in table]
    if missing:
        raise DataError(f"{path}: no column {missing[0]}, only {list(table)[:8]}.", REMEDY)
    if table[[*PLACES, PICTURE]].isna().any(axis=None):
        raise DataError(f"{path}: a trial lacks its session, run, number or picture.", REMEDY)
    chosen = table[table["SESSION"].isin(list(sessions))].sort_values(PLACES, kind="stable")
    _check(path, chosen, sessions, trials, runs)
    return chosen.reset_index(drop=True)


def _check(
    path: Path, table: pd.DataFrame, sessions: Sequence[int], trials: int, runs: int
) -> None:
    for session in sessions:
        own = table[table["SESSION"] == session]
        if own.empty:
            raise DataError(f"{path}: no trials of session {session}.", REMEDY)
        if len(own) != trials:
            raise ShapeError(
                f"{path}: {len(own)} trials in session {session}, but trials_per_session is "
                f"{trials}.",
                REMEDY,
            )
        if sorted(set(own["RUN"])) != list(range(1, runs + 1)):
            raise ShapeError(
                f"{path}: the runs of session {session} are {sorted(set(own['RUN']))}, but "
                f"runs_per_session is {runs}.",
                REMEDY,
            )
    if table.duplicated(PLACES).any():
        first = table.loc[table.duplicated(PLACES), PLACES].iloc[0].to_dict()
        raise DataError(f"{path}: two rows for {first}.", REMEDY)


def behaviour_of(responses: pd.DataFrame, trial_ids: Sequence[str]) -> pd.DataFrame:
    """Return every further number of the trials in the columns of the table of behaviour.

    Parameters
    ----------
    responses : DataFrame
        Of :func:`read_responses`.
    trial_ids : sequence of str
        One per row.
    """
    measured = [str(name) for name in responses.select_dtypes("number") if name not in IDENTITY]
    parts = [
        pd.DataFrame(
            {
                "trial_id": list(trial_ids),
                "measure": name,
                "value": responses[name].to_numpy(dtype=np.float64),
                "unit": UNITS.get(name, ""),
            }
        )
        for name in measured
    ]
    if not parts:
        return pd.DataFrame(columns=BEHAVIOUR.names).astype({"value": "float64"})
    return pd.concat(parts, ignore_index=True)[BEHAVIOUR.names]
