"""Left-out rows of few folds of many rows, n > p: a p x p decomposition per fold.

The Gram matrix of a fold's training rows is the full one without the fold's own, so standardising
inputs in each fold costs nothing more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.linear.backend import Array
from afterimage.linear.decomposition import Decomposition
from afterimage.linear.gram import columns_gram, decomposed, scaled
from afterimage.linear.held_out import Batch, Errors, Piece, chunks, squared
from afterimage.linear.matrix import SomeRows, row_blocks
from afterimage.linear.own_folds import OwnFolds
from afterimage.linear.quadratic import add_squares, quadratic
from afterimage.linear.scaling import Scaling


@dataclass
class _Fold:
    out: np.ndarray
    gain: Array  # of the commonly centred columns, (p,)
    shift: Array  # mean of the training rows, after common centring, (p,)
    eigenvalues: np.ndarray
    vectors: Array  # (p, r)
    form: Array | None = None  # inner products of the left-out rows' coordinates, (r, r)


@dataclass(frozen=True)
class _Side:
    """Targets of a fold, as its squared errors need them.

    Those of training rows are coordinates, (r, q). Of those left out there are the squares, (q,),
    and for each penalty the products with their predictions, (a, q).
    """

    projected: Array
    squares: np.ndarray
    products: np.ndarray


class PrimalFolds(OwnFolds):
    """A decomposition per fold, of the columns over its training rows.

    Parameters
    ----------
    made : Decomposition
        Of all rows: what is common to the folds.
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
        self._inputs = made.inputs
        self._common = Scaling(made.scaling.mean, np.ones_like(made.scaling.gain))
        full = columns_gram(self._backend, made.inputs, self._common, self._exact)
        self._folds = [
            self._fold(full, np.flatnonzero(folds == fold), own)
            for fold, own in zip(np.unique(folds), scalings, strict=True)
        ]

    def _fold(self, full: Array, out: np.ndarray, scaling: Scaling) -> _Fold:
        backend, kept = self._backend, self._inputs.shape[0] - len(out)
        gram = full - columns_gram(backend, SomeRows(self._inputs, out), self._common, self._exact)
        shift = backend.put(scaling.mean - self._common.mean, "float64")
        gram -= kept * shift[:, None] * shift[None, :]
        gain = backend.put(scaling.gain, "float64")
        gram *= gain[:, None] * gain[None, :]
        values, vectors = decomposed(backend, gram, self._exact)
        shift, gain, vectors = (backend.cast(a, self._dtype) for a in (shift, gain, vectors))
        return _Fold(out, gain, shift, values, vectors)

    def residuals(self, batch: Batch, wanted: np.ndarray) -> Iterator[Piece]:
        """Yield residuals of left-out rows; one product per fold and penalty."""
        assert batch.values is not None, "folds of their own need the targets"
        for columns in chunks(np.any(wanted, axis=0)):
            for fold, out, train, _ in self._moments(batch.values[:, columns]):
                projected, rows = fold.vectors.T @ train, self._coordinates(fold)
                yield from self._pieces(
                    fold.out, fold.eigenvalues, rows, projected, out, wanted, columns
                )

    def squared_errors(self, batch: Batch, wanted: np.ndarray) -> Iterator[Errors]:
        """Yield squared errors of left-out rows: half of a product per fold and penalty.

        With coordinates A of the left-out rows and C of the training targets, and the shrinking D
        of a penalty, the error of a target y is y' y - 2 (A' y)' D c + c' D (A' A) D c.
        """
        if any(2 * len(fold.out) < len(fold.eigenvalues) for fold in self._folds):
            yield from squared(self._backend, self.residuals(batch, wanted))
            return
        assert batch.values is not None, "folds of their own need the targets"
        values = batch.values
        sides: list[_Side] = self._kept(batch, lambda: self._sides(values))
        for fold, side in zip(self._folds, sides, strict=True):
            form = self._form(fold)
            for place, own, named in self._asked(wanted, slice(None)):
                shrink = self._shrink(fold.eigenvalues, place)
                square = quadratic(self._backend, form, side.projected[:, own], shrink)
                errors = side.squares[own] - 2 * side.products[place, own] + square
                yield Errors(place, named, errors)

    def _sides(self, values: Array) -> list[_Side]:
        backend, made = self._backend, []
        for fold, out, train, held in self._moments(values):
            projected = fold.vectors.T @ train
            across = (fold.vectors.T @ held) * projected
            shrink = backend.put(1 / (fold.eigenvalues + self._grid[:, None]), self._dtype)
            products = backend.get(shrink @ across).astype(np.float64)
            made.append(_Side(projected, backend.dots(out, out), products))
        return made

    def _moments(self, values: Array) -> Iterator[tuple[_Fold, Array, Array, Array]]:
        """Yield each fold's left-out targets, and Z' Y of its training and its left-out rows."""
        sums = [self._own_moments(fold, values) for fold in self._folds]
        total = sum(sums[1:], sums[0])
        for fold, held in zip(self._folds, sums, strict=True):
            out, train = values[fold.out], total - held
            if self._intercept:
                kept = len(values) - len(fold.out)
                # The means over all rows are zero: of targets, and of commonly centred inputs.
                mean = -out.sum(0) / kept
                between = kept * fold.shift[:, None] * mean
                out, train = out - mean, train - between
                held = held + between - fold.shift[:, None] * out.sum(0)
            yield fold, out, train * fold.gain[:, None], held * fold.gain[:, None]

    def _own_moments(self, fold: _Fold, values: Array) -> Array:
        """Return X_f' Y_f of the fold's own rows, shape (p, columns)."""
        moments = 0
        for part, block in self._blocks(fold):
            moments = moments + block.T @ values[fold.out[part]]
        return moments

    def _form(self, fold: _Fold) -> Array:
        """Return inner products of the left-out rows' coordinates, up to the diagonal panels."""
        if fold.form is None:
            fold.form = self._backend.zeros((len(fold.eigenvalues),) * 2, self._dtype)
            add_squares(fold.form, self._coordinates(fold))
        return fold.form

    def _coordinates(self, fold: _Fold) -> Array:
        """Return the fold's own rows in its eigenvectors, shape (out, r)."""
        found = self._backend.zeros((len(fold.out), len(fold.eigenvalues)), self._dtype)
        for part, block in self._blocks(fold):
            found[part] = ((block - fold.shift) * fold.gain) @ fold.vectors
        return found

    def _blocks(self, fold: _Fold) -> Iterator[tuple[slice, Array]]:
        own = SomeRows(self._inputs, fold.out)
        for part in row_blocks(own):
            block = scaled(own, self._common, part, slice(0, own.shape[1]), self._dtype)
            yield part, self._backend.put(block, self._dtype)
