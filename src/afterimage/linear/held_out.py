"""Residuals of rows that are left out, for any penalty, without refitting.

Where all folds share the scaling of the inputs, one eigendecomposition serves them: with the hat
matrix H of the fit to all rows, intercept included, the residuals of a fit without the fold f are
(I - H_ff)^-1 (Y - H Y)_f. Where inputs are standardised within the training rows of each fold, each
fold has a decomposition of its own.

References
----------
Cook & Weisberg (1982), Residuals and Influence in Regression, section 3.6;
Golub, Heath & Wahba (1979), Technometrics 21, for folds of one row.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from afterimage.linear.decomposition import Decomposition, decompose
from afterimage.linear.folds import Layout, layout_of
from afterimage.linear.matrix import Matrix, row_blocks
from afterimage.linear.scaling import fit_scaling


class HeldOut(Protocol):
    """Predicts left-out rows for each penalty of a grid."""

    grid: np.ndarray

    def project(self, targets: np.ndarray) -> Any:
        """Return what of a batch of targets (n, q) serves all penalties."""
        ...

    def residuals(self, projected: Any, penalty: int, columns: np.ndarray | slice) -> np.ndarray:
        """Return residuals of the left-out rows, shape (n, columns).

        Parameters
        ----------
        projected : object
            From :meth:`project`.
        penalty : int
            Its place in the grid.
        columns : ndarray of int or slice
            Targets of the batch.
        """
        ...


class SharedScaling:
    """Folds of inputs that are scaled alike in all of them.

    Parameters
    ----------
    decomposition : Decomposition
        Of all rows.
    folds : ndarray of int, shape (n,)
    grid : ndarray, shape (a,)
        Penalties.
    """

    def __init__(self, decomposition: Decomposition, folds: np.ndarray, grid: np.ndarray) -> None:
        self.decomposition = decomposition
        self.grid = grid
        self._layout: Layout = layout_of(folds)
        dtype = decomposition.rows.dtype
        self._inverses = [
            [
                np.linalg.inv(decomposition.hat_complement(rows, penalty)).astype(dtype)
                for rows in self._layout
            ]
            for penalty in grid
        ]

    def project(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return centred targets, and their coordinates."""
        return self.decomposition.project(targets)

    def residuals(
        self,
        projected: tuple[np.ndarray, np.ndarray],
        penalty: int,
        columns: np.ndarray | slice = slice(None),
    ) -> np.ndarray:
        """Return residuals of the left-out rows; one product and a small solve per fold."""
        targets, coordinates = (part[:, columns] for part in projected)
        fitted = self.decomposition.residuals(targets, coordinates, float(self.grid[penalty]))
        held_out = np.empty_like(fitted)
        for rows, inverse in zip(self._layout, self._inverses[penalty], strict=True):
            held_out[rows] = inverse @ fitted[rows]
        return held_out


class OwnScaling:
    """Folds whose inputs are standardised by their own training rows.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    folds : ndarray of int, shape (n,)
    grid : ndarray, shape (a,)
        Penalties.
    intercept : bool
    dtype : dtype
    """

    def __init__(
        self,
        inputs: Matrix,
        folds: np.ndarray,
        grid: np.ndarray,
        *,
        intercept: bool,
        dtype: np.dtype,
    ) -> None:
        self.grid = grid
        self._intercept = intercept
        self._folds: list[tuple[np.ndarray, np.ndarray, Decomposition, np.ndarray]] = []
        for fold in np.unique(folds):
            out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            scaling = fit_scaling(inputs, intercept=intercept, standardise=True, left_out=out)
            own = decompose(_Rows(inputs, kept), scaling, intercept=intercept, dtype=dtype)
            coordinates = _coordinates(own, _Rows(inputs, out))
            self._folds.append((out, kept, own, coordinates))

    def project(self, targets: np.ndarray) -> tuple[np.ndarray, Sequence[Any]]:
        """Return targets, and mean and coordinates of each fold's training rows."""
        parts = []
        for _, kept, own, _ in self._folds:
            train = targets[kept]
            mean = train.mean(axis=0, dtype=np.float64) * self._intercept
            mean = mean.astype(targets.dtype)
            parts.append((mean, own.rows.T @ (train - mean)))
        return targets, parts

    def residuals(
        self,
        projected: tuple[np.ndarray, Sequence[Any]],
        penalty: int,
        columns: np.ndarray | slice = slice(None),
    ) -> np.ndarray:
        """Return residuals of the left-out rows; one product per fold."""
        targets, parts = projected
        result = targets[:, columns].copy()
        for (out, _, own, coordinates), (mean, train) in zip(self._folds, parts, strict=True):
            shrink = (own.eigenvalues + self.grid[penalty])[:, None].astype(result.dtype)
            result[out] -= mean[columns] + coordinates @ (train[:, columns] / shrink)
        return result


class _Rows:
    """Some rows of a matrix."""

    def __init__(self, matrix: Matrix, rows: np.ndarray) -> None:
        self._matrix = matrix
        self._rows = rows
        self.shape = (len(rows), matrix.shape[1])

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        rows = self._rows[piece[0]]
        first, last = int(rows[0]), int(rows[-1])
        return self._matrix[slice(first, last + 1), piece[1]][rows - first]


def _coordinates(decomposition: Decomposition, rows: Matrix) -> np.ndarray:
    parts = [
        decomposition.coordinates(rows[part, slice(0, rows.shape[1])])
        for part in (row_blocks(rows))
    ]
    return np.concatenate(parts)
