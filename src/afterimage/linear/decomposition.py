"""One eigendecomposition that serves every penalty, every fold and every target."""

from dataclasses import dataclass

import numpy as np

from afterimage.linear.backend import Array, Backend
from afterimage.linear.gram import (
    FLOAT32_RANGE,
    columns_gram,
    decomposed,
    largest_eigenvalue,
    rows_gram,
    scaled,
)
from afterimage.linear.matrix import Matrix, column_blocks, row_blocks
from afterimage.linear.scaling import Scaling

# Targets that are multiplied at a time.
CHUNK = 2048


@dataclass(frozen=True)
class Decomposition:
    """The eigendecomposition of scaled inputs Z, primal or dual by shape.

    Attributes
    ----------
    backend : Backend
    dtype : str
        Of products.
    inputs : Matrix, shape (n, p)
        Before scaling.
    scaling : Scaling
    intercept : bool
        Whether a column of ones, without a penalty, belongs to the fit.
    dual : bool
        Whether eigenvectors are those of Z Z' (n by n) or of Z' Z (p by p).
    eigenvalues : ndarray of float64, shape (r,)
        Never negative.
    vectors : array, shape (n, r) or (p, r)
    precise : bool
        Whether the smallest penalty asked for a decomposition in float64.
    """

    backend: Backend
    dtype: str
    inputs: Matrix
    scaling: Scaling
    intercept: bool
    dual: bool
    eigenvalues: np.ndarray
    vectors: Array
    precise: bool

    @property
    def exact(self) -> str:
        """The precision of Gram matrices and decompositions."""
        return "float64" if self.precise else "float32"

    @property
    def inner(self) -> str:
        """The precision of vectors and coordinates.

        In the primal a small penalty divides the rounding of Z' Y in directions that hardly vary.
        In the dual weights are sums of rows, and have no part there.
        """
        return self.dtype if self.dual else self.exact

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.inputs.shape[0]

    def rows(self) -> Array:
        """Return the coordinates of the rows, shape (n, r).

        The eigenvectors themselves in the dual, Z @ vectors in the primal: no division by a small
        singular value is ever needed.
        """
        if self.dual:
            return self.vectors
        vectors = self.backend.cast(self.vectors, self.dtype)
        rows = self.backend.zeros((self.n, len(self.eigenvalues)), self.dtype)
        for part in row_blocks(self.inputs):
            rows[part] = self._scaled_rows(part, self.dtype) @ vectors
        return rows

    def project(self, targets: Array, into: Array | None = None) -> Array:
        """Return the coordinates of centred targets: rows' @ targets, shape (r, q).

        Parameters
        ----------
        targets : array, shape (n, q)
        into : array, shape (n, q), optional
            Where they are written, in its first rows; in the dual the targets may be given.
        """
        r, q = len(self.eigenvalues), targets.shape[1]
        found = self.backend.zeros((r, q), self.inner) if into is None else into[:r]
        for start in range(0, q, CHUNK):
            part = slice(start, start + CHUNK)
            found[:, part] = self.vectors.T @ (
                targets[:, part] if self.dual else self._moments(targets[:, part])
            )
        return found

    def product_error(self) -> float:
        """Measure what products lose to their precision: a relative error, of a small product."""
        vectors = self.backend.cast(self.vectors, self.dtype)
        left, right = vectors.T, vectors[:, :32]
        exact = self.backend.cast(left, "float64") @ self.backend.cast(right, "float64")
        missed = self.backend.cast(left @ right, "float64") - exact
        return float((missed * missed).sum() / (exact * exact).sum()) ** 0.5

    def degrees(self, penalty: float) -> float:
        """Return the trace of I - H: what GCV divides by."""
        used = (self.eigenvalues / (self.eigenvalues + penalty)).sum()
        return float(self.n - self.intercept - used)

    def coefficients(self, coordinates: Array, penalties: np.ndarray) -> Array:
        """Return weights of scaled inputs (primal, (p, q)) or of their rows (dual, (n, q)).

        Parameters
        ----------
        coordinates : array, shape (r, q)
        penalties : ndarray, shape (q,)
        """
        return self.vectors @ self._shrunk(coordinates, penalties)

    def solve(self, coordinates: Array, penalties: np.ndarray, into: np.ndarray) -> None:
        """Write weights for inputs before scaling, one penalty per target.

        Parameters
        ----------
        coordinates : array, shape (r, q)
        penalties : ndarray, shape (q,)
        into : ndarray, shape (p, q)
        """
        if self.dual and coordinates.shape[1] > self.inputs.shape[1]:
            self._solve_many(coordinates, penalties, into)
            return
        gain = self.scaling.gain[:, None].astype(into.dtype)
        blocks = list(column_blocks(self.inputs)) if self.dual else []
        only = self._scaled_columns(blocks[0]) if len(blocks) == 1 else None
        for start in range(0, coordinates.shape[1], CHUNK):
            part = slice(start, start + CHUNK)
            combined = self.coefficients(coordinates[:, part], penalties[part])
            if not self.dual:
                np.multiply(
                    self.backend.get(combined), gain, out=into[:, part], casting="same_kind"
                )
                continue
            for columns in blocks:
                block = self._scaled_columns(columns) if only is None else only
                weights = self.backend.get(block.T @ combined)
                np.multiply(weights, gain[columns], out=into[columns, part])

    def _solve_many(self, coordinates: Array, penalties: np.ndarray, into: np.ndarray) -> None:
        """Turn the inputs instead of the targets, which are more."""
        gain = self.backend.put(self.scaling.gain, self.dtype)
        for columns in column_blocks(self.inputs):
            turned = self._scaled_columns(columns).T @ self.vectors
            turned *= gain[columns, None]
            for start in range(0, coordinates.shape[1], CHUNK):
                part = slice(start, start + CHUNK)
                shrunk = self._shrunk(coordinates[:, part], penalties[part])
                into[columns, part] = self.backend.get(turned @ shrunk)

    def _shrunk(self, coordinates: Array, penalties: np.ndarray) -> Array:
        values = self.backend.put(self.eigenvalues, self.inner)[:, None]
        shrunk = values + self.backend.put(penalties, self.inner)
        # In place: a batch of this size is a good part of what is in memory.
        shrunk **= -1
        shrunk *= coordinates
        return shrunk

    def _scaled_columns(self, columns: slice) -> Array:
        block = scaled(self.inputs, self.scaling, slice(0, self.n), columns, self.dtype)
        return self.backend.put(block, self.dtype)

    def _moments(self, targets: Array) -> Array:
        """Return Z' Y, shape (p, q)."""
        moments = self.backend.zeros((self.inputs.shape[1], targets.shape[1]), self.inner)
        for part in row_blocks(self.inputs):
            rows = self._scaled_rows(part, self.inner)
            moments += rows.T @ self.backend.cast(targets[part], self.inner)
        return moments

    def _scaled_rows(self, part: slice, dtype: str) -> Array:
        every = slice(0, self.inputs.shape[1])
        return self.backend.put(scaled(self.inputs, self.scaling, part, every, dtype), dtype)


def decompose(
    backend: Backend,
    inputs: Matrix,
    scaling: Scaling,
    *,
    intercept: bool,
    dtype: str,
    smallest: float,
    relative: bool = False,
) -> tuple[Decomposition, float]:
    """Decompose the smaller Gram matrix of scaled inputs.

    Parameters
    ----------
    backend : Backend
    inputs : Matrix, shape (n, p)
    scaling : Scaling
    intercept : bool
    dtype : {"float32", "float64"}
    smallest : float
        Penalty, which decides the precision.
    relative : bool
        Whether it is a multiple of the mean eigenvalue.

    Returns
    -------
    decomposition : Decomposition
    scale : float
        The mean of the eigenvalues that can differ from zero (1 if all are zero).
    """
    n, p = inputs.shape
    dual = n <= p
    make = rows_gram if dual else columns_gram
    gram = make(backend, inputs, scaling, dtype)
    scale = float(backend.get(gram.diagonal()).sum()) / max(1, min(n - intercept, p)) or 1.0
    asked = FLOAT32_RANGE * smallest * (scale if relative else 1.0)
    precise = dtype == "float64" or largest_eigenvalue(backend, gram) > asked
    if precise and dtype == "float32":
        gram = make(backend, inputs, scaling, "float64")
    made = decompose_gram(
        backend, gram, inputs, scaling, intercept=intercept, dtype=dtype, precise=precise
    )
    return made, scale


def decompose_gram(
    backend: Backend,
    gram: Array,
    inputs: Matrix,
    scaling: Scaling,
    *,
    intercept: bool,
    dtype: str,
    precise: bool,
) -> Decomposition:
    """Decompose a Gram matrix that is known already; it is destroyed.

    Parameters
    ----------
    gram : array of float64, shape (n, n) or (p, p)
        Of rows if n <= p, otherwise of columns.
    precise : bool
        Whether in float64.
    backend, inputs, scaling, intercept, dtype
        As in :func:`decompose`.
    """
    dual = inputs.shape[0] <= inputs.shape[1]
    exact = "float64" if precise else "float32"
    values, vectors = decomposed(backend, gram, exact, lifted=dual and intercept)
    vectors = backend.cast(vectors, dtype if dual else exact)
    return Decomposition(backend, dtype, inputs, scaling, intercept, dual, values, vectors, precise)
