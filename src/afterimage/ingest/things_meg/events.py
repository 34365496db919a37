"""The events of a run: its table, and its trigger channel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_meg import layout

REMEDY = "Download it again, or take its session out of 'sessions' in the data set's file."


@dataclass(frozen=True)
class RunEvents:
    """All events of a run, catch trials included.

    Attributes
    ----------
    samples : ndarray of float, shape (n,), or None
        From the first sample of the file; None if the table tells seconds only.
    seconds : ndarray of float, shape (n,), or None
    codes : ndarray of float, shape (n,), or None
        Numbers of the pictures, NaN for catch trials; None if the table has none.
    """

    samples: np.ndarray | None
    seconds: np.ndarray | None
    codes: np.ndarray | None
    count: int

    def onsets(self, rate: float) -> np.ndarray:
        """Return the samples of all onsets, int64.

        Parameters
        ----------
        rate : float
            In Hz.
        """
        if self.samples is not None:
            return self.samples.astype(np.int64)
        assert self.seconds is not None, "one of the two was read"
        return np.rint(self.seconds * rate).astype(np.int64)


def read_events(path: Path, expected: int) -> RunEvents:
    """Read the table of events of a run.

    Parameters
    ----------
    path : Path
    expected : int
        Trials of the run by the table of attributes.

    Raises
    ------
    DataError
        If it is missing, has neither samples nor onsets, or another number of trials.
    """
    try:
        table = pd.read_csv(path, sep="\t", na_values=["n/a"])
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing.", REMEDY) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({error}).", REMEDY) from error
    if not {"sample", "onset"} & set(table):
        raise DataError(f"{path}: no column sample or onset, only {list(table)}.", REMEDY)
    if len(table) != expected:
        raise DataError(
            f"{path}: {len(table)} events, but sample_attributes has {expected} trials of the run.",
            REMEDY,
        )
    samples, seconds, codes = (_column(table, name, path) for name in ("sample", "onset", "value"))
    for name, values in (("sample", samples), ("onset", None if samples is not None else seconds)):
        if values is not None and not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0]) + 2
            raise DataError(f"{path}: no number in column {name}, line {row}.", REMEDY)
    return RunEvents(samples, seconds, codes, len(table))


def _column(table: pd.DataFrame, name: str, path: Path) -> np.ndarray | None:
    if name not in table:
        return None
    values = pd.to_numeric(table[name], errors="coerce")
    odd = values.isna() & table[name].notna()
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise DataError(
            f"{path}: {name} is '{table[name].iloc[row]}' in line {row + 2}, not a number.", REMEDY
        )
    return values.to_numpy(dtype=np.float64)


def trigger_samples(channel: np.ndarray, expected: int, where: Path) -> np.ndarray:
    """Return where a trigger of a trial begins.

    Parameters
    ----------
    channel : ndarray, shape (n_times,)
        Of UPPT001.
    expected : int
        Events in the run's table.
    where : Path
        The run, for messages.

    Raises
    ------
    DataError
        If there is another number of triggers.
    """
    codes = np.rint(channel).astype(np.int64)
    begins = np.flatnonzero((codes == layout.TRIGGER) & (np.append(0, codes[:-1]) != codes))
    if len(begins) != expected:
        raise DataError(
            f"{where}: {len(begins)} triggers (code {layout.TRIGGER} in {layout.TRIGGERS}), but "
            f"{expected} events in the run's table.",
            REMEDY,
        )
    return begins


def run_onsets(
    events: RunEvents, channel: np.ndarray | None, rate: float, chosen: str, where: Path
) -> tuple[np.ndarray, float | None]:
    """Return the onsets of all trials of a run, and by how much the two sources differ.

    Parameters
    ----------
    events : RunEvents
    channel : ndarray, shape (n_times,), or None
        Of UPPT001, if the run has it.
    rate : float
        In Hz.
    chosen : {"events", "triggers"}
    where : Path
        The run, for messages.

    Returns
    -------
    onsets : ndarray of int, shape (n,)
        0 is the first sample of the file.
    later : float or None
        Median over trials of seconds by which the table is later than the triggers.
    """
    listed = events.onsets(rate)
    if channel is None:
        if chosen == "triggers":
            raise DataError(
                f"{where}: no channel {layout.TRIGGERS}.", "Choose 'onsets: events' instead."
            )
        return listed, None
    triggers = trigger_samples(channel, events.count, where)
    later = float(np.median(listed - triggers) / rate) if len(listed) else None
    return (triggers if chosen == "triggers" else listed), later


def trigger_channel(raw: Any) -> np.ndarray | None:
    """Return the trigger channel of a run, shape (n_times,), if it has one."""
    if layout.TRIGGERS not in raw.ch_names:
        return None
    values: np.ndarray = raw.get_data(picks=[layout.TRIGGERS])[0]
    return values
