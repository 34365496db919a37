"""Centre and spread of responses, read in blocks."""

from collections.abc import Callable
from typing import Literal

import numpy as np

Statistics = Literal["moments", "quartiles"]
Read = Callable[[np.ndarray], np.ndarray]

BLOCK_ROWS = 512
# Quartiles need all values at a time: of so many trials, evenly spaced, they are exact enough.
QUARTILE_ROWS = 1000
# A channel whose spread is below this share of its centre holds one float32 value.
CONSTANT = 1e-6


def centre_and_spread(
    statistics: Statistics, read: Read, rows: np.ndarray, pooled_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and spread of each value of a response.

    Parameters
    ----------
    statistics : str
        "moments": mean and standard deviation (n in the denominator). "quartiles": median and
        distance of the quartiles, of at most 1,000 of the rows, evenly spaced.
    read : callable
        Returns the responses (k, v) of k row numbers.
    rows : ndarray of int
    pooled_steps : int
        1, or the number of time steps: values of one channel then share what is computed over
        all of them. Values are in the order (step, channel).

    Returns
    -------
    centre, spread : ndarray of float64, shape (v,)
        A spread of 0 stands for a value that does not vary.
    """
    measure = _moments if statistics == "moments" else _quartiles
    centre, spread = measure(read, rows, pooled_steps)
    return centre, np.where(spread > CONSTANT * np.abs(centre), spread, 0.0)


def _moments(read: Read, rows: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """In two passes."""
    blocks = [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]
    mean = sum(read(block).sum(axis=0, dtype=np.float64) for block in blocks) / len(rows)
    mean = _pooled(mean, steps)
    square = sum(np.square(read(block) - mean).sum(axis=0) for block in blocks) / len(rows)
    return mean, np.sqrt(_pooled(square, steps))


def _pooled(values: np.ndarray, steps: int) -> np.ndarray:
    """Give all steps of a channel their mean."""
    return np.tile(values.reshape(steps, -1).mean(axis=0), steps) if steps > 1 else values


def _quartiles(read: Read, rows: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    count = min(len(rows), QUARTILE_ROWS)
    some = rows[np.linspace(0, len(rows) - 1, count).round().astype(np.int64)]
    values = read(some)
    values = values.reshape(count * steps, -1)
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0).astype(np.float64)
    return np.tile(middle, steps), np.tile(high - low, steps)
