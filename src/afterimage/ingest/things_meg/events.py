"""The events of a run: its table, and its trigger channel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.parts import Note
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import ThingsMegConfig

JITTER = 0.02  # seconds by which single events may differ from the run's median
LEAD = 1.0  # seconds by which a trigger may come after its event
NEVER = 1 << 62  # a sample that no table tells
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
    return RunEvents(samples, seconds, codes)


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


def trigger_samples(channel: np.ndarray, listed: np.ndarray, last: int, where: Path) -> np.ndarray:
    """Return where a trigger of a trial begins.

    A recording that ended too early may lack the triggers of the last events.

    Parameters
    ----------
    channel : ndarray, shape (n_times,)
        Of UPPT001.
    listed : ndarray of int, shape (n,)
        Where the run's table has the events.
    last : int
        Events from this sample on may lack a trigger.
    where : Path
        The run, for messages.

    Raises
    ------
    DataError
        If there is another number of triggers.
    """
    codes = np.rint(channel).astype(np.int64)
    begins = np.flatnonzero((codes == layout.TRIGGER) & (np.append(0, codes[:-1]) != codes))
    if len(begins) > len(listed) or (listed[len(begins) :] < last).any():
        raise DataError(
            f"{where}: {len(begins)} triggers (code {layout.TRIGGER} in {layout.TRIGGERS}), but "
            f"{len(listed)} events in the run's table.",
            REMEDY,
        )
    return begins


def run_onsets(
    events: RunEvents,
    channel: np.ndarray | None,
    rate: float,
    config: ThingsMegConfig,
    where: Path,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the onsets of all trials of a run, and how far the two sources lie apart.

    Parameters
    ----------
    events : RunEvents
    channel : ndarray, shape (n_times,), or None
        Of UPPT001, if the run has it.
    rate : float
        In Hz.
    config : ThingsMegConfig
        Which of the two is chosen, and whether the recording may end before the last events.
    where : Path
        The run, for messages.

    Returns
    -------
    onsets : ndarray of int, shape (n,)
        0 is the first sample of the file.
    apart : ndarray, shape (m,)
        For each trial with a trigger the seconds by which the table is later than it.
    """
    listed = events.onsets(rate)
    if channel is None:
        if config.onsets == "triggers":
            raise DataError(
                f"{where}: no channel {layout.TRIGGERS}.", "Choose 'onsets: events' instead."
            )
        return listed, np.zeros(0)
    end = len(channel) - round(LEAD * rate) if config.incomplete == "drop" else NEVER
    triggers = trigger_samples(channel, listed, end, where)
    there = len(triggers)
    apart = (listed[:there] - triggers) / rate
    if config.onsets == "events":
        return listed, apart
    # An event without a trigger lies behind the end.
    return np.append(triggers, np.maximum(listed[there:], len(channel))), apart


def apart_notes(apart: np.ndarray, onsets: str) -> list[Note]:
    """Say by how much the table and the triggers of a run differ, and where not alike.

    Parameters
    ----------
    apart : ndarray, shape (m,)
        Of :func:`run_onsets`.
    onsets : {"events", "triggers"}
        Which of them were used.
    """
    if not len(apart):
        return []
    median = float(np.median(apart))
    used = "events.tsv" if onsets == "events" else "triggers"
    notes = [
        Note(
            f"onsets by events.tsv are {1000 * median:.0f} ms after the triggers (median of a "
            f"run); {used} were used."
        )
    ]
    odd = int((np.abs(apart - median) > JITTER).sum())
    if odd:
        text = (
            "WARNING: {odd} of {events} events lie more than "
            f"{1000 * JITTER:.0f} ms off that distance from their triggers."
        )
        notes.append(Note(text, {"odd": odd, "events": len(apart)}))
    return notes


def trigger_channel(raw: Any) -> np.ndarray | None:
    """Return the trigger channel of a run, shape (n_times,), if it has one."""
    if layout.TRIGGERS not in raw.ch_names:
        return None
    values: np.ndarray = raw.get_data(picks=[layout.TRIGGERS])[0]
    return values
