"""Time series to trials: detrend, z-score and average blocks of volumes, run by run."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.arrays.config import Events, Series
from afterimage.ingest.arrays.fields import text
from afterimage.ingest.arrays.layers import Piece
from afterimage.ingest.arrays.responses import PieceResponses
from afterimage.ingest.arrays.sources import Place, check_length, integers, numbers, vector

# Seconds are compared in units of the repetition time; this much is rounding.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Block:
    """Volumes that become one trial.

    Attributes
    ----------
    label, stimulus : str or None
    session, run : int
    first, stop : int
        Volumes [first, stop) of the file, before any shift.
    start, end : int
        First volume of its run, and the one after the run's last.
    """

    label: str
    stimulus: Any
    session: int
    run: int
    first: int
    stop: int
    start: int
    end: int


def detrend(values: np.ndarray) -> np.ndarray:
    """Subtract from each column its least-squares straight line.

    Parameters
    ----------
    values : ndarray, shape (volumes, channels)

    Returns
    -------
    ndarray of float64; a constant column becomes exactly zero.
    """
    values = np.asarray(values, dtype=np.float64)
    time = np.arange(len(values)) - (len(values) - 1) / 2
    centred = values - values.mean(axis=0)
    power = float(time @ time)
    line = np.outer(time, time @ centred / power) if power > 0 else 0.0
    constant = np.ptp(values, axis=0) == 0
    return np.where(constant, 0.0, centred - line)


def zscore(values: np.ndarray) -> np.ndarray:
    """Bring each column to mean 0 and standard deviation 1 (population); constant ones to 0."""
    values = np.asarray(values, dtype=np.float64)
    constant = np.ptp(values, axis=0) == 0
    deviation = np.where(constant, 1.0, values.std(axis=0))
    return np.where(constant, 0.0, (values - values.mean(axis=0)) / deviation)


STEPS = {"detrend": detrend, "zscore": zscore}


def label_blocks(
    labels: list[Any], runs: np.ndarray, sessions: np.ndarray, stimuli: list[Any], skip: set[str]
) -> list[Block]:
    """Find blocks: volumes in a row with one label (and stimulus) within one run."""
    keys = list(zip(sessions.tolist(), runs.tolist(), labels, stimuli, strict=True))
    edges = [i for i in range(len(keys)) if i == 0 or keys[i] != keys[i - 1]] + [len(keys)]
    bounds = _run_bounds(sessions, runs)
    return [
        Block(text(label), stimulus, session, run, first, stop, *bounds[session, run])
        for first, stop in pairwise(edges)
        for session, run, label, stimulus in [keys[first]]
        if label is not None and text(label) not in skip
    ]


def _run_bounds(sessions: np.ndarray, runs: np.ndarray) -> dict[tuple[int, int], tuple[int, int]]:
    bounds: dict[tuple[int, int], tuple[int, int]] = {}
    for row, key in enumerate(zip(sessions.tolist(), runs.tolist(), strict=True)):
        start, end = bounds.get(key, (row, row))
        if end != row:
            raise DataError(
                f"session {key[0]}, run {key[1]}: its volumes do not follow one another (volume "
                f"{row}, counted from 0, comes back to it).",
                "Give each stretch of recording a run number of its own.",
            )
        bounds[key] = (start, row + 1)
    return bounds


def event_blocks(
    onsets: np.ndarray, stops: np.ndarray, tr: float, length: int | None, n: int
) -> list[tuple[int, int]]:
    """Return the volumes [first, stop) of each event: those that start within it.

    Parameters
    ----------
    onsets, stops : ndarray
        Seconds from the start of volume 0.
    length : int or None
        Number of volumes, where it is not the event's duration.
    n : int
        Volumes of the run.
    """
    first = np.ceil(onsets / tr - ROUNDING).astype(int)
    stop = first + length if length else np.ceil(stops / tr - ROUNDING).astype(int)
    return [(int(a), int(b)) for a, b in zip(first, np.minimum(stop, n), strict=True)]


def find_blocks(
    place: Place, series: Series, responses: PieceResponses, piece: Piece
) -> list[Block]:
    """Read labels or events, and return the blocks that become trials.

    Raises
    ------
    DataError
        If no block remains.
    ShapeError
        If there is not one label per volume.
    """
    place = place.within(series.file)
    session, run = piece.session or 1, 1 if piece.run is None else piece.run
    skip = {text(label) for label in series.skip or []}
    if series.events is not None:
        blocks = _from_events(place, series, series.events, responses.n, (session, run), skip)
    else:
        blocks = _from_labels(place, series, responses, (session, run), skip)
    if not blocks:
        raise DataError(
            f"{responses.where}: no block remains after skipping {sorted(skip)}.",
            "Correct `series.skip`, or the labels that `series` names.",
        )
    return blocks


def _from_labels(
    place: Place,
    series: Series,
    responses: PieceResponses,
    constant: tuple[int, int],
    skip: set[str],
) -> list[Block]:
    n = responses.n
    session, run = constant

    def read(name: str, default: Any) -> tuple[list[Any], str]:
        source = getattr(series, name)
        if source is None:
            return [default] * n, ""
        values, where = vector(place, source, f"series.{name}", n)
        what = f"series.{name} (one per volume; {responses.where} has {n} volumes)"
        check_length(len(values), n, where, what)
        return values, where

    labels, _ = read("label", None)
    stimuli, _ = read("stimulus", None)
    runs = integers(*read("run", run), "series.run")
    sessions = integers(*read("session", session), "series.session")
    return label_blocks(labels, runs, sessions, stimuli, skip)


def _from_events(
    place: Place, series: Series, events: Events, n: int, constant: tuple[int, int], skip: set[str]
) -> list[Block]:
    place = place.within(events.file)
    if events.onset is None or events.duration is None or events.label is None or not series.tr:
        raise AssertionError("the configuration was checked")
    onset, where = vector(place, events.onset, "series.events.onset", None)
    rows = len(onset)
    duration, _ = vector(place, events.duration, "series.events.duration", rows)
    labels, _ = vector(place, events.label, "series.events.label", rows)
    check_length(len(duration), rows, where, "series.events.duration")
    check_length(len(labels), rows, where, "series.events.label")
    stimuli: list[Any] = [None] * rows
    if events.stimulus is not None:
        stimuli, _ = vector(place, events.stimulus, "series.events.stimulus", rows)
    starts = numbers(onset, where, "series.events.onset")
    stops = starts + numbers(duration, where, "series.events.duration")
    blocks = []
    for row, (first, stop) in enumerate(event_blocks(starts, stops, series.tr, series.length, n)):
        if labels[row] is None or text(labels[row]) in skip:
            continue
        if first < 0 or stop <= first:
            raise DataError(
                f"{where}: event in row {row} (counted from 0), onset {starts[row]:g} s, holds no "
                f"volume (repetition time {series.tr:g} s, {n} volumes).",
                "Correct `series.tr`; for events shorter than a volume give `series.length`.",
            )
        blocks.append(Block(text(labels[row]), stimuli[row], *constant, first, stop, 0, n))
    return blocks


def block_means(
    responses: PieceResponses, series: Series, blocks: list[Block]
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the trials of each run: (positions among the blocks, float32 means).

    Raises
    ------
    DataError
        If a shift moves a block out of its run.
    """
    shift, done = series.shift or 0, 0
    while done < len(blocks):
        start, end = blocks[done].start, blocks[done].end
        count = sum(1 for block in blocks[done:] if (block.start, block.end) == (start, end))
        volumes = responses.read(start, end)
        values = volumes.reshape(len(volumes), -1)
        for step in series.steps or []:
            values = STEPS[step](values)
        means = [
            _mean(values, block, shift, series.length, responses.where)
            for block in blocks[done : done + count]
        ]
        yield (
            slice(done, done + count),
            np.stack(means).astype(np.float32).reshape(count, *responses.shape),
        )
        done += count


def _mean(
    values: np.ndarray, block: Block, shift: int, length: int | None, where: str
) -> np.ndarray:
    first = block.first - block.start + shift
    stop = first + length if length else block.stop - block.start + shift
    window = values[max(first, 0) : max(min(stop, len(values)), 0)]
    if not len(window):
        raise DataError(
            f"{where}: block '{block.label}' of run {block.run} holds no volume of its run after "
            f"the shift by {shift}.",
            "Make `series.shift` smaller.",
        )
    return window.astype(np.float64).mean(axis=0)


def block_names(blocks: list[Block], with_session: bool) -> list[str]:
    """Return an id for each block: run and label, and a count from the second one on."""
    names, seen = [], dict[str, int]()
    for block in blocks:
        session = f"ses{block.session:02d}-" if with_session else ""
        name = f"{session}run{block.run:02d}-{block.label}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names
