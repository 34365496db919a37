"""The table of events of one run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.ingest.bids.config import BidsConfig, Events
from afterimage.ingest.bids.files import EVENTS
from afterimage.ingest.bids.layout import Run

MISSING = ["n/a", "N/A", ""]
WHOLE = re.compile(r"^(-?\d+)\.0+$")
REQUIRED = ("onset", "duration")
NAMED = 3  # rows that an error names


@dataclass(frozen=True)
class RunEvents:
    """The trials of a run.

    Attributes
    ----------
    rows : DataFrame
        Texts as in the file, one row per trial, indexed by the line of the file (2 is the first).
    without_picture, not_kept : int
        Rows that are no trials: nothing was shown, or `keep` leaves them out.
    """

    rows: pd.DataFrame
    without_picture: int
    not_kept: int

    def column(self, name: str | None) -> list[str | None]:
        """Return a column of texts; None where nothing is said."""
        if name is None:
            return [None] * len(self.rows)
        return [None if pd.isna(value) else str(value) for value in self.rows[name]]


def read_events(root: Path, run: Run, config: BidsConfig) -> RunEvents:
    """Read the rows that are trials.

    Raises
    ------
    DataError
        If the file is no such table, or a column is missing.
    """
    path, events = root / run.sidecar(EVENTS), config.events
    table = _table(path)
    table.index = pd.RangeIndex(2, len(table) + 2)
    _check_columns(path, table, REQUIRED, "Add it: BIDS requires it, and mne-bids reads it.")
    named = (events.picture, events.label, events.concept, events.category, events.onset)
    wanted = [*(name for name in named if name), *events.keep]
    _check_columns(path, table, wanted, "Correct `events` in the data set's file.")
    kept = np.ones(len(table), dtype=bool)
    for column, values in events.keep.items():
        kept &= table[column].isin(values).to_numpy()
    shown = table[events.picture or events.label].notna().to_numpy()
    return RunEvents(table[kept & shown], int((kept & ~shown).sum()), int((~kept).sum()))


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(
            path, sep="\t", dtype=str, na_values=MISSING, keep_default_na=False, encoding="utf-8"
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not a table with tabs between its columns ({error}).",
            "Correct or replace the file; BIDS tells its form.",
        ) from error
    # A column of whole numbers with gaps is often written as 3.0.
    return table.apply(lambda column: column.str.replace(WHOLE, r"\1", regex=True))


def _check_columns(path: Path, table: pd.DataFrame, wanted: Sequence[str], remedy: str) -> None:
    missing = [name for name in wanted if name not in table]
    if missing:
        raise DataError(
            f"{path}: no column '{missing[0]}'; its columns are {', '.join(table.columns)}.",
            remedy,
        )


def onset_samples(
    root: Path, run: Run, rows: pd.DataFrame, events: Events, rate: float
) -> np.ndarray:
    """Return each trial's onset, shape (n,); 0 is the first sample of the file.

    Raises
    ------
    DataError
        If one is not a number, or two trials begin at the same sample.
    """
    path = root / run.sidecar(EVENTS)
    column = events.onset or ("sample" if "sample" in rows else "onset")
    values = pd.to_numeric(rows[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = rows.index[~np.isfinite(values)]
    if len(wrong):
        raise DataError(
            f"{path}: column '{column}' is no number in {len(wrong)} trials: line "
            f"{_first(wrong.tolist())}.",
            "Correct the lines, or leave them out by `events.keep`.",
        )
    samples = np.round(values if column == "sample" else values * rate).astype(np.int64)
    twice = pd.Series(samples, index=rows.index).duplicated(keep=False)
    if twice.any():
        raise DataError(
            f"{path}: {int(twice.sum())} trials begin at the sample of another one: line "
            f"{_first(rows.index[twice].tolist())}.",
            "Each trial has one row: delete the duplicates, or leave rows out by `events.keep`.",
        )
    return samples


def onset_seconds(rows: pd.DataFrame) -> np.ndarray:
    """Return each trial's onset in seconds, shape (n,), as the table says; NaN if it does not."""
    return pd.to_numeric(rows["onset"], errors="coerce").to_numpy(dtype=np.float64)


def _first(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:NAMED])) + (" ..." if len(lines) > NAMED else "")
