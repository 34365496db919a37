"""One eigendecomposition that serves every penalty, every target and every refit."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Decomposition:
    """The eigendecomposition of centred inputs, primal or dual by shape.

    Attributes
    ----------
    centred : ndarray of float64, shape (n, p)
        Inputs minus ``mean``.
    mean : ndarray, shape (p,)
    eigenvalues : ndarray, shape (r,)
        Of ``centred.T @ centred`` (primal, r = p) or of ``centred @ centred.T`` on the space
        orthogonal to the constant vector (dual, r = n - 1). Never negative.
    vectors : ndarray, shape (p, p) or (n, n - 1)
    dual : bool
    """

    centred: np.ndarray
    mean: np.ndarray
    eigenvalues: np.ndarray
    vectors: np.ndarray
    dual: bool

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.centred)

    @cached_property
    def rows(self) -> np.ndarray:
        """Coordinates of the rows in the eigenbasis, shape (n, r).

        In the dual these are the eigenvectors themselves, in the primal ``centred @ vectors``: no
        division by a small singular value is ever needed.
        """
        return self.vectors if self.dual else self.centred @ self.vectors

    def project(self, targets: np.ndarray) -> np.ndarray:
        """Return ``rows.T @ targets``, shape (r, q); the mean of a target does not matter."""
        return self.rows.T @ targets

    def residuals(self, targets: np.ndarray, projected: np.ndarray, penalty: float) -> np.ndarray:
        """Return (I - H) Y of ridge regression with an unpenalised intercept.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
            Centred.
        projected : ndarray, shape (r, q)
        penalty : float
        """
        if self.dual:
            kept = penalty / (self.eigenvalues + penalty)
            return self.rows @ (projected * kept[:, None])
        return targets - self.rows @ (projected / (self.eigenvalues + penalty)[:, None])

    def weights(self, projected: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Return ridge weights with one penalty per target.

        Parameters
        ----------
        projected : ndarray, shape (r, q)
        penalties : ndarray, shape (q,)

        Returns
        -------
        ndarray, shape (p, q)
        """
        shrunk = projected / (self.eigenvalues[:, None] + penalties[None, :])
        if self.dual:
            return self.centred.T @ (self.vectors @ shrunk)
        return self.vectors @ shrunk

    def scale(self) -> float:
        """Return the mean of the eigenvalues that can differ from zero (1 if all are zero)."""
        n, p = self.centred.shape
        mean = float(self.eigenvalues.sum()) / max(1, min(n - 1, p))
        return mean if mean > 0 else 1.0


def decompose(inputs: np.ndarray) -> Decomposition:
    """Centre inputs and decompose their smaller Gram matrix in float64.

    Parameters
    ----------
    inputs : ndarray, shape (n, p)

    Returns
    -------
    Decomposition
    """
    mean = inputs.mean(axis=0, dtype=np.float64)
    centred = inputs - mean
    n, p = centred.shape
    if n > p:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        return Decomposition(centred, mean, np.maximum(values, 0.0), vectors, dual=False)
    gram = centred @ centred.T
    # The constant vector is in the null space, where eigh may mix it with others. Lifted above
    # the spectrum it comes last and can be dropped: what remains is exactly orthogonal to it.
    lift = 2.0 * np.linalg.norm(gram) or 1.0
    values, vectors = np.linalg.eigh(gram + lift / n)
    return Decomposition(centred, mean, np.maximum(values[:-1], 0.0), vectors[:, :-1], dual=True)
