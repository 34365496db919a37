"""The hat matrix of a fit with a penalty per space, as far as held-out errors need it.

With kernels K_s of centred inputs and factors k_s = 1 / penalty_s,

    M = I - H = (I + sum_s k_s K_s)^-1 - 1/n        (1/n only with an intercept)

Its derivative is dM / dk_s = -M K_s M: a column of ones is in the null space of K_s.
"""

from typing import Protocol

import numpy as np

from afterimage.linear.banded_problem import BandedProblem
from afterimage.linear.matrix import row_blocks


class Complement(Protocol):
    """I - H of one set of factors."""

    def block(self, rows: np.ndarray) -> np.ndarray:
        """Return M of some rows among themselves."""
        ...

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return M @ values."""
        ...

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Return weights of rows (dual) or of columns scaled by the root of k (primal)."""
        ...


class Factory(Protocol):
    """Makes complements, and multiplies with the kernel of each space."""

    def __call__(self, factors: np.ndarray) -> Complement:
        """Return I - H with these factors, shape (m,)."""
        ...

    def kernels(self, values: np.ndarray) -> list[np.ndarray]:
        """Return K_s @ values of each space."""
        ...


class DualComplement:
    """Inverts an n by n matrix.

    Parameters
    ----------
    kernel : ndarray, shape (n, n)
        The sum of the kernels times their factors; it is overwritten.
    intercept : bool
    """

    def __init__(self, kernel: np.ndarray, intercept: bool) -> None:
        kernel.flat[:: len(kernel) + 1] += 1
        self._matrix = _inverse(kernel)
        if intercept:
            self._matrix -= 1 / len(kernel)

    def block(self, rows: np.ndarray) -> np.ndarray:
        """Return M of some rows among themselves."""
        return self._matrix[np.ix_(rows, rows)]

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return M @ values."""
        return self._matrix @ values

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Return weights of rows."""
        return self._matrix @ values


class DualFactory:
    """Complements from the kernels of a problem."""

    def __init__(self, problem: BandedProblem) -> None:
        self._grams = [problem.backend.get(gram) for gram in problem.grams]
        self._intercept = problem.settings.intercept

    def __call__(self, factors: np.ndarray) -> DualComplement:
        """Return I - H with these factors."""
        total = self._grams[0] * factors[0]
        for gram, factor in zip(self._grams[1:], factors[1:], strict=True):
            total += gram * factor
        return DualComplement(total, self._intercept)

    def kernels(self, values: np.ndarray) -> list[np.ndarray]:
        """Return K_s @ values of each space."""
        return [gram @ values for gram in self._grams]


class PrimalComplement:
    """Inverts a p by p matrix.

    Parameters
    ----------
    inputs : ndarray, shape (n, p)
        Centred and scaled.
    gram : ndarray, shape (p, p)
        Their covariance.
    roots : ndarray, shape (p,)
        Root of the factor of each column.
    intercept : bool
    """

    def __init__(
        self, inputs: np.ndarray, gram: np.ndarray, roots: np.ndarray, intercept: bool
    ) -> None:
        scaled = gram * roots * roots[:, None]
        scaled.flat[:: len(scaled) + 1] += 1
        self._inverse = _inverse(scaled)
        self._inputs, self._roots, self._intercept = inputs, roots, intercept

    def block(self, rows: np.ndarray) -> np.ndarray:
        """Return M of some rows among themselves."""
        own = self._inputs[rows] * self._roots
        complement: np.ndarray = np.eye(len(rows)) - own @ self._inverse @ own.T
        return complement - self._intercept / len(self._inputs)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return M @ values."""
        fitted = self._inputs @ (self._roots[:, None] * self.coefficients(values))
        return values - fitted - self._intercept * values.mean(axis=0)

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Return weights of columns scaled by the root of their factor."""
        return self._inverse @ (self._roots[:, None] * (self._inputs.T @ values))


class PrimalFactory:
    """Complements from the inputs of a problem, which are read into memory."""

    def __init__(self, problem: BandedProblem) -> None:
        self._spaces = problem.spaces
        self._gram = problem.backend.get(problem.grams[0])
        self._intercept = problem.settings.intercept
        n, p = problem.spaces.shape
        self._inputs = np.empty((n, p))
        for rows in row_blocks(problem.spaces):
            values = problem.spaces[rows, slice(0, p)].astype(np.float64)
            self._inputs[rows] = problem.scaling.apply(values)

    def __call__(self, factors: np.ndarray) -> PrimalComplement:
        """Return I - H with these factors."""
        roots = self._spaces.by_column(np.sqrt(factors))
        return PrimalComplement(self._inputs, self._gram, roots, self._intercept)

    def kernels(self, values: np.ndarray) -> list[np.ndarray]:
        """Return K_s @ values of each space."""
        return [
            self._inputs[:, own] @ (self._inputs[:, own].T @ values)
            for own in self._spaces.columns()
        ]


def make_factory(problem: BandedProblem) -> Factory:
    """Return what makes complements of the smaller matrix."""
    return DualFactory(problem) if problem.dual else PrimalFactory(problem)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a symmetric matrix whose eigenvalues are at least 1; it may be overwritten."""
    from scipy.linalg import cho_factor, cho_solve

    factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    inverse: np.ndarray = cho_solve(factor, np.eye(len(matrix)), overwrite_b=True)
    return inverse
