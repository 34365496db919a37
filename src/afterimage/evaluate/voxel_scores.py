"""An encoding model's score: the mean or median over voxels of a score over stimuli."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pairings import row_pairings, unit_count
from afterimage.evaluate.voxel_correlation import Products, permuted_means, permuted_voxels

Resampled = Callable[
    [np.ndarray, np.ndarray, np.ndarray, np.random.Generator, int],
    Iterator[tuple[slice, np.ndarray]],
]


@dataclass(frozen=True)
class VoxelFormulas:
    """Three ways to one score of each voxel (see ``voxel_correlation``).

    Attributes
    ----------
    score_of : callable
        Score of each voxel, shape (v,), NaN where undefined. Such voxels are left out.
    resampled_of : callable
        The same under bootstrap samples.
    products_of : callable
        The same as a sum over rows, for random pairings.
    """

    score_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    resampled_of: Resampled
    products_of: Callable[[np.ndarray, np.ndarray], Products]


class VoxelScores:
    """Mean over voxels; stimuli are resampled and permuted, voxels never.

    Parameters
    ----------
    pair : Pair
        Held-out responses, shape (n, v).
    formulas : VoxelFormulas
    unit : str
    scale : ndarray, shape (v,), optional
        What each voxel's score is divided by; voxels for which it is NaN are left out.
    """

    chance = 0.0

    def __init__(
        self, pair: Pair, formulas: VoxelFormulas, unit: str, scale: np.ndarray | None = None
    ) -> None:
        self.unit = unit
        scale = np.ones(pair.actual.shape[-1]) if scale is None else scale
        self.voxels = formulas.score_of(pair.predicted, pair.actual) / scale
        self.defined = ~np.isnan(self.voxels)
        self._pair = pair.columns(self.defined)
        self._scale = scale[self.defined]
        self._formulas = formulas

    @property
    def n(self) -> int:
        """Number of held-out stimuli, zero if no voxel has a score."""
        return len(np.unique(self._pair.stimulus_ids)) if self.defined.any() else 0

    @property
    def value(self) -> float:
        """Mean over voxels with a defined score."""
        if not self.defined.any():
            return float("nan")
        return float(self._summary(self.voxels[self.defined][None])[0])

    def resampled(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean over voxels of bootstrap samples of stimuli, shape (draws,)."""
        result = np.full(draws, np.nan)
        if self.defined.any():
            pair = self._pair
            sides = (pair.predicted, pair.actual, pair.stimulus_ids)
            for part, voxels in self._formulas.resampled_of(*sides, rng, draws):
                result[part] = self._summary(voxels / self._scale)
        return result

    def permuted(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean over voxels under random pairings with stimuli, shape (draws,)."""
        exchanged = unit_count(self._pair.stimulus_ids, self._pair.blocks)
        if not self.defined.any() or exchanged < 2:
            return np.full(draws, np.nan)
        plain = self._formulas.products_of(self._pair.predicted, self._pair.actual)
        products = Products(plain.offset / self._scale, plain.left / self._scale, plain.right)
        pairings = row_pairings(self._pair.stimulus_ids, self._pair.blocks, rng, draws)
        return self._permuted(products, pairings)

    def _summary(self, voxels: np.ndarray) -> np.ndarray:
        """Return the mean of each row over the voxels that have a score."""
        known = ~np.isnan(voxels)
        count = known.sum(axis=1)
        total = np.where(known, voxels, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _permuted(self, products: Products, pairings: Iterator[np.ndarray]) -> np.ndarray:
        return permuted_means(products, pairings)


class MedianScores(VoxelScores):
    """Median over voxels: a few voxels that are predicted very well do not lift it."""

    def _summary(self, voxels: np.ndarray) -> np.ndarray:
        unknown = np.isnan(voxels).all(axis=1)
        return np.nanmedian(np.where(unknown[:, None], 0.0, voxels), axis=1) + np.where(
            unknown, np.nan, 0.0
        )

    def _permuted(self, products: Products, pairings: Iterator[np.ndarray]) -> np.ndarray:
        return np.array([np.median(voxels) for voxels in permuted_voxels(products, pairings)])
