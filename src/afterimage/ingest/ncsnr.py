"""Noise-ceiling signal-to-noise ratio of each channel, from all repetitions of a recording.

A response is signal plus independent noise. Within each session every channel is standardised
over all trials; the variance within stimuli is then noise, and what it leaves of the total
variance of one is signal. It is a property of the recording, whatever is trained or tested.

References
----------
Allen et al. (2022), Nature Neuroscience 25:116; NSD Data Manual, "Noise ceiling".
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.ncsnr import NCSNR

BLOCK_BYTES = 128 << 20  # of the trials by channels that are in memory at a time


def ncsnr_table(
    responses: ArrayFile,
    trials: pd.DataFrame,
    channels: pd.DataFrame,
    released: np.ndarray | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> pd.DataFrame:
    """Compute every channel's ratio, a block of channels in memory at a time.

    Parameters
    ----------
    responses : ArrayFile
        Key trial_id; shape (*steps, v).
    trials, channels : DataFrame
        In the columns of their tables.
    released : ndarray, shape (v,), optional
        What the authors of the data released.
    block_bytes : int
        Changes memory, not the result.

    Returns
    -------
    DataFrame
        In the columns of NCSNR; without values for excluded channels, and for all if no stimulus
        was repeated.
    """
    rows = responses.rows(trial_id=trials["trial_id"].tolist())
    _, session = np.unique(trials["session"], return_inverse=True)
    _, stimulus = np.unique(trials["stimulus_id"], return_inverse=True)
    n_channels = responses.shape[-1]
    steps = int(np.prod(responses.shape[:-1], dtype=np.int64))
    values = np.full(steps * n_channels, np.nan)
    usable = np.tile(~channels["excluded"].to_numpy(), steps)
    if (np.bincount(stimulus) > 1).any():
        width = max(1, block_bytes // (12 * max(1, len(rows))))
        for columns, block in _column_blocks(responses, rows, width):
            values[columns] = ncsnr(block, session, stimulus)
    values[~usable] = np.nan
    table = pd.DataFrame(
        {
            "step": np.repeat(np.arange(steps, dtype=np.int32), n_channels),
            "channel": np.tile(np.arange(n_channels, dtype=np.int32), steps),
            "ncsnr": values,
            "released": np.nan if released is None else np.tile(released, steps),
        }
    )
    place = channels[["x", "y", "z"]]
    table[["x", "y", "z"]] = np.tile(place, (steps, 1))
    return table[NCSNR.names]


def ncsnr(responses: np.ndarray, session: np.ndarray, stimulus: np.ndarray) -> np.ndarray:
    """Return sqrt(max(0, 1 - noise)) / sqrt(noise) of each column.

    ``noise`` is the variance within stimuli of the session-wise standardised trials (n - 1 in
    the denominator), pooled over the stimuli that were repeated, by their degrees of freedom.

    Parameters
    ----------
    responses : ndarray, shape (n, v)
        Single trials.
    session, stimulus : ndarray of int, shape (n,)
        Counted from 0, without gaps.

    Returns
    -------
    ndarray of float64, shape (v,)
        NaN for a column that is constant in some session, or holds NaN, or has no noise at all.
    """
    order = np.argsort(stimulus, kind="stable")
    standard = _standardised(responses, session)[order]
    counts = np.bincount(stimulus)
    counts = counts[counts > 0]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    repeated = np.repeat(counts > 1, counts)
    degrees = int((counts - 1).sum())
    sums = np.add.reduceat(standard, starts, axis=0)
    squares = np.einsum("nv,nv->v", standard[repeated], standard[repeated])
    within = squares - ((sums**2) / counts[:, None])[counts > 1].sum(axis=0)
    noise = within / degrees
    noise = np.where(noise > 1e-12, noise, np.nan)
    return np.sqrt(np.clip(1 - noise, 0, None) / noise)


def _standardised(responses: np.ndarray, session: np.ndarray) -> np.ndarray:
    result = responses.astype(np.float64)
    for number in np.unique(session):
        rows = session == number
        block = result[rows]
        mean, sd = block.mean(axis=0), block.std(axis=0, ddof=1)
        constant = ~(sd > 1e-12 * np.abs(mean))
        result[rows] = (block - mean) / np.where(constant, np.nan, sd)
    return result


def _column_blocks(
    responses: ArrayFile, rows: np.ndarray, width: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the responses of some channels, all trials: shape (n, at most width)."""
    total = int(np.prod(responses.shape, dtype=np.int64))
    for start in range(0, total, width):
        columns = slice(start, min(start + width, total))
        block = np.empty((len(responses), columns.stop - start), dtype=responses.dtype)
        for part, values in responses.blocks():
            block[part] = values.reshape(len(values), -1)[:, columns]
        yield columns, block[rows]
