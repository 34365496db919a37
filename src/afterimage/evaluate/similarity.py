"""Similarity of each prediction with each picture: Pearson correlation and cosine."""

from collections.abc import Callable

import numpy as np

NEAR_ZERO = 1e-6
BLOCK_ELEMENTS = 1 << 22

Normaliser = Callable[[np.ndarray], np.ndarray]
Similarity = Callable[[np.ndarray, np.ndarray], np.ndarray]


def flat_rows(values: np.ndarray) -> np.ndarray:
    """Return everything after the first dimension as one float64 row, shape (n, q)."""
    rows = np.asarray(values, dtype=np.float64)
    return rows.reshape(len(rows), int(np.prod(rows.shape[1:], dtype=np.int64)))


def row_lengths(rows: np.ndarray) -> np.ndarray:
    """Return the Euclidean length of each row, shape (n, q) to (n,), without a copy of the rows."""
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def standardised_rows(values: np.ndarray) -> np.ndarray:
    """Subtract each row's mean and divide by its length, so that products are correlations.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
        Everything after the first dimension is one row.

    Returns
    -------
    ndarray of float64, shape (n, q)
        A row whose standard deviation is at most 1e-6 of its root mean square is NaN: what is
        left of it is rounding, and a correlation with rounding means nothing.
    """
    rows = flat_rows(values)
    centred = rows - rows.mean(axis=1, keepdims=True)
    return _unit_rows(centred, scale=row_lengths(rows))


def normalised_rows(values: np.ndarray) -> np.ndarray:
    """Divide each row by its length, so that products are cosines; a zero row becomes NaN.

    Parameters
    ----------
    values : ndarray, shape (n, ...)

    Returns
    -------
    ndarray of float64, shape (n, q)
    """
    rows = flat_rows(values)
    return _unit_rows(rows, scale=np.zeros(len(rows)))


def pairwise_correlation(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Correlate each prediction with each picture.

    S[i, j] is the Pearson correlation of ``predicted[i]`` and ``actual[j]``.

    Parameters
    ----------
    predicted : ndarray, shape (n, ...)
    actual : ndarray, shape (m, ...)

    Returns
    -------
    ndarray of float64, shape (n, m)
        NaN where either row is (nearly) constant.
    """
    return _pairwise(predicted, actual, standardised_rows)


def pairwise_cosine(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the cosine of each prediction with each picture.

    Parameters
    ----------
    predicted : ndarray, shape (n, ...)
    actual : ndarray, shape (m, ...)

    Returns
    -------
    ndarray of float64, shape (n, m)
        NaN where either row is zero.
    """
    return _pairwise(predicted, actual, normalised_rows)


SIMILARITIES: dict[str, Similarity] = {
    "correlation": pairwise_correlation,
    "cosine": pairwise_cosine,
}


def _unit_rows(rows: np.ndarray, scale: np.ndarray) -> np.ndarray:
    length = row_lengths(rows)
    # Not `length <= ...`: a row with a NaN in it must come out as NaN as well.
    defined = (length > NEAR_ZERO * scale) & (length > 0)
    return rows / np.where(defined, length, np.nan)[:, None]


def _pairwise(predicted: np.ndarray, actual: np.ndarray, normalise: Normaliser) -> np.ndarray:
    """Multiply normalised rows block by block: only two blocks exist in float64 at a time."""
    result = np.empty((len(predicted), len(actual)))
    if result.size == 0:
        return result
    step = max(64, BLOCK_ELEMENTS // max(1, actual[0].size))
    for low in range(0, len(actual), step):
        right = normalise(actual[low : low + step]).T
        for start in range(0, len(predicted), step):
            left = normalise(predicted[start : start + step])
            result[start : start + step, low : low + step] = left @ right
    return result
