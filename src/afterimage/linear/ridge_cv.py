"""Ridge regression with penalties chosen by exact cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.linear.decomposition import Decomposition, decompose
from afterimage.linear.folds import check_folds, group_folds, leave_one_out
from afterimage.linear.held_out import HeldOut, OwnScaling, SharedScaling
from afterimage.linear.matrix import Matrix, column_blocks, whole
from afterimage.linear.scaling import fit_scaling
from afterimage.linear.scores import Scorer, Scoring
from afterimage.linear.search import bracket_scores, generalised_scores, grid_scores

Search = Literal["grid", "bracket"]
Standardise = Literal["no", "once", "fold"]


@dataclass(frozen=True)
class RidgeSettings:
    """What decides a fit.

    Attributes
    ----------
    penalties : sequence of float
        The grid, above zero, in any order.
    relative : bool
        Whether penalties are multiples of the mean eigenvalue of the inputs' Gram matrix.
    folds : int, "groups" or "gcv"
        K-fold over groups, each group left out in turn, or generalised cross-validation.
    scoring : {"r2", "correlation"}
    search : {"grid", "bracket"}
        Every penalty for every target; or only those around the best by generalised
        cross-validation, walking on until the best is not on the edge.
    standardise : {"no", "once", "fold"}
        Whether inputs are divided by their standard deviation: over all rows, or over the training
        rows of each fold (and over all rows in the final fit).
    intercept : bool
    dtype : {"float32", "float64"}
        Of products. Sums over blocks, decompositions and scores are in float64.
    seed : int
        Of the folds.
    """

    penalties: Sequence[float]
    relative: bool = False
    folds: int | Literal["groups", "gcv"] = 5
    scoring: Scoring = "r2"
    search: Search = "grid"
    standardise: Standardise = "no"
    intercept: bool = True
    dtype: Literal["float32", "float64"] = "float32"
    seed: int = 0

    def grid(self, scale: float) -> np.ndarray:
        """Return the penalties, ascending; ConfigError if there is none above zero."""
        values = np.asarray(self.penalties, dtype=np.float64)
        if not values.size or not (np.isfinite(values) & (values > 0)).all():
            raise ConfigError(
                f"penalties: expected numbers above zero. Found: {values.tolist()}.",
                "Leave zeros and negative ones out of the grid.",
            )
        return np.unique(values) * (scale if self.relative else 1.0)


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
        If there are fewer groups than folds, a penalty is not above zero, or settings clash.
    DataError
        If a group lies in several folds, or an input is not finite.
    ShapeError
        If rows differ.

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12, equation 2.1;
    Golub, Heath & Wahba (1979), Technometrics 21.
    """
    n, q = inputs.shape[0], targets.shape[1]
    _check(inputs, targets, settings)
    _check_share(share, q, settings)
    labels = _labels(settings, groups, folds, n)
    dtype = np.dtype(settings.dtype)
    scaling = fit_scaling(
        inputs, intercept=settings.intercept, standardise=settings.standardise != "no"
    )
    whole_fit = decompose(inputs, scaling, intercept=settings.intercept, dtype=dtype)
    grid = settings.grid(whole_fit.scale())
    held_out = _held_out(inputs, whole_fit, labels, grid, settings)
    scores, undefined, constant = np.full((len(grid), q), np.nan), *np.zeros((2, q), dtype=bool)
    for part in column_blocks(targets, batch):
        values = _targets(targets, part, dtype, undefined)
        constant[part] = np.ptp(values, axis=0) == 0
        scores[:, part] = _scores(whole_fit, held_out, labels, values, settings)
    scores[:, undefined | constant] = np.nan
    penalties = _chosen(scores, grid, share)
    penalties[undefined] = np.nan
    weights, intercept = np.empty((inputs.shape[1], q), dtype=dtype), np.zeros(q)
    for part in column_blocks(targets, batch):
        values = _targets(targets, part, dtype, undefined)
        mean = values.mean(axis=0, dtype=np.float64) * settings.intercept
        projected = whole_fit.rows.T @ (values - mean.astype(dtype))
        known = np.where(undefined[part], grid[-1], penalties[part])
        weights[:, part] = whole_fit.weights(projected, known)
        intercept[part] = mean - scaling.mean @ weights[:, part]
    weights[:, undefined], intercept[undefined] = np.nan, np.nan
    solver = "dual" if whole_fit.dual else "primal"
    return RidgeFit(
        weights, intercept, penalties, scores, grid, undefined, constant, solver, settings.search
    )


def _check(inputs: Matrix, targets: Matrix, settings: RidgeSettings) -> None:
    if inputs.shape[0] != targets.shape[0]:
        raise ShapeError(
            f"ridge: {inputs.shape[0]} rows of inputs and {targets.shape[0]} of targets.",
            "Both need the same rows in the same order.",
        )
    allowed = {"scoring": Scoring, "search": Search, "standardise": Standardise}
    for name, choices in allowed.items():
        if getattr(settings, name) not in get_args(choices):
            raise ConfigError(
                f"{name}: expected one of {', '.join(get_args(choices))}. Found: "
                f"'{getattr(settings, name)}'.",
                "Correct the setting.",
            )
    if settings.folds == "gcv" and settings.standardise == "fold":
        raise ConfigError(
            "standardise: generalised cross-validation has no folds. Found: 'fold'.",
            "Choose standardise: once, or a number of folds.",
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


def _labels(
    settings: RidgeSettings, groups: np.ndarray | None, folds: np.ndarray | None, n: int
) -> np.ndarray | None:
    """Return the fold of each row; None for generalised cross-validation."""
    if settings.folds == "gcv":
        return None
    own = np.arange(n) if groups is None else np.asarray(groups)
    if folds is None:
        count = settings.folds
        folds = leave_one_out(own) if count == "groups" else group_folds(own, count, settings.seed)
    check_folds(np.asarray(folds), groups, n)
    return np.asarray(folds)


def _held_out(
    inputs: Matrix,
    whole_fit: Decomposition,
    labels: np.ndarray | None,
    grid: np.ndarray,
    settings: RidgeSettings,
) -> HeldOut | None:
    if labels is None:
        return None
    if settings.standardise != "fold":
        return SharedScaling(whole_fit, labels, grid)
    dtype = np.dtype(settings.dtype)
    return OwnScaling(inputs, labels, grid, intercept=settings.intercept, dtype=dtype)


def _targets(targets: Matrix, part: slice, dtype: np.dtype, undefined: np.ndarray) -> np.ndarray:
    """Read some targets; those that are not finite are marked, and zero."""
    values = whole(targets, part).astype(dtype)
    finite = np.isfinite(values).all(axis=0)
    undefined[part] = ~finite
    if not finite.all():
        values[:, ~finite] = 0
    return values


def _scores(
    whole_fit: Decomposition,
    held_out: HeldOut | None,
    labels: np.ndarray | None,
    values: np.ndarray,
    settings: RidgeSettings,
) -> np.ndarray:
    """Return the scores of a batch, shape (a, q)."""
    if held_out is None or labels is None:
        return _free_scores(whole_fit, values, settings)
    scorer = Scorer(settings.scoring, labels, values, settings.intercept)
    projected: Any = held_out.project(values)
    if settings.search == "grid":
        return grid_scores(held_out, projected, scorer)
    free = _free_scores(whole_fit, values, settings, held_out.grid)
    starts = np.where(np.isnan(free), -np.inf, free).argmax(axis=0)
    return bracket_scores(held_out, projected, scorer, starts)


def _free_scores(
    whole_fit: Decomposition,
    values: np.ndarray,
    settings: RidgeSettings,
    grid: np.ndarray | None = None,
) -> np.ndarray:
    if settings.intercept:
        values = values - values.mean(axis=0, dtype=np.float64).astype(values.dtype)
    grid = settings.grid(whole_fit.scale()) if grid is None else grid
    return generalised_scores(whole_fit, values, whole_fit.rows.T @ values, grid)


def _chosen(scores: np.ndarray, grid: np.ndarray, share: np.ndarray | None) -> np.ndarray:
    """Return the penalty of each target; the larger of two equals, the largest without a score."""
    if share is not None:
        scores = scores.copy()
        for label in np.unique(share):
            own = np.flatnonzero((share == label) & ~np.isnan(scores).all(axis=0))
            if len(own):
                scores[:, share == label] = scores[:, own].mean(axis=1, keepdims=True)
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    best = len(grid) - 1 - ranked[::-1].argmax(axis=0)
    return np.asarray(grid[best])
