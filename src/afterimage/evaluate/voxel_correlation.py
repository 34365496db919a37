"""Correlation and explained variance of each voxel over held-out stimuli.

Three ways to the same two numbers: once as they are, under bootstrap samples of stimuli, and
under random pairings with stimuli; the latter two for all draws at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.evaluate.bootstrap import stimulus_counts
from afterimage.evaluate.permutation import picked_sums

NEAR_ZERO = 1e-6
CHUNK_ELEMENTS = 1 << 21


def voxel_r(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the Pearson correlation of each voxel's predicted and measured responses.

    Parameters
    ----------
    predicted, actual : ndarray, shape (n, v)

    Returns
    -------
    ndarray, shape (v,)
        NaN where either side is (nearly) constant.
    """
    if len(actual) == 0:
        return np.full(actual.shape[1], np.nan)
    return np.einsum("nv,nv->v", standardised(predicted), standardised(actual))


def voxel_r2(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return 1 - SSE / SST of each voxel, SST around the mean over held-out stimuli.

    Parameters
    ----------
    predicted, actual : ndarray, shape (n, v)

    Returns
    -------
    ndarray, shape (v,)
        At most 1; negative if the voxel's mean would do better; NaN where it is constant.
    """
    if len(actual) == 0:
        return np.full(actual.shape[1], np.nan)
    predicted, actual = _float(predicted), _float(actual)
    total = ((actual - actual.mean(axis=0)) ** 2).sum(axis=0)
    return 1 - ((predicted - actual) ** 2).sum(axis=0) / _defined_total(total, actual)


def resampled_r(
    predicted: np.ndarray,
    actual: np.ndarray,
    stimulus_ids: np.ndarray,
    rng: np.random.Generator,
    draws: int,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield each voxel's correlation in bootstrap samples of stimuli.

    Yields
    ------
    slice of the draws, ndarray of shape (chunk, v)
        NaN with fewer than two stimuli.
    """
    x, y = standardised(predicted), standardised(actual)
    for part, size, sums in _resampled(stimulus_ids, rng, draws, [x, y, x * x, y * y, x * y]):
        sum_x, sum_y, sum_xx, sum_yy, sum_xy = sums
        var_x = sum_xx - sum_x * sum_x / size
        var_y = sum_yy - sum_y * sum_y / size
        # A sample that repeats one stimulus has no variance: only rounding would be left.
        defined = (var_x > NEAR_ZERO * sum_xx) & (var_y > NEAR_ZERO * sum_yy)
        length = np.sqrt(np.where(defined, var_x * var_y, np.nan))
        yield part, (sum_xy - sum_x * sum_y / size) / length


def resampled_r2(
    predicted: np.ndarray,
    actual: np.ndarray,
    stimulus_ids: np.ndarray,
    rng: np.random.Generator,
    draws: int,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield each voxel's explained variance in bootstrap samples of stimuli.

    Yields
    ------
    slice of the draws, ndarray of shape (chunk, v)
    """
    predicted, actual = _float(predicted), _float(actual)
    centred = actual - actual.mean(axis=0)
    squares = centred**2
    defined = _defined_total(squares.sum(axis=0), actual)
    errors = (predicted - actual) ** 2
    for part, size, sums in _resampled(stimulus_ids, rng, draws, [centred, squares, errors]):
        total = sums[1] - sums[0] ** 2 / size
        total = np.where((total > NEAR_ZERO * sums[1]) & ~np.isnan(defined), total, np.nan)
        yield part, 1 - sums[2] / total


@dataclass(frozen=True)
class Products:
    """A voxel's score as a sum over rows, so that other pairings are other sums.

    score_v = offset_v + sum_i left[i, v] right[i, v]; under a pairing pi it is
    offset_v + sum_i left[pi(i), v] right[i, v], because nothing else depends on the pairing.

    Attributes
    ----------
    offset : ndarray, shape (v,)
    left : ndarray, shape (n, v)
        From the predictions.
    right : ndarray, shape (n, v)
        From the measured responses.
    """

    offset: np.ndarray
    left: np.ndarray
    right: np.ndarray


def products_r(predicted: np.ndarray, actual: np.ndarray) -> Products:
    """Write each voxel's correlation as a sum over rows."""
    return Products(np.zeros(actual.shape[1]), standardised(predicted), standardised(actual))


def products_r2(predicted: np.ndarray, actual: np.ndarray) -> Products:
    """Write each voxel's explained variance as a sum over rows."""
    predicted, actual = _float(predicted), _float(actual)
    squares = (predicted**2).sum(axis=0) + (actual**2).sum(axis=0)
    total = _defined_total(((actual - actual.mean(axis=0)) ** 2).sum(axis=0), actual)
    return Products(1 - squares / total, predicted, 2 * actual / total)


def permuted_voxels(products: Products, pairings: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield, draw by draw, each voxel's score under a random pairing, shape (v,).

    Parameters
    ----------
    products : Products
    pairings : iterable of ndarray of int, shape (chunk, n)
        From :func:`afterimage.evaluate.pairings.row_pairings`.
    """
    for orders in pairings:
        for order in orders:
            left = products.left[order]
            yield products.offset + np.einsum("nv,nv->v", left, products.right)


def permuted_means(products: Products, pairings: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean over voxels under random pairings, shape (draws,).

    The sum over voxels comes first: it makes a score table of measured and predicted rows, from
    which each pairing picks.
    """
    table = products.right @ products.left.T / len(products.offset)
    sums = [picked_sums(table, orders) for orders in pairings]
    return products.offset.mean() + np.concatenate(sums or [np.zeros(0)])


def _float(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def standardised(values: np.ndarray) -> np.ndarray:
    """Centre each column and scale it to length one; NaN where only rounding is left."""
    values = _float(values)
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    defined = (length > NEAR_ZERO * np.sqrt((values**2).sum(axis=0))) & (length > 0)
    return centred / np.where(defined, length, np.nan)


def _defined_total(total: np.ndarray, actual: np.ndarray) -> np.ndarray:
    defined = (total > NEAR_ZERO**2 * (actual**2).sum(axis=0)) & (total > 0)
    return np.where(defined, total, np.nan)


def _resampled(
    stimulus_ids: np.ndarray, rng: np.random.Generator, draws: int, quantities: list[np.ndarray]
) -> Iterator[tuple[slice, np.ndarray, list[np.ndarray]]]:
    """Yield for chunks of draws the number of rows, (chunk, 1), and the sums of each quantity."""
    stimuli, code = np.unique(np.asarray(stimulus_ids), return_inverse=True)
    if len(stimuli) < 2:
        return
    step = max(1, CHUNK_ELEMENTS // max(1, quantities[0].shape[1]))
    rows_of = np.bincount(code).astype(np.float64)
    for part, counts in stimulus_counts(len(stimuli), rng, draws):
        for low in range(0, len(counts), step):
            some = counts[low : low + step]
            weights = some[:, code]
            here = slice(part.start + low, part.start + low + len(some))
            yield here, (some @ rows_of)[:, None], [weights @ q for q in quantities]
