"""Ridge regression with penalties chosen by exact cross-validation."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.linear.choice import best_penalties
from afterimage.linear.finite import finite
from afterimage.linear.given import as_matrix, check_batch, check_room
from afterimage.linear.held_out import Batch
from afterimage.linear.matrix import Matrix, column_blocks
from afterimage.linear.memory import batch_of_targets
from afterimage.linear.problem import RidgeProblem, prepare
from afterimage.linear.settings import RidgeSettings

__all__ = ["RidgeFit", "RidgeSettings", "fit_targets", "ridge_cv"]


@dataclass(frozen=True)
class RidgeFit:
    """What :func:`ridge_cv` found.

    Attributes
    ----------
    weights : ndarray, shape (p, q)
        For inputs before scaling.
    intercept : ndarray of float64, shape (q,)
    target_mean : ndarray of float64, shape (q,)
        What is predicted at the mean of the inputs; zero without an intercept.
    penalties : ndarray of float64, shape (q,)
    scores : ndarray of float64, shape (a, q)
        Cross-validated, of each penalty; NaN where none was computed.
    grid : ndarray, shape (a,)
    undefined : ndarray of bool, shape (q,)
        Targets with values that are not finite: their results are NaN.
    constant : ndarray of bool, shape (q,)
        Targets that do not vary: they have no score, and the largest penalty.
    constant_inputs : ndarray of bool, shape (p,)
        Inputs that do not vary beyond their rounding: where they are centred or standardised, they
        have no part in the fit.
    solver : {"primal", "dual"}
    search : str
    product_error : float
        Relative error of products, as measured: 1e-7 in float32, 1e-3 with TF32.
    """

    weights: np.ndarray
    intercept: np.ndarray
    target_mean: np.ndarray
    penalties: np.ndarray
    scores: np.ndarray
    grid: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray
    constant_inputs: np.ndarray
    solver: str
    search: str
    product_error: float

    @property
    def best_scores(self) -> np.ndarray:
        """Score of each target at its penalty, shape (q,); NaN for those without one."""
        known = ~(self.undefined | self.constant)
        found = np.full(len(known), np.nan)
        place = np.searchsorted(self.grid, self.penalties[known])
        found[known] = self.scores[place, np.flatnonzero(known)]
        return found


def ridge_cv(
    inputs: Matrix,
    targets: Matrix,
    settings: RidgeSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
    share: np.ndarray | None = None,
    batch: int | None = None,
    device: str = "cpu",
    into: np.ndarray | None = None,
) -> RidgeFit:
    """Fit ridge regression with a penalty per target, chosen by grouped cross-validation.

    Minimises ||Y_t - X b_t - c_t||^2 + alpha_t ||b_t||^2 for each target t. One decomposition
    serves all penalties and targets, and all folds unless inputs are standardised in each.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    targets : Matrix, shape (n, q)
        Read some columns at a time.
    settings : RidgeSettings
    groups : ndarray, shape (n,), optional
        Rows of one group are left out together; by default each row is a group.
    folds : ndarray of int, shape (n,), optional
        The fold of each row, instead of those that the settings ask for.
    share : ndarray, shape (q,), optional
        Targets with one label share a penalty, the best by the mean of their scores; all zeros
        give one penalty for all. By default each target has its own.
    batch : int, optional
        Targets that are in memory at a time; by default four for each row, or what fits.
    device : str
        "cpu", or "cuda" where there is one.
    into : ndarray, shape (p, q), optional
        Where weights are written, such as a memory-mapped file; by default a new array.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds, shared penalties are searched in a bracket, a batch
        has no target, or the device is not there.
    DataError
        If a group lies in several folds, an input is not finite, sparse, masked or no number, or
        memory is too small.
    ShapeError
        If rows differ, or something has not two dimensions.

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12, equation 2.1;
    Golub, Heath & Wahba (1979), Technometrics 21.
    """
    check_batch(batch)
    inputs, targets = as_matrix(inputs, "inputs"), as_matrix(targets, "targets")
    check_room(into, (inputs.shape[1], targets.shape[1]))
    if inputs.shape[0] != targets.shape[0]:
        raise ShapeError(
            f"ridge: {inputs.shape[0]} rows of inputs and {targets.shape[0]} of targets.",
            "Both need the same rows in the same order.",
        )
    problem = prepare(inputs, settings, groups=groups, folds=folds, device=device)
    return fit_targets(problem, targets, share=share, batch=batch, into=into)


def fit_targets(
    problem: RidgeProblem,
    targets: Matrix,
    *,
    share: np.ndarray | None = None,
    batch: int | None = None,
    into: np.ndarray | None = None,
) -> RidgeFit:
    """Choose penalties and solve, for inputs that are decomposed already; see above."""
    check_batch(batch)
    _check_share(share, targets.shape[1], problem.settings)
    q = targets.shape[1]
    found = _Found.empty(problem, q, into)
    width = batch or batch_of_targets(
        problem.decomposition.inputs.shape,
        q,
        decompositions=problem.decompositions(),
        itemsize=np.dtype(problem.settings.dtype).itemsize,
        free=problem.decomposition.backend.free(),
    )
    for part in column_blocks(targets, width):
        found.score(problem, targets, part, solve=share is None)
    if share is not None:
        found.penalties[:] = best_penalties(found.scores, problem.grid, share)
        for part in column_blocks(targets, width):
            found.solve(problem, part, found.read(problem, targets, part))
    return found.result(problem)


@dataclass
class _Found:
    """Results, filled batch by batch."""

    weights: np.ndarray
    intercept: np.ndarray
    target_mean: np.ndarray
    penalties: np.ndarray
    scores: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray

    @classmethod
    def empty(cls, problem: RidgeProblem, q: int, into: np.ndarray | None) -> Self:
        """Make room for q targets."""
        p = problem.decomposition.inputs.shape[1]
        weights = np.empty((p, q), dtype=problem.settings.dtype) if into is None else into
        intercept, mean, penalties = np.empty((3, q))
        undefined, constant = np.zeros((2, q), dtype=bool)
        scores = np.full((len(problem.grid), q), np.nan)
        return cls(weights, intercept, mean, penalties, scores, undefined, constant)

    def read(self, problem: RidgeProblem, targets: Matrix, part: slice) -> Batch:
        """Read some targets; note which are not finite, and which do not vary."""
        read = finite(targets, part, problem.settings.dtype)
        self.undefined[part], self.constant[part] = read.undefined, read.constant
        return problem.batch(read.values)

    def score(self, problem: RidgeProblem, targets: Matrix, part: slice, *, solve: bool) -> None:
        """Score some targets, and choose and solve those that share no penalty with others."""
        batch = self.read(problem, targets, part)
        self.scores[:, part] = problem.scores(batch)
        self.scores[:, part][:, self.constant[part]] = np.nan
        if solve:
            self.penalties[part] = best_penalties(self.scores[:, part], problem.grid)
            self.solve(problem, part, batch)

    def solve(self, problem: RidgeProblem, part: slice, batch: Batch) -> None:
        """Solve some targets at their penalties."""
        weights = self.weights[:, part]
        self.target_mean[part] = batch.mean
        self.intercept[part] = problem.solve(batch, self.penalties[part], weights)
        weights[:, self.undefined[part]] = np.nan

    def result(self, problem: RidgeProblem) -> RidgeFit:
        """Return all of it."""
        for values in (self.intercept, self.target_mean, self.penalties):
            values[self.undefined] = np.nan
        return RidgeFit(
            self.weights,
            self.intercept,
            self.target_mean,
            self.penalties,
            self.scores,
            problem.grid,
            self.undefined,
            self.constant,
            problem.decomposition.scaling.gain == 0,
            "dual" if problem.decomposition.dual else "primal",
            problem.settings.search,
            problem.decomposition.product_error(),
        )


def _check_share(share: np.ndarray | None, q: int, settings: RidgeSettings) -> None:
    if share is None:
        return
    if np.shape(share) != (q,):
        raise ShapeError(
            f"share: expected one label for each of {q} targets. Found: shape {np.shape(share)}.",
            "Give every target a label, or leave it out.",
        )
    if settings.search == "bracket" and settings.folds != "gcv":
        raise ConfigError(
            "search: targets that share a penalty need all scores: expected 'grid'. Found: "
            "'bracket'.",
            "Choose search: grid, or a penalty for each target.",
        )
