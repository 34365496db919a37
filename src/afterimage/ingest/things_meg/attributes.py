"""The table of all trials of a subject: which picture was shown in which run."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_meg import layout

# In this order in the published file.
COLUMNS = (
    "trial_type",
    "image_nr",
    "category_nr",
    "exemplar_nr",
    "test_image_nr",
    "things_category_nr",
    "things_image_nr",
    "things_exemplar_nr",
    "image_path",
    "onset",
    "image_on",
    "image_off",
    "responded",
    "key_id",
    "key_time",
    "RT",
    "session_nr",
    "run_nr",
)
NEEDED = ("trial_type", "things_image_nr", "image_path", "onset", "session_nr", "run_nr")
TYPES = ("exp", "test", "catch")
REMEDY = "Download it again: docs/datasets/things_meg.md says what it holds."
SHOWN = 3  # rows that a message names


def read_attributes(path: Path) -> pd.DataFrame:
    """Read a table of trials, catch trials included.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        The published columns in the published order of trials, and ``stem`` (file name of the
        picture without its ending), ``concept``, ``session``, ``run``, ``place`` (of the trial in
        its run, from 1) and ``is_catch``.

    Raises
    ------
    DataError
        If the file is missing or not such a table, a row is there twice or has no picture, or
        sessions and runs do not ascend.
    """
    table = _read(path)
    table["session"], table["run"] = (_numbers(table, n, path) for n in ("session_nr", "run_nr"))
    table["is_catch"] = table["trial_type"] == "catch"
    odd = ~table["trial_type"].isin(TYPES)
    _refuse(path, odd, f"column trial_type should be one of {', '.join(TYPES)}")
    names = table["image_path"].astype(str).str.rpartition("/")[2]
    table["stem"] = names.str.rpartition(".")[0]
    table["concept"] = [layout.concept_of(stem) for stem in table["stem"]]
    _refuse(path, (table["concept"] == "") & ~table["is_catch"], "no picture of a concept")
    _refuse(path, table.duplicated(), "the same trial as an earlier row")
    order = table["session"] * 1000 + table["run"]
    _refuse(path, order.diff() < 0, "an earlier session or run than the row before")
    table["place"] = table.groupby(["session", "run"]).cumcount() + 1
    return table


def read_sessions(path: Path, sessions: Sequence[int]) -> pd.DataFrame:
    """Read a table of trials, as above, that has trials of some sessions.

    Raises
    ------
    DataError
        If there is a session without trials.
    """
    table = read_attributes(path)
    missing = sorted(set(sessions) - set(table["session"]))
    if missing:
        raise DataError(
            f"{path}: no trials of session {missing[0]}; there are {table['session'].nunique()} "
            "sessions.",
            "Correct 'sessions' in the data set's file.",
        )
    return table


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing.", REMEDY) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({error}).", REMEDY) from error
    missing = [name for name in NEEDED if name not in table]
    if missing:
        raise DataError(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(table.columns)}.", REMEDY
        )
    if table.empty:
        raise DataError(f"{path}: no trials.", REMEDY)
    return table


def _numbers(table: pd.DataFrame, name: str, path: Path) -> pd.Series:
    values = pd.to_numeric(table[name], errors="coerce")
    _refuse(path, values.isna() | (values < 1) | (values % 1 != 0), f"no whole number in {name}")
    return values.astype("int32")


def _refuse(path: Path, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        rows = (wrong.index[wrong] + 2).tolist()
        raise DataError(
            f"{path}: {what} in {len(rows)} rows, first in line "
            f"{', '.join(map(str, rows[:SHOWN]))}.",
            REMEDY,
        )
