"""``nsd_stim_info_merged.csv``: what each of the 73,000 pictures is, and when it was shown."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError

REMEDY = "Download it again; pictures and tables must come from the same release."
NEVER = -1


def read_stimulus_table(path: Path) -> pd.DataFrame:
    """Read the published table of pictures.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        One row per picture, indexed by its 0-based number (``nsdId``), ascending.

    Raises
    ------
    DataError
        If the file is missing or damaged, lacks a column, or a picture has two rows.
    """
    try:
        table = pd.read_csv(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing.", REMEDY) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({error}).", REMEDY) from error
    missing = [name for name in ("nsdId", "cocoId") if name not in table]
    if missing:
        raise DataError(f"{path}: no column {missing[0]}, only {list(table)[:12]}.", REMEDY)
    if not table["nsdId"].is_unique:
        raise DataError(f"{path}: a picture has two rows (nsdId counts from 0).", REMEDY)
    return table.set_index("nsdId").sort_index()


def pictures_by_trial(table: pd.DataFrame, row: int, trials: np.ndarray, path: Path) -> np.ndarray:
    """Return the pictures of some of a subject's trials, by the columns ``subjectK_rep0`` ....

    They hold the 1-based number of the trial, counted over all sessions, in which a picture was
    shown; 0 if it never was.

    Parameters
    ----------
    table : DataFrame
    row : int
        0-based subject.
    trials : ndarray of int
        0-based numbers of trials.
    path : Path
        Of the table, for messages.

    Returns
    -------
    ndarray of int64, shape (n_trials,)
        0-based numbers of pictures; -1 where the table has none.

    Raises
    ------
    DataError
        If there are no such columns, or two pictures are in one trial.
    """
    columns = [name for name in table if re.fullmatch(rf"subject{row + 1}_rep\d+", str(name))]
    if not columns:
        raise DataError(f"{path}: no column 'subject{row + 1}_rep0'.", REMEDY)
    shown = table[columns].fillna(0).to_numpy().astype(np.int64)
    place, _ = np.nonzero(shown > 0)
    numbers = shown[shown > 0]
    twice = numbers[pd.Series(numbers).duplicated()]
    if len(twice):
        raise DataError(
            f"{path}: two pictures are in trial {twice[0]} of subject {row + 1}.", REMEDY
        )
    length = max(int(numbers.max(initial=0)), int(trials.max(initial=0)) + 1)
    pictures = np.full(length + 1, NEVER, dtype=np.int64)
    pictures[numbers] = table.index.to_numpy()[place]
    return pictures[trials + 1]
