"""Windows of the preprocessed volumes around the beginning of each trial."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import Series
from afterimage.ingest.nsd.frames import Frames
from afterimage.ingest.nsd.series_runs import SeriesRun

REMEDY = "Download the run again; design files and series must be of one space."
BLOCK_BYTES = 32 << 20
COLUMNS_AT_ONCE = 4096


def read_windows(
    files: Sequence[Path],
    runs: Sequence[SeriesRun],
    mask: np.ndarray,
    series: Series,
    trial_volumes: int,
) -> Iterator[np.ndarray]:
    """Read the volumes around each trial of a session, in blocks of trials.

    Parameters
    ----------
    files : sequence of Path
        One per run with pictures.
    runs : sequence of SeriesRun
    mask : ndarray of bool, shape (X, Y, Z)
    series : Series
        Volumes ``first`` to ``last`` relative to the one in which a trial began, both included;
        ``normalise: run`` gives each voxel mean 0 and deviation 1 over all volumes of the run.
    trial_volumes : int
        Volumes that a trial takes, which tells the space of the series from the other.

    Yields
    ------
    ndarray of float32, shape (k, last - first + 1, v)
        Of the next k trials. A voxel that never changes in a run is NaN there if normalised.

    Raises
    ------
    DataError
        If a file is missing or damaged, or a window leaves its run.
    ShapeError
        If a file has another shape than the mask and the design ask for.
    """
    with ExitStack() as stack:
        sources = [stack.enter_context(Frames(path, mask)) for path in files]
        for source, run in zip(sources, runs, strict=True):
            _check(source, run, trial_volumes)
        _check_windows(sources, runs, series)
    for path, run in zip(files, runs, strict=True):
        with Frames(path, mask) as source:
            values = source.read(slice(0, source.shape[-1]))
        yield from _windows(values, run, series)


def _check(source: Frames, run: SeriesRun, of_trial: int) -> None:
    if source.shape[:-1] != source.mask.shape:
        raise ShapeError(
            f"{source.path}: {source.shape} (X x Y x Z x volumes), but the mask's shape is "
            f"{source.mask.shape}: another subject or space.",
            REMEDY,
        )
    # A design may leave out the volume with which the run ends: it is no trial's.
    if source.shape[-1] - run.rows not in (0, 1):
        raise ShapeError(
            f"{source.path}: {source.shape[-1]} volumes, but its design file {run.design} has "
            f"{run.rows} rows.",
            _remedy(source, run, of_trial),
        )


def _lengths(trials: int, space: layout.Space) -> range:
    """Return how many volumes, and rows of a design, a run has that lasts some trials.

    The series are resampled from the beginning of a run to its end, both included: of 75 trials of
    4 seconds they have 226 or 301 volumes. The one at the end is no trial's, and a design may list
    those of the trials only, 225 or 300.
    """
    volumes = trials * trial_volumes(space)
    return range(volumes, volumes + 2)


def _remedy(source: Frames, run: SeriesRun, of_trial: int) -> str:
    """Say which of two files that are not equally long is probably the wrong one."""
    volumes = source.shape[-1]
    trials = volumes // of_trial
    own, other = sorted(layout.VOLUMES, key=lambda space: trial_volumes(space) != of_trial)
    if volumes in _lengths(trials, own) and run.rows in _lengths(trials, other):
        return (
            f"The design file is probably of {other}, where such a run has that many: download "
            f"that of {own}."
        )
    shorter = source.path if volumes < run.rows else run.design
    return f"Probably {shorter.name} is incomplete or of another run: download it again."


def _check_windows(sources: Sequence[Frames], runs: Sequence[SeriesRun], series: Series) -> None:
    """Check that every window lies in its run, and tell the largest that would."""
    before = min(int(run.onsets[0]) for run in runs)
    after = [s.shape[-1] - 1 - int(r.onsets[-1]) for s, r in zip(sources, runs, strict=True)]
    if -series.first > before or series.last > min(after):
        where = sources[int(np.argmin(after))].path
        raise DataError(
            f"{where}: volumes {series.first} to {series.last} around each trial leave the run, "
            f"here or in another of the session.",
            f"The largest window that fits all its runs is series: {{first: {-before}, last: "
            f"{min(after)}}}.",
        )


def _windows(values: np.ndarray, run: SeriesRun, series: Series) -> Iterator[np.ndarray]:
    """Cut windows out of one run's volumes, shape (t, v)."""
    mean, deviation = None, None
    if series.normalise == "run":
        mean, deviation = _moments(values)
    offsets = np.arange(series.first, series.last + 1)
    trial_bytes = 4 * len(offsets) * values.shape[1]
    trials = max(1, BLOCK_BYTES // trial_bytes)
    for start in range(0, len(run.onsets), trials):
        places = run.onsets[start : start + trials, None] + offsets
        block = values[places].astype(np.float32)
        if mean is not None and deviation is not None:
            block -= mean
            block /= deviation
        yield block


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over volumes as float32; NaN for constant voxels."""
    mean, deviation = (np.empty(values.shape[1], dtype=np.float32) for _ in range(2))
    for start in range(0, values.shape[1], COLUMNS_AT_ONCE):
        columns = slice(start, start + COLUMNS_AT_ONCE)
        piece = values[:, columns].astype(np.float64)
        mean[columns] = piece.mean(axis=0)
        spread = piece.std(axis=0)
        deviation[columns] = np.where(piece.max(axis=0) > piece.min(axis=0), spread, np.nan)
    return mean, deviation


def trial_volumes(space: layout.Space) -> int:
    """Return how many volumes a trial takes."""
    return round(layout.TRIAL_SECONDS / layout.VOLUME_SECONDS[space])
