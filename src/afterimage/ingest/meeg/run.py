"""From one run, or from epochs that were cut by others, to responses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.parts import Note
from afterimage.ingest.meeg.check import frequencies_of
from afterimage.ingest.meeg.grid import Grid, epoch_times, is_rate, parts_of, run_rate
from afterimage.ingest.meeg.on_epochs import done_to_epochs
from afterimage.ingest.meeg.on_runs import filtered, mixed, piece
from afterimage.ingest.meeg.rejection import TOO_HIGH, check_limits, too_high
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import (
    Autoreject,
    Bandpass,
    Decimate,
    Epoch,
    Reject,
    Resample,
    Step,
)
from afterimage.ingest.meeg.windows import in_bad_segments, window_starts

__all__ = ["Epochs", "aliasing_notes", "cut_run", "epoch_times", "finish_epochs"]

SENSORS_AT_A_TIME = 32
RUN_BYTES = 128 << 20  # of the sensors that are filtered together
EPOCH_BYTES = 16 << 20  # of the epochs that are cut together
# Below this many samples in a period of the fastest component, MNE warns of aliasing.
SAMPLES_PER_PERIOD = 3
BAD_SEGMENT = "the window overlaps with a segment marked as bad"
REJECTED = "autoreject rejected the epoch"


@dataclass(frozen=True)
class Epochs:
    """Epochs of one run.

    Attributes
    ----------
    values : ndarray of float32, shape (kept, times, sensors)
    times : tuple of float
        In seconds from the onset.
    reasons : ndarray of object, shape (n,)
        For each onset why it has no epoch; an empty text for those that are kept.
    notes : list of Note
        What a report must say.
    """

    values: np.ndarray
    times: tuple[float, ...]
    reasons: np.ndarray
    notes: list[Note] = field(default_factory=list)

    @property
    def kept(self) -> np.ndarray:
        """Which onsets have an epoch, shape (n,)."""
        found: np.ndarray = self.reasons == ""
        return found


def cut_run(
    raw: Any, samples: np.ndarray, steps: Sequence[Step], sensors: Sensors, where: str
) -> Epochs:
    """Preprocess a run and cut a window around each onset.

    Steps that take each sensor by itself are done to a block of sensors at a time: in memory are
    one block of the run and the epochs that come out. A step that mixes sensors before ``epoch``
    loads the sensors that it needs. A window that overlaps with what the recording marks as bad
    is not cut, and an epoch that a step rejects is left out.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Not changed; best not loaded.
    samples : ndarray of int, shape (n,)
        Onsets; 0 is the first sample of the file, whatever the acquisition calls it.
    steps : sequence of Step
        In their order.
    sensors : Sensors
    where : str
        The file, for messages.

    Raises
    ------
    DataError
        If a window reaches outside the recording, a sensor is missing, a filter's frequency is
        not below half the sampling rate, or a step cannot be done.
    """
    before, epoch, after = parts_of(steps)
    rate = float(raw.info["sfreq"])
    _check_sensors(raw, sensors, where)
    check_limits(steps, sensors, where)
    _check_frequencies(before, rate, where)
    reasons = np.where(in_bad_segments(raw, samples, steps), BAD_SEGMENT, "").astype(object)
    starts = window_starts(raw, samples, steps, where)[reasons == ""]
    notes = aliasing_notes(raw, steps)
    raw, alone, mixing_notes = mixed(raw, before, sensors, where)
    grid = Grid.cut(epoch, run_rate(before, rate))
    blocks = _cut_blocks(raw, alone, starts, len(grid.times), sensors)
    info = _info_of(raw, sensors) if any(isinstance(step, Autoreject) for step in after) else None
    shape = (len(starts), len(sensors.names))
    values, rejected, found = _finished(blocks, shape, grid, after, sensors.kinds, info, where)
    reasons[reasons == ""] = rejected
    return Epochs(values, epoch_times(steps, rate), reasons, notes + mixing_notes + found)


def finish_epochs(
    values: np.ndarray,
    times: Sequence[float],
    steps: Sequence[Step],
    sensors: Sensors,
    where: str,
) -> Epochs:
    """Do the steps that come after ``epoch`` to epochs that were cut by others.

    Parameters
    ----------
    values : ndarray, shape (n, times, sensors)
        Not changed.
    times : sequence of float
        In seconds from the onset, evenly spaced.
    steps : sequence of Step
        Those after ``epoch``, if it is among them; else all.
    sensors : Sensors
    where : str
        The file, for messages.
    """
    after = list(steps)
    if any(isinstance(step, Epoch) for step in steps):
        _, _, after = parts_of(steps)
    if any(isinstance(step, Autoreject) for step in after):
        raise ConfigError(
            f"{where}: 'autoreject' needs the continuous recording, these are epochs.",
            "Leave the step out of `preprocess`.",
        )
    check_limits(after, sensors, where)
    reasons = np.full(len(values), "", dtype=object)
    if not after:
        return Epochs(np.asarray(values, dtype=np.float32), tuple(float(t) for t in times), reasons)
    grid = Grid.of(times)
    final = grid
    for step in after:
        final = final.after(step)
    blocks, shape = _released_blocks(values), values.shape[::2]
    out, reasons, notes = _finished(blocks, shape, grid, after, sensors.kinds, None, where)
    return Epochs(out, tuple(final.times.tolist()), reasons, notes)


Block = tuple[slice, slice, np.ndarray]


def _cut_blocks(
    raw: Any, alone: Sequence[Step], starts: np.ndarray, length: int, sensors: Sensors
) -> Iterator[Block]:
    """Yield (epochs, sensors, values of shape (epochs, sensors, times)), sensors by sensors."""
    rows = [raw.ch_names.index(name) for name in sensors.names]
    step = max(1, min(SENSORS_AT_A_TIME, RUN_BYTES // (8 * raw.n_times)))
    for first in range(0, len(rows), step):
        block = piece(raw, rows[first : first + step])
        for one in alone:
            filtered(block, one)
        data = block._data  # without the copy that get_data makes
        some = slice(first, first + len(data))
        many = max(1, EPOCH_BYTES // (8 * length * len(data)))
        for begin in range(0, len(starts), many):
            own = slice(begin, min(begin + many, len(starts)))
            places = starts[own, None] + np.arange(length)
            yield own, some, np.swapaxes(data[:, places], 0, 1)


def _released_blocks(values: np.ndarray) -> Iterator[Block]:
    """Yield the same of epochs that are there, some epochs at a time."""
    sensors = slice(0, values.shape[2])
    many = max(1, EPOCH_BYTES // max(1, 8 * values.shape[1] * values.shape[2]))
    for begin in range(0, len(values), many):
        own = slice(begin, min(begin + many, len(values)))
        yield own, sensors, np.swapaxes(values[own], 1, 2).astype(np.float64)


def _finished(
    blocks: Iterator[Block],
    shape: tuple[int, int],
    grid: Grid,
    after: Sequence[Step],
    kinds: Sequence[str],
    info: Any,
    where: str,
) -> tuple[np.ndarray, np.ndarray, list[Note]]:
    """Do the steps after ``epoch``; return values, reasons and notes.

    Values have the shape (kept, times, sensors). A reason says why an epoch is not kept; those
    that are have an empty one.
    """
    notes: list[Note] = []
    places = [i for i, step in enumerate(after) if isinstance(step, Autoreject)]
    alone = list(after[: places[0]] if places else after)
    rest = list(after[places[0] :] if places else [])
    final = grid
    for step in alone:
        final = final.after(step)
    out = np.empty((shape[0], len(final.times), shape[1]), dtype=np.float32)
    high = np.zeros(shape[0], dtype=bool)
    for epochs, sensors, values in blocks:
        done, above = _alone(values, grid, alone, kinds[sensors])
        out[epochs, :, sensors] = np.swapaxes(done, 1, 2)
        high[epochs] |= above
    reasons = np.where(high, TOO_HIGH, "").astype(object)
    out = out[~high] if high.any() else out
    if rest:
        out, reasons[~high] = _together(out, final, rest, kinds, info, notes, where)
    return out, reasons, notes


def _alone(
    values: np.ndarray, grid: Grid, steps: Sequence[Step], kinds: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Do steps that take each sensor by itself; say in which epochs one is above a limit."""
    high = np.zeros(len(values), dtype=bool)
    for step in steps:
        if isinstance(step, Reject):
            high |= too_high(values, step, kinds)
        else:
            values = done_to_epochs(values, grid, [step])
        grid = grid.after(step)
    return values, high


def _together(
    values: np.ndarray,
    grid: Grid,
    steps: Sequence[Step],
    kinds: Sequence[str],
    info: Any,
    notes: list[Note],
    where: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Do steps of which one looks at all sensors of an epoch; return values and reasons."""
    from afterimage.ingest.meeg.repair import repaired

    whole = np.ascontiguousarray(np.swapaxes(values, 1, 2), dtype=np.float64)
    reasons = np.full(len(whole), "", dtype=object)
    for step in steps:
        if isinstance(step, Autoreject):
            rejected, reason = repaired(whole, grid, step, info, notes, where), REJECTED
        else:
            (whole, rejected), reason = _alone(whole, grid, [step], kinds), TOO_HIGH
        reasons[np.flatnonzero(reasons == "")[rejected]] = reason
        whole = whole[~rejected]
        grid = grid.after(step)
    return np.ascontiguousarray(np.swapaxes(whole, 1, 2), dtype=np.float32), reasons


def _info_of(raw: Any, sensors: Sensors) -> Any:
    import mne

    rows = [raw.ch_names.index(name) for name in sensors.names]
    return mne.pick_info(raw.info, rows, verbose="error")


def _check_sensors(raw: Any, sensors: Sensors, where: str) -> None:
    missing = [name for name in sensors.names if name not in raw.ch_names]
    if missing:
        named = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        raise DataError(
            f"{where}: {len(missing)} of {len(sensors.names)} sensors are missing: {named}.",
            "Take them out of `sensors`, or the run out of the data set's file.",
        )


def _check_frequencies(before: Sequence[Step], rate: float, where: str) -> None:
    for step in before:
        for hertz in frequencies_of(step):
            if hertz >= rate / 2:
                raise DataError(
                    f"{where}: the step '{step.step}' names {hertz:g} Hz, which is not below half "
                    f"the sampling rate ({rate:g} Hz).",
                    "Correct `preprocess`.",
                )
        if isinstance(step, Resample) and not is_rate(step.rate, rate):
            rate = step.rate


def aliasing_notes(raw: Any, steps: Sequence[Step]) -> list[Note]:
    """Say it if samples are left out of epochs that hold faster components than they can carry."""
    highest, rate = float(raw.info["lowpass"]), float(raw.info["sfreq"])
    notes: list[Note] = []
    for step in steps:
        if isinstance(step, Bandpass) and step.high is not None:
            highest = min(highest, step.high)
        if isinstance(step, Resample):
            rate = step.rate
            highest = min(highest, rate / 2)
        if isinstance(step, Decimate):
            rate /= step.factor
            if rate < SAMPLES_PER_PERIOD * highest:
                text = (
                    f"decimated to {rate:g} Hz, though the recording holds frequencies up to "
                    f"{highest:g} Hz: aliasing is possible."
                )
                notes.append(Note(text))
    return notes
