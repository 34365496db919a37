"""One eigendecomposition that serves every penalty, every fold and every target."""

from dataclasses import dataclass

import numpy as np

from afterimage.linear.matrix import Matrix, column_blocks, row_blocks
from afterimage.linear.scaling import Scaling


@dataclass(frozen=True)
class Decomposition:
    """The eigendecomposition of scaled inputs Z, primal or dual by shape.

    Attributes
    ----------
    inputs : Matrix, shape (n, p)
        Before scaling.
    scaling : Scaling
    intercept : bool
        Whether a column of ones, without a penalty, belongs to the fit.
    dual : bool
        Whether eigenvectors are those of Z Z' (n by n) or of Z' Z (p by p).
    eigenvalues : ndarray of float64, shape (r,)
        Never negative.
    vectors : ndarray, shape (n, r) or (p, r)
    rows : ndarray, shape (n, r)
        Coordinates of the rows: the eigenvectors themselves in the dual, Z @ vectors in the
        primal. No division by a small singular value is ever needed.
    """

    inputs: Matrix
    scaling: Scaling
    intercept: bool
    dual: bool
    eigenvalues: np.ndarray
    vectors: np.ndarray
    rows: np.ndarray

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def scale(self) -> float:
        """Return the mean of the eigenvalues that can differ from zero (1 if all are zero)."""
        n, p = self.inputs.shape
        mean = float(self.eigenvalues.sum()) / max(1, min(n - self.intercept, p))
        return mean if mean > 0 else 1.0

    def centred(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return targets without their means, and the means; zero without an intercept."""
        mean = targets.mean(axis=0, dtype=np.float64) * self.intercept
        still = np.ptp(targets, axis=0) == 0
        # The mean of equal numbers can miss them by a rounding.
        mean = np.where(still & self.intercept, targets[0], mean)
        return targets - mean.astype(targets.dtype), mean

    def project(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return centred targets (n, q), and their coordinates (r, q)."""
        centred, _ = self.centred(targets)
        return centred, self.rows.T @ centred

    def residuals(self, targets: np.ndarray, projected: np.ndarray, penalty: float) -> np.ndarray:
        """Return (I - H) Y of the fit to all rows.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
            Centred if there is an intercept.
        projected : ndarray, shape (r, q)
            ``rows.T @ targets``.
        penalty : float
        """
        shrink = self.eigenvalues + penalty
        if self.dual:
            return self.rows @ _by_row(penalty / shrink, projected)
        return targets - self.rows @ _by_row(1 / shrink, projected)

    def hat_complement(self, rows: np.ndarray, penalty: float) -> np.ndarray:
        """Return I - H of some rows among themselves.

        Parameters
        ----------
        rows : ndarray of int, shape (folds, size)
        penalty : float

        Returns
        -------
        ndarray of float64, shape (folds, size, size)
        """
        own = self.rows[rows].astype(np.float64)
        shrink = self.eigenvalues + penalty
        if self.dual:
            return (own * (penalty / shrink)) @ own.transpose(0, 2, 1)
        hat = (own / shrink) @ own.transpose(0, 2, 1) + self.intercept / self.n
        complement: np.ndarray = np.eye(rows.shape[1]) - hat
        return complement

    def degrees(self, penalty: float) -> float:
        """Return the trace of I - H: what GCV divides by."""
        used = (self.eigenvalues / (self.eigenvalues + penalty)).sum()
        return float(self.n - self.intercept - used)

    def weights(self, projected: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Return weights for inputs before scaling, one penalty per target.

        Parameters
        ----------
        projected : ndarray, shape (r, q)
        penalties : ndarray, shape (q,)

        Returns
        -------
        ndarray, shape (p, q)
        """
        shrunk = projected / (self.eigenvalues[:, None] + penalties).astype(projected.dtype)
        combined = self.vectors @ shrunk
        gain = self.scaling.gain.astype(combined.dtype)
        if not self.dual:
            return combined * gain[:, None]
        weights = np.empty((self.inputs.shape[1], combined.shape[1]), dtype=combined.dtype)
        for part in column_blocks(self.inputs):
            weights[part] = scaled_columns(self.inputs, self.scaling, part, combined.dtype).T @ (
                combined
            )
        return weights * gain[:, None]

    def coordinates(self, inputs: np.ndarray) -> np.ndarray:
        """Return what rows (k, p) before scaling are multiplied with, shape (k, r).

        Predictions are ``coordinates @ (projected / (eigenvalues + penalty))``.
        """
        dtype = self.rows.dtype
        if not self.dual:
            return self.scaling.apply(inputs.astype(dtype)) @ self.vectors
        kernel = np.zeros((len(inputs), self.n))
        for part in column_blocks(self.inputs):
            left = self.scaling.apply(inputs[:, part].astype(dtype), part)
            kernel += left @ scaled_columns(self.inputs, self.scaling, part, dtype).T
        return (kernel @ self.vectors).astype(dtype)


def decompose(
    inputs: Matrix,
    scaling: Scaling,
    *,
    intercept: bool,
    dtype: np.dtype,
) -> Decomposition:
    """Decompose the smaller Gram matrix of scaled inputs.

    Products of blocks are computed in ``dtype`` and summed in float64, and decomposed in float64.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    scaling : Scaling
    intercept : bool
    dtype : dtype
        float32 or float64.
    """
    n, p = inputs.shape
    dual = n <= p
    gram = _kernel(inputs, scaling, dtype) if dual else _covariance(inputs, scaling, dtype)
    if not dual:
        values, vectors = _eigh(gram)
        vectors = vectors.astype(dtype)
        rows = np.empty((n, p), dtype=dtype)
        for part in row_blocks(inputs):
            rows[part] = scaling.apply(inputs[part, slice(0, p)].astype(dtype)) @ vectors
        return Decomposition(inputs, scaling, intercept, dual, values, vectors, rows)
    if intercept:
        # The constant vector is in the null space, where eigh may mix it with others. Lifted above
        # the spectrum it comes last and can be dropped: the rest is exactly orthogonal to it.
        gram += (2.0 * np.linalg.norm(gram) or 1.0) / n
    values, vectors = _eigh(gram)
    if intercept:
        values, vectors = values[:-1], vectors[:, :-1]
    vectors = np.ascontiguousarray(vectors, dtype=dtype)
    return Decomposition(inputs, scaling, intercept, dual, values, vectors, vectors)


def scaled_columns(inputs: Matrix, scaling: Scaling, part: slice, dtype: np.dtype) -> np.ndarray:
    """Return all rows of some columns, scaled."""
    return scaling.apply(inputs[slice(0, inputs.shape[0]), part].astype(dtype), part)


def _by_row(factors: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values * factors[:, None].astype(values.dtype)


def _eigh(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh

    values, vectors = eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    return np.maximum(values, 0.0), vectors


def _kernel(inputs: Matrix, scaling: Scaling, dtype: np.dtype) -> np.ndarray:
    n = inputs.shape[0]
    gram = np.zeros((n, n))
    for part in column_blocks(inputs):
        block = scaled_columns(inputs, scaling, part, dtype)
        gram += block @ block.T
    return gram


def _covariance(inputs: Matrix, scaling: Scaling, dtype: np.dtype) -> np.ndarray:
    p = inputs.shape[1]
    gram = np.zeros((p, p))
    for part in row_blocks(inputs):
        block = scaling.apply(inputs[part, slice(0, p)].astype(dtype))
        gram += block.T @ block
    return gram
