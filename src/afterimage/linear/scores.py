"""How well left-out rows are predicted, target by target."""

from typing import Literal

import numpy as np

Scoring = Literal["r2", "correlation"]


class Scorer:
    """Scores of one batch of targets.

    Parameters
    ----------
    scoring : {"r2", "correlation"}
        "r2": 1 - squared error / squared error of the mean of the fold's training rows, both summed
        over all left-out rows. "correlation": Pearson's between predictions and targets, the mean
        over folds, and over all rows at once where folds have fewer than three.
    folds : ndarray of int, shape (n,)
    targets : ndarray, shape (n, q)
    intercept : bool
        Whether the mean is predicted without inputs; if not, zero is.
    """

    def __init__(
        self, scoring: Scoring, folds: np.ndarray, targets: np.ndarray, intercept: bool
    ) -> None:
        self.scoring = scoring
        _, self._folds, self._counts = np.unique(folds, return_inverse=True, return_counts=True)
        self._targets = targets
        self._error = _error_of_mean(targets, self._folds, self._counts, intercept)

    @property
    def varies(self) -> np.ndarray:
        """Which targets vary: others have no score, shape (q,)."""
        found: np.ndarray = np.ptp(self._targets, axis=0) > 0
        return found

    def scores(self, residuals: np.ndarray, columns: np.ndarray | slice) -> np.ndarray:
        """Return the score of some targets; NaN where there is none.

        Parameters
        ----------
        residuals : ndarray, shape (n, columns)
            Of left-out rows.
        columns : ndarray of int or slice
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.scoring == "r2":
                error = np.einsum("ij,ij->j", residuals, residuals, dtype=np.float64)
                found = 1 - error / self._error[columns]
            else:
                found = self._correlation(residuals, self._targets[:, columns])
        return np.where(self.varies[columns], found, np.nan)

    def _correlation(self, residuals: np.ndarray, targets: np.ndarray) -> np.ndarray:
        predicted = targets - residuals
        if self._counts.min() < 3:
            return _pearson(predicted, targets)
        folds = (self._folds == fold for fold in range(len(self._counts)))
        each = [_pearson(predicted[own], targets[own]) for own in folds]
        mean: np.ndarray = np.mean(each, axis=0)
        return mean


def _error_of_mean(
    targets: np.ndarray, folds: np.ndarray, counts: np.ndarray, intercept: bool
) -> np.ndarray:
    """Return the squared error of each fold's training mean, summed over left-out rows."""
    n = len(targets)
    error = np.zeros(targets.shape[1])
    total = targets.sum(axis=0, dtype=np.float64)
    for fold, count in enumerate(counts):
        own = targets[folds == fold].astype(np.float64)
        guess = (total - own.sum(axis=0)) / (n - count) if intercept else 0.0
        error += np.square(own - guess).sum(axis=0)
    return error


def _pearson(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return r of each column; 0 where a prediction is constant."""
    x, y = (
        part.astype(np.float64) - part.mean(axis=0, dtype=np.float64)
        for part in (predicted, targets)
    )
    product = np.einsum("ij,ij->j", x, y)
    norm = np.sqrt(np.einsum("ij,ij->j", x, x) * np.einsum("ij,ij->j", y, y))
    return np.where(norm > 0, product / np.where(norm > 0, norm, 1), 0.0)
