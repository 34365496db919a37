"""Left-out rows of folds whose inputs are standardised by their own training rows, n <= p."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.linear.backend import Array
from afterimage.linear.decomposition import Decomposition
from afterimage.linear.gram import decomposed, rows_gram
from afterimage.linear.held_out import Batch, Errors, Piece, chunks, squared
from afterimage.linear.own_folds import OwnFolds
from afterimage.linear.scaling import Scaling


@dataclass(frozen=True)
class _Fold:
    out: np.ndarray
    kept: np.ndarray
    eigenvalues: np.ndarray
    vectors: Array  # of the training rows, (kept, r)
    coordinates: Array  # of the left-out rows, (out, r)


class DualFolds(OwnFolds):
    """A decomposition per fold, of its training rows among themselves.

    Parameters
    ----------
    made : Decomposition
        Of all rows.
    scalings : list of Scaling
        Of each fold, by its training rows.
    folds : ndarray of int, shape (n,)
    grid : ndarray, shape (a,)
        Penalties.
    """

    def __init__(
        self, made: Decomposition, scalings: list[Scaling], folds: np.ndarray, grid: np.ndarray
    ) -> None:
        super().__init__(made, grid)
        self._folds: list[_Fold] = []
        for fold, scaling in zip(np.unique(folds), scalings, strict=True):
            out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            gram = rows_gram(self._backend, made.inputs, scaling, self._exact)
            across = gram[out][:, kept]
            gram = gram[kept][:, kept]
            values, vectors = decomposed(self._backend, gram, self._exact, lifted=self._intercept)
            vectors = self._backend.cast(vectors, self._dtype)
            coordinates = self._backend.cast(across, self._dtype) @ vectors
            self._folds.append(_Fold(out, kept, values, vectors, coordinates))

    def residuals(self, batch: Batch, wanted: np.ndarray) -> Iterator[Piece]:
        """Yield residuals of left-out rows; one product per fold and penalty."""
        assert batch.values is not None, "folds of their own need the targets"
        for columns in chunks(np.any(wanted, axis=0)):
            sides = self._sides(batch.values[:, columns])
            yield from self._all_pieces(sides, wanted, columns)

    def squared_errors(self, batch: Batch, wanted: np.ndarray) -> Iterator[Errors]:
        """Yield the same, squared and summed; targets that were projected last are kept."""
        assert batch.values is not None, "folds of their own need the targets"
        values = batch.values
        sides = self._kept(batch, lambda: list(self._sides(values)))
        return squared(self._backend, self._all_pieces(sides, wanted, slice(None)))

    def _sides(self, values: Array) -> Iterator[tuple[Array, Array]]:
        """Yield the coordinates of each fold's training targets, and those left out."""
        for fold in self._folds:
            train, out = values[fold.kept], values[fold.out]
            if self._intercept:
                mean = train.mean(0)
                train, out = train - mean, out - mean
            yield fold.vectors.T @ train, out

    def _all_pieces(
        self,
        sides: Iterable[tuple[Array, Array]],
        wanted: np.ndarray,
        columns: slice | np.ndarray,
    ) -> Iterator[Piece]:
        for fold, (projected, out) in zip(self._folds, sides, strict=True):
            yield from self._pieces(
                fold.out, fold.eigenvalues, fold.coordinates, projected, out, wanted, columns
            )
