"""Whether one prediction is better than another: what swapping them would change."""

from collections.abc import Iterator

import numpy as np

from afterimage.evaluate.permutation import CHUNK_ELEMENTS
from afterimage.evaluate.voxel_correlation import NEAR_ZERO, standardised


def random_swaps(
    stimulus_ids: np.ndarray, blocks: np.ndarray | None, rng: np.random.Generator, draws: int
) -> Iterator[np.ndarray]:
    """Yield which rows are swapped: each stimulus (or block) or not, by the toss of a coin.

    Yields
    ------
    ndarray of float64, shape (chunk, n)
        One where the predictions change places. The draws do not depend on the chunks.
    """
    labels, code = np.unique(
        np.asarray(stimulus_ids) if blocks is None else blocks, return_inverse=True
    )
    step = max(1, CHUNK_ELEMENTS // max(1, len(code)))
    for low in range(0, draws, step):
        tossed = rng.integers(2, size=(min(step, draws - low), len(labels)))
        yield tossed[:, code].astype(np.float64)


def swapped_differences(
    first: np.ndarray, second: np.ndarray, actual: np.ndarray, swaps: np.ndarray
) -> np.ndarray:
    """Return each voxel's difference of correlations after swaps of the two predictions.

    Predictions are brought to mean 0 and length 1 before: a strongly regularised one may be much
    smaller than the other, and a mixture of both would be neither.

    Parameters
    ----------
    first, second, actual : ndarray, shape (n, v)
    swaps : ndarray, shape (d, n)
        One where a row of the first changes places with one of the second, else zero.

    Returns
    -------
    ndarray, shape (d, v)
        NaN where a side is constant.
    """
    a, b, y = standardised(first), standardised(second), standardised(actual)
    moved = [swaps @ part for part in (b - a, b * b - a * a, (b - a) * y)]
    kept = [part.sum(axis=0) for part in (a, a * a, a * y)]
    taken = [part.sum(axis=0) for part in (b, b * b, b * y)]
    return _correlation(kept, moved, len(y)) - _correlation(
        taken, [-part for part in moved], len(y)
    )


def _correlation(sums: list[np.ndarray], moved: list[np.ndarray], n: int) -> np.ndarray:
    """Return r after swaps; the other side has mean 0 and length 1.

    ``sums`` are of the values, their squares and their products with the other side, each of shape
    (v,), and ``moved`` is by how much they change, each of shape (d, v).
    """
    total, squares, products = (part + change for part, change in zip(sums, moved, strict=True))
    variance = squares - total**2 / n
    return products / np.sqrt(np.where(variance > NEAR_ZERO, variance, np.nan))
