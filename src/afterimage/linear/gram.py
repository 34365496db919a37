"""Gram matrices of scaled inputs, block by block, and the precision that decomposes them."""

import numpy as np

from afterimage.linear.backend import Array, Backend
from afterimage.linear.matrix import Matrix, column_blocks, row_blocks
from afterimage.linear.scaling import Scaling

PANEL = 512
# In float32 a Gram matrix and its decomposition are wrong by a few units of 6e-8 of the largest
# eigenvalue. Where that is no longer small beside the smallest penalty, both take float64.
FLOAT32_RANGE = 1000.0


def rows_gram(backend: Backend, inputs: Matrix, scaling: Scaling, dtype: str) -> Array:
    """Return Z Z', shape (n, n), float64: products of blocks in ``dtype``, summed in float64."""
    n = inputs.shape[0]
    gram = backend.zeros((n, n), "float64")
    for part in column_blocks(inputs):
        block = backend.put(scaled(inputs, scaling, slice(0, n), part, dtype), dtype)
        _add_lower(gram, block)
    return _mirrored(gram)


def columns_gram(backend: Backend, inputs: Matrix, scaling: Scaling, dtype: str) -> Array:
    """Return Z' Z, shape (p, p), float64: products of blocks in ``dtype``, summed in float64."""
    p = inputs.shape[1]
    gram = backend.zeros((p, p), "float64")
    for part in row_blocks(inputs):
        block = backend.put(scaled(inputs, scaling, part, slice(0, p), dtype), dtype)
        _add_lower(gram, block.T)
    return _mirrored(gram)


def scaled(inputs: Matrix, scaling: Scaling, rows: slice, columns: slice, dtype: str) -> np.ndarray:
    """Return a piece of the inputs, scaled."""
    values = np.asarray(inputs[rows, columns])
    # Centred in their own precision: what is large beside its spread would lose it otherwise.
    if values.dtype.kind != "f" or values.dtype.itemsize < np.dtype(dtype).itemsize:
        values = values.astype("float64" if values.dtype.kind != "f" else dtype)
    return scaling.apply(values, columns).astype(dtype, copy=False)


def decomposed(
    backend: Backend, gram: Array, dtype: str, *, lifted: bool = False
) -> tuple[np.ndarray, Array]:
    """Decompose a Gram matrix.

    Parameters
    ----------
    backend : Backend
    gram : array, shape (m, m)
        Destroyed.
    dtype : {"float32", "float64"}
        In which precision.
    lifted : bool
        Whether the constant vector is known to be in the null space, and left out.

    Returns
    -------
    eigenvalues : ndarray of float64, shape (m,), or (m - 1,) if lifted
        Ascending, never below zero.
    vectors : array of ``dtype``, with as many columns
    """
    if lifted:
        # In the null space eigh may mix the constant vector with others. Lifted above the spectrum
        # it comes last and can be dropped: the rest is exactly orthogonal to it.
        gram += (4.0 * largest_eigenvalue(backend, gram) or 1.0) / len(gram)
    values, vectors = backend.eigh(backend.spend(gram, dtype))
    return (values[:-1], vectors[:, :-1]) if lifted else (values, vectors)


def largest_eigenvalue(backend: Backend, gram: Array) -> float:
    """Return the largest eigenvalue, or a little less: twenty steps of the power method."""
    vector = backend.put(np.cos(1.7 * np.arange(len(gram))), "float64")
    size = 0.0
    for _ in range(20):
        vector = gram @ vector
        size = float((vector * vector).sum()) ** 0.5
        vector = vector / (size or 1.0)
    return size


def _add_lower(gram: Array, block: Array) -> None:
    """Add the panels of block @ block.T up to the diagonal: half of the product."""
    for start in range(0, len(gram), PANEL):
        stop = min(start + PANEL, len(gram))
        gram[start:stop, :stop] += block[start:stop] @ block[:stop].T


def _mirrored(gram: Array) -> Array:
    for start in range(PANEL, len(gram), PANEL):
        stop = min(start + PANEL, len(gram))
        gram[:start, start:stop] = gram[start:stop, :start].T
    return gram
