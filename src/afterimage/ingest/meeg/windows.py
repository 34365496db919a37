"""Where the window of each onset lies in a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.meeg.grid import Grid, is_rate, parts_of, resampled
from afterimage.ingest.meeg.steps import Resample, Step

NAMED = 3  # events that an error names


def window_starts(raw: Any, samples: np.ndarray, steps: Sequence[Step], where: str) -> np.ndarray:
    """Return the first sample of each window in the run as it is when it is cut.

    An onset that falls between two samples of a resampled run goes to the nearest one. The counts
    from the start of the acquisition are rounded, not those from the start of the file, as
    ``Raw.resample(events=...)`` of MNE does it.

    Parameters
    ----------
    raw : mne.io.BaseRaw
    samples : ndarray of int, shape (n,)
        Onsets; 0 is the first sample of the file.
    steps : sequence of Step
    where : str
        The file, for messages.

    Returns
    -------
    ndarray of int, shape (n,)
        0 is the first sample.

    Raises
    ------
    DataError
        If a window reaches outside the recording.
    """
    starts, reach = _starts(raw, samples, steps)
    outside = np.flatnonzero(reach)
    if len(outside):
        _, epoch, _ = parts_of(steps)
        named = ", ".join(str(samples[i]) for i in outside[:NAMED])
        more = f" and {len(outside) - NAMED} more" if len(outside) > NAMED else ""
        raise DataError(
            f"{where}: the windows ({epoch.first:g} to {epoch.last:g} s) of {len(outside)} of "
            f"{len(samples)} events reach outside the recording of "
            f"{raw.n_times / raw.info['sfreq']:.1f} s: events at sample {named}{more}.",
            "Check that samples are counted from the start of the file and that events and "
            "recording belong together; or leave these events out (`incomplete: drop` in the data "
            "set's file), or make the window shorter.",
        )
    return starts


def windows_outside(raw: Any, samples: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    """Return which windows reach outside the recording, shape (n,); parameters as above."""
    return _starts(raw, samples, steps)[1]


def _starts(raw: Any, samples: np.ndarray, steps: Sequence[Step]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first sample of each window, and which windows reach outside."""
    before, epoch, _ = parts_of(steps)
    first, length, rate = int(raw.first_samp), int(raw.n_times), float(raw.info["sfreq"])
    onsets = np.asarray(samples, dtype=np.int64) + first
    for step in before:
        if isinstance(step, Resample) and not is_rate(step.rate, rate):
            ratio = step.rate / rate
            length = resampled(length, rate, step.rate)
            first = round(first * ratio)
            onsets = np.minimum(np.round(onsets * ratio).astype(np.int64), first + length - 1)
            rate = step.rate
    window = Grid.cut(epoch, rate)
    starts = onsets - first + round(window.times[0] * rate)
    return starts, (starts < 0) | (starts + len(window.times) > length)


def neighbour_note(
    samples: np.ndarray, rate: float, steps: Sequence[Step], where: str
) -> str | None:
    """Return a warning if the window of one onset reaches as far as the next one.

    Parameters
    ----------
    samples : ndarray of int, shape (n,)
        Onsets in one run, in any order.
    rate : float
        Of the samples, in Hz.
    """
    _, epoch, _ = parts_of(steps)
    told = neighbours_inside(epoch.last - epoch.first, np.diff(np.unique(samples)) / rate)
    return None if told is None else f"{where}: {told}"


def neighbours_inside(window: float, between: np.ndarray) -> str | None:
    """Return a warning if a window is longer than the smallest interval between onsets.

    Parameters
    ----------
    window : float
        In seconds.
    between : ndarray, shape (n - 1,)
        Intervals in seconds.
    """
    if not len(between) or window <= between.min():
        return None
    return (
        f"the epoch window ({window:g} s) is longer than the smallest interval between onsets "
        f"({between.min():.3g} s): neighbouring stimuli are inside the window."
    )


def in_bad_segments(raw: Any, samples: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    """Return which windows overlap with what the recording itself marks as bad, shape (n,).

    Parameters
    ----------
    raw : mne.io.BaseRaw
    samples : ndarray of int, shape (n,)
        Onsets; 0 is the first sample of the file.
    steps : sequence of Step
    """
    marks = [mark for mark in raw.annotations if mark["description"].upper().startswith("BAD")]
    _, epoch, _ = parts_of(steps)
    onsets = np.asarray(samples) / raw.info["sfreq"]
    starts = np.array([mark["onset"] for mark in marks]) - raw.first_time
    ends = starts + np.array([mark["duration"] for mark in marks])
    begun = onsets[:, None] + epoch.last >= starts
    inside: np.ndarray = (begun & (onsets[:, None] + epoch.first <= ends)).any(axis=1)
    return inside
