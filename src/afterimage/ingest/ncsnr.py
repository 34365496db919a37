"""Noise-ceiling signal-to-noise ratio of each channel, from all repetitions of a recording.

A response is signal plus independent noise. Within each session every channel is standardised
over all trials; the variance within stimuli is then noise, and what it leaves of the total
variance of one is signal. It is a property of the recording, whatever is trained or tested.

References
----------
Allen et al. (2022), Nature Neuroscience 25:116; NSD Data Manual, "Noise ceiling".
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.ncsnr import NCSNR

SUMS_BYTES = 128 << 20  # of the sums over repetitions that are in memory at a time
READ_BYTES = 32 << 20  # of the responses that are
# Of the mean: a channel that varies less holds one value.
CONSTANT = 1e-12
SMALLEST_NOISE = 1e-12


def ncsnr_table(
    responses: ArrayFile,
    trials: pd.DataFrame,
    channels: pd.DataFrame,
    released: np.ndarray | None = None,
    sums_bytes: int = SUMS_BYTES,
) -> pd.DataFrame:
    """Compute mean and ratio of every channel (and step) in a few passes over the file.

    Parameters
    ----------
    responses : ArrayFile
        Key trial_id; shape (*steps, v).
    trials, channels : DataFrame
        In the columns of their tables.
    released : ndarray, shape (v,), optional
        What the authors of the data released.
    sums_bytes : int
        Changes memory and the number of passes, not the result.

    Returns
    -------
    DataFrame
        In the columns of NCSNR; without values for excluded channels, and without ratios if no
        stimulus was repeated.
    """
    session, stimulus = _labels(responses, trials)
    n_channels = responses.shape[-1]
    steps = int(np.prod(responses.shape[:-1], dtype=np.int64))
    mean, ratio = mean_and_ratio(responses, session, stimulus, sums_bytes)
    usable = np.tile(~channels["excluded"].to_numpy(), steps)
    table = pd.DataFrame(
        {
            "step": np.repeat(np.arange(steps, dtype=np.int32), n_channels),
            "channel": np.tile(np.arange(n_channels, dtype=np.int32), steps),
            "mean": np.where(usable, mean, np.nan),
            "ncsnr": np.where(usable, ratio, np.nan),
            "released": np.nan if released is None else np.tile(released, steps),
        }
    )
    place = channels[["x", "y", "z"]]
    table[["x", "y", "z"]] = np.tile(place, (steps, 1))
    return table[NCSNR.names]


class Streamed(Protocol):
    """Rows of an array that is read a few at a time."""

    shape: tuple[int, ...]

    def stream(self, max_rows: int) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield rows and their values."""
        ...


def mean_and_ratio(
    responses: Streamed, session: np.ndarray, stimulus: np.ndarray, sums_bytes: int = SUMS_BYTES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over trials, and sqrt(max(0, 1 - noise)) / sqrt(noise), of each column.

    ``noise`` is the variance within stimuli of the session-wise standardised trials (n - 1 in
    the denominator), pooled over the stimuli that were repeated, by their degrees of freedom.

    Parameters
    ----------
    responses : Streamed
        Single trials; an ArrayFile.
    session, stimulus : ndarray of int, shape (n,)
        Of its rows, counted from 0, without gaps.
    sums_bytes : int
        Changes memory and the number of passes, not the result.

    Returns
    -------
    mean, ratio : ndarray of float64, shape (all values of a response,)
        The ratio is NaN for a column that is constant in some session, or holds NaN, or has no
        noise at all.
    """
    mean, sd = _moments(responses, session)
    ratio = _ratios(responses, session, stimulus, mean, sd, sums_bytes)
    return np.bincount(session) / len(session) @ mean, ratio


def _labels(responses: ArrayFile, trials: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return session and stimulus of each row of the file, counted from 0."""
    rows = responses.rows(trial_id=trials["trial_id"].tolist())
    labels = []
    for name in ("session", "stimulus_id"):
        _, number = np.unique(trials[name], return_inverse=True)
        of_row = np.empty(len(rows), dtype=np.int64)
        of_row[rows] = number
        labels.append(of_row)
    return labels[0], labels[1]


def _moments(responses: Streamed, session: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd (n - 1) of each column within each session, in two passes.

    A column that is constant in a session has sd NaN there.
    """
    counts = np.bincount(session).astype(np.float64)[:, None]
    columns = int(np.prod(responses.shape, dtype=np.int64))
    mean, square = (np.zeros((len(counts), columns)) for _ in range(2))
    for rows, block in _blocks(responses):
        _add(mean, session[rows], block)
    mean /= counts
    for rows, block in _blocks(responses):
        _add(square, session[rows], np.square(block - mean[session[rows]]))
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(square / (counts - 1))
        return mean, np.where(sd > CONSTANT * np.abs(mean), sd, np.nan)


def _ratios(
    responses: Streamed,
    session: np.ndarray,
    stimulus: np.ndarray,
    mean: np.ndarray,
    sd: np.ndarray,
    sums_bytes: int,
) -> np.ndarray:
    counts = np.bincount(stimulus)
    repeated = np.flatnonzero(counts > 1)
    columns = mean.shape[1]
    if not len(repeated):
        return np.full(columns, np.nan)
    number = np.full(len(counts), -1)
    number[repeated] = np.arange(len(repeated))
    place = number[stimulus]
    width = max(1, sums_bytes // (8 * len(repeated)))
    noise = np.empty(columns)
    for start in range(0, columns, width):
        part = slice(start, min(start + width, columns))
        noise[part] = _noise(responses, session, place, counts[repeated], mean, sd, part)
    # A session in which the column is constant spoils it, whatever was repeated there.
    noise[np.isnan(sd).any(axis=0) | ~(noise > SMALLEST_NOISE)] = np.nan
    return np.sqrt(np.clip(1 - noise, 0, None) / noise)


def _noise(
    responses: Streamed,
    session: np.ndarray,
    place: np.ndarray,
    counts: np.ndarray,
    mean: np.ndarray,
    sd: np.ndarray,
    part: slice,
) -> np.ndarray:
    """Return the variance within stimuli of some columns."""
    sums = np.zeros((len(counts), part.stop - part.start))
    squares = np.zeros(part.stop - part.start)
    for rows, block in _blocks(responses, part):
        here = np.flatnonzero(place[rows] >= 0)
        own = session[rows][here]
        standard = (block[here] - mean[own, part]) / sd[own, part]
        squares += np.einsum("nv,nv->v", standard, standard)
        _add(sums, place[rows][here], standard)
    between = np.einsum("sv,sv,s->v", sums, sums, 1 / counts)
    return (squares - between) / (counts - 1).sum()


def _add(totals: np.ndarray, labels: np.ndarray, values: np.ndarray) -> None:
    """Add rows to the totals of their labels."""
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    if len(found):
        totals[found] += np.add.reduceat(values[order], starts, axis=0)


def _blocks(responses: Streamed, part: slice | None = None) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield rows of the file and their values as float64, shape (n, columns of the part)."""
    size = int(np.prod(responses.shape, dtype=np.int64)) * 8
    for rows, values in responses.stream(max(1, READ_BYTES // max(1, size))):
        flat = values.reshape(len(values), -1)
        yield rows, (flat if part is None else flat[:, part]).astype(np.float64)
