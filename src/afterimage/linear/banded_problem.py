"""Feature spaces whose Gram matrices are known, ready to be mixed in any shares.

A mixture scales the columns of each space by the root of its share. Its Gram matrix is then a sum
of the spaces' own (dual), or theirs with scaled rows and columns (primal): no mixture reads the
inputs for it, and one eigendecomposition per mixture serves its folds, penalties and targets.
"""

from dataclasses import dataclass, replace

import numpy as np

from afterimage.linear.backend import Array, Backend, backend_for
from afterimage.linear.decomposition import CHUNK, decompose_gram
from afterimage.linear.gram import (
    FLOAT32_RANGE,
    columns_gram,
    largest_eigenvalue,
    rows_gram,
    scaled,
)
from afterimage.linear.matrix import column_blocks
from afterimage.linear.memory import check_decomposition
from afterimage.linear.problem import RidgeProblem, fold_labels, has_own_folds, problem_of
from afterimage.linear.scaling import Moments, Scaling
from afterimage.linear.settings import RidgeSettings
from afterimage.linear.spaces import Spaces

# Rows of a sum of Gram matrices that are added at a time.
ROWS = 256


@dataclass(frozen=True)
class BandedProblem:
    """Spaces of one training set, and how their targets are cross-validated.

    Attributes
    ----------
    backend : Backend
    spaces : Spaces
    settings : RidgeSettings
        With absolute penalties.
    moments : Moments
        Of all columns.
    scaling : Scaling
        Of all columns, before they are mixed.
    scales : ndarray, shape (m,)
        What the Gram matrix of each space was divided by.
    grams : tuple of array of float64
        The kernel (n, n) of each space in the dual, the covariance (p, p) of all in the primal.
    precise : bool
        Whether Gram matrices are decomposed in float64.
    labels : ndarray of int, shape (n,), or None
        Folds; None for generalised cross-validation.
    """

    backend: Backend
    spaces: Spaces
    settings: RidgeSettings
    moments: Moments
    scaling: Scaling
    scales: np.ndarray
    grams: tuple[Array, ...]
    precise: bool
    labels: np.ndarray | None

    @property
    def dual(self) -> bool:
        """Whether there are no more rows than columns."""
        return _is_dual(self.spaces)

    def mix(self, mixture: np.ndarray) -> RidgeProblem:
        """Return the ridge problem of spaces with some shares.

        Parameters
        ----------
        mixture : ndarray, shape (m,)
            Not negative.
        """
        roots = self.spaces.by_column(np.sqrt(mixture))
        decomposition = decompose_gram(
            self.backend,
            # Not kept: it is as large as all that follows.
            self._mixed(mixture, roots),
            self.spaces,
            Scaling(self.scaling.mean, self.scaling.gain * roots),
            intercept=self.settings.intercept,
            dtype=self.settings.dtype,
            precise=self.precise,
        )
        grid = self.settings.grid(1.0)
        return problem_of(decomposition, grid, self.settings, self.labels, self.moments)

    def _mixed(self, mixture: np.ndarray, roots: np.ndarray) -> Array:
        if self.dual:
            return _sum(self.grams, mixture)
        own = self.backend.put(roots, "float64")
        total = self.grams[0] * own
        total *= own[:, None]
        return total

    def weights(self, coefficients: np.ndarray, mixtures: np.ndarray) -> list[np.ndarray]:
        """Return the weights of each space, for inputs before scaling.

        Parameters
        ----------
        coefficients : ndarray, shape (n, q) in the dual, (p, q) in the primal
            Each target's, from the problem of its mixture.
        mixtures : ndarray, shape (m, q)

        Returns
        -------
        list of ndarray, shapes (p_s, q)
        """
        found = []
        for space, (own, shares) in enumerate(zip(self.spaces.columns(), mixtures, strict=True)):
            if self.dual:
                weights, factors = self._from_rows(space, own, coefficients), shares
            else:
                weights, factors = coefficients[own].copy(), np.sqrt(shares)
            weights *= self.scaling.gain[own, None].astype(weights.dtype)
            weights *= factors.astype(weights.dtype)
            found.append(weights)
        return found

    def _from_rows(self, space: int, own: slice, coefficients: np.ndarray) -> np.ndarray:
        """Return Z_s' @ coefficients."""
        matrix, backend, dtype = self.spaces.matrices[space], self.backend, self.settings.dtype
        scaling = Scaling(self.scaling.mean[own], self.scaling.gain[own])
        weights = np.empty((matrix.shape[1], coefficients.shape[1]), dtype=dtype)
        for part in column_blocks(matrix):
            rows = slice(0, matrix.shape[0])
            block = backend.put(scaled(matrix, scaling, rows, part, dtype), dtype).T
            for start in range(0, coefficients.shape[1], CHUNK):
                some = slice(start, start + CHUNK)
                weights[part, some] = backend.get(block @ backend.put(coefficients[:, some], dtype))
        return weights


def prepare_banded(
    spaces: Spaces,
    settings: RidgeSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
    device: str = "cpu",
) -> BandedProblem:
    """Compute the Gram matrix of each space once.

    Parameters
    ----------
    spaces : Spaces
    settings : RidgeSettings
        Where penalties are relative, the Gram matrices are divided so that every mixture whose
        shares sum to 1 has a mean eigenvalue of 1.
    groups, folds, device
        As in :func:`afterimage.linear.problem.prepare`, which says what it raises.
    """
    labels = fold_labels(settings, groups, folds, spaces.shape[0])
    own = has_own_folds(spaces.shape, labels, settings)
    moments = spaces.moments(labels if own else None)
    scaling = moments.scaling(
        intercept=settings.intercept, standardise=settings.standardise != "no"
    )
    backend = backend_for(device, min(spaces.shape), settings.dtype, tf32=settings.tf32)
    check_decomposition(spaces.shape, backend.free())
    grams = _grams(backend, spaces, scaling, settings.dtype)
    scales = _scales(backend, spaces, grams, settings)
    largest = max(
        largest_eigenvalue(backend, gram) / (scales[place] if _is_dual(spaces) else scales.min())
        for place, gram in enumerate(grams)
    )
    asked = FLOAT32_RANGE * min(settings.penalties)
    precise = settings.dtype == "float64" or bool(largest > asked)
    if precise and settings.dtype == "float32":
        grams = _grams(backend, spaces, scaling, "float64")
    _divide(backend, spaces, grams, scales)
    scaling = Scaling(scaling.mean, scaling.gain / np.sqrt(spaces.by_column(scales)))
    settings = replace(settings, relative=False)
    return BandedProblem(
        backend, spaces, settings, moments, scaling, scales, grams, precise, labels
    )


def _is_dual(spaces: Spaces) -> bool:
    return spaces.shape[0] <= spaces.shape[1]


def _grams(backend: Backend, spaces: Spaces, scaling: Scaling, dtype: str) -> tuple[Array, ...]:
    if not _is_dual(spaces):
        return (columns_gram(backend, spaces, scaling, dtype),)
    return tuple(
        rows_gram(backend, matrix, Scaling(scaling.mean[own], scaling.gain[own]), dtype)
        for own, matrix in zip(spaces.columns(), spaces.matrices, strict=True)
    )


def _scales(
    backend: Backend, spaces: Spaces, grams: tuple[Array, ...], settings: RidgeSettings
) -> np.ndarray:
    """Return the mean eigenvalue of each space, as if all columns were its own."""
    columns = spaces.columns()
    if not settings.relative:
        return np.ones(len(columns))
    diagonals = [backend.get(gram.diagonal()) for gram in grams]
    if not _is_dual(spaces):
        diagonals = [diagonals[0][own] for own in columns]
    traces = np.array([diagonal.sum() for diagonal in diagonals])
    n, p = spaces.shape
    return np.where(traces > 0, traces / max(1, min(n - settings.intercept, p)), 1.0)


def _divide(backend: Backend, spaces: Spaces, grams: tuple[Array, ...], scales: np.ndarray) -> None:
    """Divide the Gram matrices in place."""
    if _is_dual(spaces):
        for gram, scale in zip(grams, scales, strict=True):
            gram /= float(scale)
        return
    (gram,) = grams
    roots = backend.put(np.sqrt(spaces.by_column(scales)), "float64")
    gram /= roots[:, None]
    gram /= roots


def _sum(kernels: tuple[Array, ...], mixture: np.ndarray) -> Array:
    """Add kernels some rows at a time, so that only the sum needs new memory."""
    total = kernels[0] * float(mixture[0])
    for one, share in zip(kernels[1:], mixture[1:].tolist(), strict=True):
        if share > 0:
            for start in range(0, len(total), ROWS):
                total[start : start + ROWS] += one[start : start + ROWS] * share
    return total
