"""Ridge regression with penalties chosen by exact cross-validation."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.linear.choice import best_penalties
from afterimage.linear.matrix import Matrix, column_blocks, whole
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
    penalties : ndarray of float64, shape (q,)
    scores : ndarray of float64, shape (a, q)
        Cross-validated, of each penalty; NaN where none was computed.
    grid : ndarray, shape (a,)
    undefined : ndarray of bool, shape (q,)
        Targets with values that are not finite: their results are NaN.
    constant : ndarray of bool, shape (q,)
        Targets that do not vary: they have no score, and the largest penalty.
    solver : {"primal", "dual"}
    search : str
    """

    weights: np.ndarray
    intercept: np.ndarray
    penalties: np.ndarray
    scores: np.ndarray
    grid: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray
    solver: str
    search: str

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
        Targets that are in memory at a time.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds, or shared penalties are searched in a bracket.
    DataError
        If a group lies in several folds, or an input is not finite.
    ShapeError
        If rows differ.

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12, equation 2.1;
    Golub, Heath & Wahba (1979), Technometrics 21.
    """
    if inputs.shape[0] != targets.shape[0]:
        raise ShapeError(
            f"ridge: {inputs.shape[0]} rows of inputs and {targets.shape[0]} of targets.",
            "Both need the same rows in the same order.",
        )
    problem = prepare(inputs, settings, groups=groups, folds=folds)
    return fit_targets(problem, targets, share=share, batch=batch)


def fit_targets(
    problem: RidgeProblem,
    targets: Matrix,
    *,
    share: np.ndarray | None = None,
    batch: int | None = None,
) -> RidgeFit:
    """Choose penalties and solve, for inputs that are decomposed already; see above."""
    _check_share(share, targets.shape[1], problem.settings)
    decomposition, grid, q = problem.decomposition, problem.grid, targets.shape[1]
    scores, undefined, constant = np.full((len(grid), q), np.nan), *np.zeros((2, q), dtype=bool)
    for part in column_blocks(targets, batch):
        values, undefined[part] = _finite(targets, part, problem.settings)
        constant[part] = np.ptp(values, axis=0) == 0
        scores[:, part] = problem.scores(values)
    scores[:, undefined | constant] = np.nan
    penalties = best_penalties(scores, grid, share)
    weights = np.empty((decomposition.inputs.shape[1], q), dtype=problem.settings.dtype)
    intercept = np.empty(q)
    for part in column_blocks(targets, batch):
        values, _ = _finite(targets, part, problem.settings)
        weights[:, part], intercept[part] = problem.solve(values, penalties[part])
    weights[:, undefined] = np.nan
    intercept[undefined] = penalties[undefined] = np.nan
    solver = "dual" if decomposition.dual else "primal"
    search = problem.settings.search
    return RidgeFit(
        weights, intercept, penalties, scores, grid, undefined, constant, solver, search
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


def _finite(targets: Matrix, part: slice, settings: RidgeSettings) -> tuple[np.ndarray, np.ndarray]:
    """Read some targets; say which are not finite, and make those zero."""
    values = whole(targets, part).astype(settings.dtype)
    undefined = ~np.isfinite(values).all(axis=0)
    if undefined.any():
        values[:, undefined] = 0
    return values, undefined
