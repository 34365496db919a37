"""An encoding model's score: the mean over voxels of a score over stimuli."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.evaluate.voxel_correlation import Products, permuted_means

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
    predicted, actual : ndarray, shape (n, v)
        Held-out responses.
    stimulus_ids : array of labels, shape (n,)
    formulas : VoxelFormulas
    unit : str
    """

    chance = 0.0

    def __init__(
        self,
        predicted: np.ndarray,
        actual: np.ndarray,
        stimulus_ids: np.ndarray,
        formulas: VoxelFormulas,
        unit: str,
    ) -> None:
        self.unit = unit
        self.voxels = formulas.score_of(predicted, actual)
        self.defined = ~np.isnan(self.voxels)
        self._data = (predicted[:, self.defined], actual[:, self.defined], stimulus_ids)
        self._formulas = formulas

    @property
    def n(self) -> int:
        """Number of held-out stimuli, zero if no voxel has a score."""
        return len(np.unique(np.asarray(self._data[2]))) if self.defined.any() else 0

    @property
    def value(self) -> float:
        """Mean over voxels with a defined score."""
        return float(self.voxels[self.defined].mean()) if self.defined.any() else float("nan")

    def resampled(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean over voxels of bootstrap samples of stimuli, shape (draws,)."""
        result = np.full(draws, np.nan)
        if self.defined.any():
            for part, voxels in self._formulas.resampled_of(*self._data, rng, draws):
                known = ~np.isnan(voxels)
                count = known.sum(axis=1)
                total = np.where(known, voxels, 0.0).sum(axis=1)
                result[part] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return result

    def permuted(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the mean over voxels under random pairings with stimuli, shape (draws,)."""
        if not self.defined.any():
            return np.full(draws, np.nan)
        predicted, actual, stimulus_ids = self._data
        products = self._formulas.products_of(predicted, actual)
        return permuted_means(products, stimulus_ids, rng, draws)
