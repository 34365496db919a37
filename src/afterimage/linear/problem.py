"""Inputs that are ready for any number of targets: decomposed once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.linear.decomposition import Decomposition, decompose
from afterimage.linear.folds import check_folds, group_folds, leave_one_out
from afterimage.linear.held_out import HeldOut, OwnScaling, SharedScaling
from afterimage.linear.matrix import Matrix
from afterimage.linear.scaling import fit_scaling
from afterimage.linear.scores import Scorer
from afterimage.linear.search import bracket_scores, generalised_scores, grid_scores
from afterimage.linear.settings import RidgeSettings


@dataclass(frozen=True)
class RidgeProblem:
    """Inputs of one training set, and how their targets are cross-validated.

    Attributes
    ----------
    settings : RidgeSettings
    decomposition : Decomposition
        Of all rows.
    grid : ndarray, shape (a,)
        Penalties, ascending.
    folds : ndarray of int, shape (n,), or None
        None for generalised cross-validation.
    held_out : HeldOut or None
    """

    settings: RidgeSettings
    decomposition: Decomposition
    grid: np.ndarray
    folds: np.ndarray | None
    held_out: HeldOut | None

    def scores(self, targets: np.ndarray) -> np.ndarray:
        """Return the cross-validated score of each penalty and target.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
            Finite, in the settings' precision.

        Returns
        -------
        ndarray of float64, shape (a, q)
            NaN for constant targets, and where a bracket did not look.
        """
        if self.held_out is None or self.folds is None:
            return self._free_scores(*self.decomposition.project(targets))
        scorer = Scorer(self.settings.scoring, self.folds, targets, self.settings.intercept)
        projected: Any = self.held_out.project(targets)
        if self.settings.search == "grid":
            return grid_scores(self.held_out, projected, scorer)
        shared = isinstance(self.held_out, SharedScaling)
        free = self._free_scores(*(projected if shared else self.decomposition.project(targets)))
        starts = np.where(np.isnan(free), -np.inf, free).argmax(axis=0)
        return bracket_scores(self.held_out, projected, scorer, starts)

    def _free_scores(self, centred: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
        return generalised_scores(self.decomposition, centred, coordinates, self.grid)

    def solve(self, targets: np.ndarray, penalties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (p, q) for inputs before scaling, and intercepts (q,)."""
        centred, mean = self.decomposition.centred(targets)
        weights = self.decomposition.weights(self.decomposition.rows.T @ centred, penalties)
        return weights, mean - self.decomposition.scaling.mean @ weights

    def left_out(self, targets: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Predict each row by a fit, at given penalties of the grid, without its fold.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
        penalties : ndarray, shape (q,)

        Returns
        -------
        ndarray, shape (n, q)
        """
        assert self.held_out is not None, "generalised cross-validation leaves nothing out"
        predicted = np.empty_like(targets)
        projected = self.held_out.project(targets)
        places = np.abs(self.grid[:, None] - penalties).argmin(axis=0)
        for place in np.unique(places):
            columns = np.flatnonzero(places == place)
            residuals = self.held_out.residuals(projected, int(place), columns)
            predicted[:, columns] = targets[:, columns] - residuals
        return predicted


def prepare(
    inputs: Matrix,
    settings: RidgeSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> RidgeProblem:
    """Decompose inputs for the folds that settings ask for.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    settings : RidgeSettings
    groups : ndarray, shape (n,), optional
        Rows of one group are left out together; by default each row is a group.
    folds : ndarray of int, shape (n,), optional
        The fold of each row, instead of those that the settings ask for.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds.
    DataError
        If a group lies in several folds, or an input is not finite.
    ShapeError
        If there are not as many groups as rows.
    """
    labels = _labels(settings, groups, folds, inputs.shape[0])
    dtype = np.dtype(settings.dtype)
    standardise = settings.standardise != "no"
    scaling = fit_scaling(inputs, intercept=settings.intercept, standardise=standardise)
    decomposition = decompose(inputs, scaling, intercept=settings.intercept, dtype=dtype)
    grid = settings.grid(decomposition.scale())
    held_out: HeldOut | None = None
    if labels is not None and settings.standardise == "fold":
        held_out = OwnScaling(inputs, labels, grid, intercept=settings.intercept, dtype=dtype)
    elif labels is not None:
        held_out = SharedScaling(decomposition, labels, grid)
    return RidgeProblem(settings, decomposition, grid, labels, held_out)


def _labels(
    settings: RidgeSettings, groups: np.ndarray | None, folds: np.ndarray | None, n: int
) -> np.ndarray | None:
    """Return the fold of each row; None for generalised cross-validation."""
    if groups is not None and len(groups) != n:
        raise ShapeError(
            f"groups: expected one for each of {n} rows. Found: {len(groups)}.",
            "Give the group of every row.",
        )
    if settings.folds == "gcv":
        return None
    own = np.arange(n) if groups is None else np.asarray(groups)
    if folds is None and settings.folds == "groups":
        if len(np.unique(own)) < 2:
            raise ConfigError(
                "folds: expected at least two groups to leave out in turn. Found: one.",
                "Choose another split, or generalised cross-validation.",
            )
        return leave_one_out(own)
    labels = group_folds(own, int(settings.folds), settings.seed) if folds is None else folds
    check_folds(np.asarray(labels), groups, n)
    return np.asarray(labels)
