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
from afterimage.linear.held_out import Batch, Piece, chunks
from afterimage.linear.matrix import SomeRows, row_blocks
from afterimage.linear.own_folds import OwnFolds
from afterimage.linear.scaling import Scaling


@dataclass(frozen=True)
class _Fold:
    out: np.ndarray
    gain: Array  # of the commonly centred columns, (p,)
    shift: Array  # mean of the training rows, after common centring, (p,)
    eigenvalues: np.ndarray
    vectors: Array  # (p, r)


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
        self._inputs, self._exact = made.inputs, made.exact
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
            values = batch.values[:, columns]
            moments = [self._moments(fold, values) for fold in self._folds]
            total = sum(moments[1:], moments[0])
            for fold, own in zip(self._folds, moments, strict=True):
                out = values[fold.out]
                train = total - own
                if self._intercept:
                    kept = len(values) - len(fold.out)
                    # The targets' means over all rows are zero.
                    mean = -out.sum(0) / kept
                    train = train - kept * fold.shift[:, None] * mean
                    out = out - mean
                projected = fold.vectors.T @ (train * fold.gain[:, None])
                coordinates = self._coordinates(fold)
                yield from self._pieces(
                    fold.out, fold.eigenvalues, coordinates, projected, out, wanted, columns
                )

    def _moments(self, fold: _Fold, values: Array) -> Array:
        """Return X_f' Y_f of the fold's own rows, shape (p, columns)."""
        moments = 0
        for part, block in self._blocks(fold):
            moments = moments + block.T @ values[fold.out[part]]
        return moments

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
