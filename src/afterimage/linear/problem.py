"""Inputs that are ready for any number of targets: decomposed once."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ConfigError
from afterimage.linear.backend import backend_for
from afterimage.linear.decomposition import CHUNK, Decomposition, decompose
from afterimage.linear.dual_folds import DualFolds
from afterimage.linear.folds import check_folds, group_folds, leave_one_out
from afterimage.linear.given import as_labels, as_matrix
from afterimage.linear.held_out import Batch, HeldOut
from afterimage.linear.identity import SharedScaling
from afterimage.linear.matrix import Matrix
from afterimage.linear.memory import check_decomposition
from afterimage.linear.primal_folds import PrimalFolds
from afterimage.linear.scaling import Moments, Scaling, measure
from afterimage.linear.scores import Tally, tally_for
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

    def decompositions(self) -> int:
        """Return how many decompositions are kept: one, or one more per fold."""
        if self.folds is None or isinstance(self.held_out, SharedScaling):
            return 1
        return 1 + len(np.unique(self.folds))

    def batch(self, targets: np.ndarray) -> Batch:
        """Put targets (n, q) on the device, without their means; they may be overwritten.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
            Finite, in the settings' precision.
        """
        made = self.decomposition
        mean = np.zeros(targets.shape[1])
        if made.intercept:
            still = np.ptp(targets, axis=0) == 0
            # The mean of equal numbers can miss them by a rounding.
            mean = np.where(still, targets[0], targets.mean(axis=0, dtype=np.float64))
            targets -= mean.astype(targets.dtype)
        values = made.backend.put(targets, made.dtype)
        return Batch(values, mean, made.backend.dots(values, values))

    def scores(self, batch: Batch) -> np.ndarray:
        """Return the cross-validated score of each penalty and target.

        Returns
        -------
        ndarray of float64, shape (a, q)
            NaN for constant targets, and where a bracket did not look.
        """
        made, held_out = self.decomposition, self.held_out
        if held_out is None:
            self._project(batch)
            return generalised_scores(made, batch, self.grid)
        if not held_out.one_by_one:
            if self.settings.search == "bracket":
                self._project(batch)
            found = [self._search(part, self._tally(part)) for part in batch.parts()]
            return np.concatenate(found, axis=1)
        tally = self._tally(batch)
        if not held_out.needs_values and self.settings.scoring == "r2":
            # From here on coordinates say everything: they take the place of the values.
            batch.coordinates, batch.values = made.project(batch.values, batch.values), None
        self._project(batch)
        return self._search(batch, tally)

    def _tally(self, batch: Batch) -> Tally:
        assert self.folds is not None, "generalised cross-validation has no fold"
        backend, settings = self.decomposition.backend, self.settings
        return tally_for(
            settings.scoring,
            backend,
            batch,
            self.folds,
            len(self.grid),
            intercept=settings.intercept,
        )

    def _search(self, batch: Batch, tally: Tally) -> np.ndarray:
        assert self.held_out is not None, "generalised cross-validation leaves nothing out"
        count = len(self.grid)
        if self.settings.search == "grid":
            return grid_scores(self.held_out, batch, tally, count)
        free = generalised_scores(self.decomposition, batch, self.grid)
        starts = np.where(np.isnan(free), -np.inf, free).argmax(axis=0)
        return bracket_scores(self.held_out, batch, tally, starts, count)

    def solve(self, batch: Batch, penalties: np.ndarray, into: np.ndarray) -> np.ndarray:
        """Write weights (p, q) for inputs before scaling; return intercepts (q,)."""
        self._project(batch)
        self.decomposition.solve(batch.coordinates, penalties, into)
        mean, intercept = self.decomposition.scaling.mean, batch.mean.copy()
        for start in range(0, len(intercept), CHUNK):
            part = slice(start, start + CHUNK)
            intercept[part] -= mean @ into[:, part]
        return intercept

    def coefficients(self, batch: Batch, columns: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Return weights of scaled inputs (primal) or of their rows (dual), for some targets.

        Parameters
        ----------
        batch : Batch
        columns : ndarray of int, shape (k,)
            Of the batch.
        penalties : ndarray, shape (k,)

        Returns
        -------
        ndarray, shape (p, k) or (n, k)
        """
        self._project(batch)
        assert batch.coordinates is not None, "the batch was projected"
        made, found = self.decomposition, []
        for start in range(0, len(columns), CHUNK):
            part = slice(start, start + CHUNK)
            coordinates = batch.coordinates[:, columns[part]]
            found.append(made.backend.get(made.coefficients(coordinates, penalties[part])))
        return np.concatenate(found, axis=1)

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
        places = np.abs(self.grid[:, None] - penalties).argmin(axis=0)
        wanted = np.arange(len(self.grid))[:, None] == places
        return targets - self.left_out_residuals(targets, wanted)

    def left_out_residuals(self, targets: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return residuals (n, q) of left-out rows, each target at one penalty.

        Parameters
        ----------
        targets : ndarray, shape (n, q)
        wanted : ndarray of bool, shape (a, q)
            One penalty of each target.
        """
        assert self.held_out is not None, "generalised cross-validation leaves nothing out"
        batch = self.batch(targets.astype(self.settings.dtype))
        self._project(batch)
        residuals = np.empty(targets.shape, dtype=self.settings.dtype)
        every = np.arange(targets.shape[1])
        for piece in self.held_out.residuals(batch, wanted):
            found = self.decomposition.backend.get(piece.residuals)
            residuals[piece.rows.reshape(-1, 1), every[piece.columns]] = found
        return residuals

    def _project(self, batch: Batch) -> None:
        if batch.coordinates is None:
            batch.coordinates = self.decomposition.project(batch.values)


def prepare(
    inputs: Matrix,
    settings: RidgeSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
    device: str = "cpu",
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
    device : str
        "cpu", or "cuda" where there is one.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds, or the device is not there.
    DataError
        If a group lies in several folds, an input is not finite, or memory is too small.
    ShapeError
        If there are not as many groups as rows.
    """
    inputs = as_matrix(inputs, "inputs")
    labels = fold_labels(settings, groups, folds, inputs.shape[0])
    backend = backend_for(device, min(inputs.shape), settings.dtype, tf32=settings.tf32)
    check_decomposition(inputs.shape, backend.free())
    own = has_own_folds(inputs.shape, labels, settings)
    moments = measure(inputs, labels if own else None)
    scaling = moments.scaling(
        intercept=settings.intercept, standardise=settings.standardise != "no"
    )
    decomposition, scale = decompose(
        backend,
        inputs,
        scaling,
        intercept=settings.intercept,
        dtype=settings.dtype,
        smallest=min(settings.penalties),
        relative=settings.relative,
    )
    return problem_of(decomposition, settings.grid(scale), settings, labels, moments)


def has_own_folds(
    shape: tuple[int, int], labels: np.ndarray | None, settings: RidgeSettings
) -> bool:
    """Say whether each fold gets a decomposition of its own."""
    if labels is None:
        return False
    return settings.standardise == "fold" or _few(labels, shape, len(settings.penalties))


def problem_of(
    decomposition: Decomposition,
    grid: np.ndarray,
    settings: RidgeSettings,
    labels: np.ndarray | None,
    moments: Moments,
) -> RidgeProblem:
    """Cross-validate inputs that are decomposed already.

    Parameters
    ----------
    decomposition : Decomposition
    grid : ndarray, shape (a,)
        Penalties, ascending.
    settings : RidgeSettings
    labels : ndarray of int, shape (n,), or None
        From :func:`fold_labels`.
    moments : Moments
        Of the inputs; by folds if these get decompositions of their own.
    """
    held_out: HeldOut | None = None
    if has_own_folds(decomposition.inputs.shape, labels, settings):
        assert labels is not None, "folds of their own have labels"
        held_out = _own_folds(decomposition, moments, labels, grid, settings)
    elif labels is not None:
        held_out = SharedScaling(decomposition, labels, grid)
    return RidgeProblem(settings, decomposition, grid, labels, held_out)


def _few(folds: np.ndarray, shape: tuple[int, int], penalties: int) -> bool:
    """Say whether a decomposition per fold costs less than the identity of all folds.

    The first costs a product with p x p values per fold, the second one with n x n / folds values
    per penalty.
    """
    n, p = shape
    return n > p and len(np.unique(folds)) * p < np.sqrt(penalties) * n


def _own_folds(
    made: Decomposition,
    moments: Moments,
    folds: np.ndarray,
    grid: np.ndarray,
    settings: RidgeSettings,
) -> HeldOut:
    scalings = [
        moments.scaling(
            intercept=settings.intercept, standardise=settings.standardise == "fold", without=fold
        )
        for fold in range(len(moments.counts))
    ]
    if settings.standardise != "fold":
        scalings = [Scaling(own.mean, made.scaling.gain) for own in scalings]
    if made.dual:
        return DualFolds(made, scalings, folds, grid)
    return PrimalFolds(made, scalings, folds, grid)


def fold_labels(
    settings: RidgeSettings, groups: np.ndarray | None, folds: np.ndarray | None, n: int
) -> np.ndarray | None:
    """Return the fold of each row; None for generalised cross-validation.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds.
    DataError
        If a group lies in several folds.
    ShapeError
        If there are not as many groups as rows.
    """
    groups = None if groups is None else as_labels(groups, "groups", n)
    if settings.folds == "gcv":
        if folds is not None:
            raise ConfigError(
                "folds: generalised cross-validation has none. Found: the fold of each row.",
                "Leave them out, or ask for a number of folds.",
            )
        return None
    own = np.arange(n) if groups is None else groups
    if folds is None and settings.folds == "groups":
        if len(np.unique(own)) < 2:
            raise ConfigError(
                "folds: expected at least two groups to leave out in turn. Found: one.",
                "Choose another split, or generalised cross-validation.",
            )
        return leave_one_out(own)
    if folds is None:
        return group_folds(own, int(settings.folds), settings.seed)
    labels = as_labels(folds, "folds", n)
    check_folds(labels, groups, n)
    return labels
