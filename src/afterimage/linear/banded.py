"""Ridge regression with a penalty per feature space, chosen by exact cross-validation."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.linear.banded_gradient import refine
from afterimage.linear.banded_problem import BandedProblem, prepare_banded
from afterimage.linear.banded_search import BandedChoice, search_mixtures
from afterimage.linear.banded_settings import BandedSettings
from afterimage.linear.given import as_matrix, check_batch
from afterimage.linear.matrix import Matrix, column_blocks
from afterimage.linear.simplex import draw_mixtures
from afterimage.linear.spaces import make_spaces

__all__ = ["BandedFit", "BandedSettings", "banded_ridge_cv"]


@dataclass(frozen=True)
class BandedFit:
    """What :func:`banded_ridge_cv` found for m spaces and q targets.

    Attributes
    ----------
    weights : dict of str to ndarray, shapes (p_s, q)
        Of each space, for inputs before scaling.
    intercept : ndarray of float64, shape (q,)
    penalties : ndarray of float64, shape (m, q)
        Of each space, in the order of ``weights``; infinite where it has no part in the fit. Of
        inputs that are standardised, where they are.
    mixture : ndarray of float64, shape (m, q)
        The chosen shares.
    best_scores : ndarray of float64, shape (q,)
        At that mixture and its best penalty; NaN for targets without a score.
    refined : ndarray of bool, shape (q,)
        Whether a descent from the best mixture that was tried found a better one.
    scores : ndarray of float64, shape (g, q)
        Cross-validated, of each mixture at its best penalty.
    mixtures : ndarray of float64, shape (g, m)
        Those that were tried.
    input_mean : dict of str to ndarray, shapes (p_s,)
    target_mean : ndarray of float64, shape (q,)
        Over training rows; zeros without an intercept, like ``input_mean``.
    undefined : ndarray of bool, shape (q,)
        Targets with values that are not finite: their results are NaN.
    constant : ndarray of bool, shape (q,)
        Targets that do not vary: they have no score, the first mixture and the largest penalty.
    solver : {"primal", "dual"}
    """

    weights: dict[str, np.ndarray]
    intercept: np.ndarray
    penalties: np.ndarray
    mixture: np.ndarray
    best_scores: np.ndarray
    refined: np.ndarray
    scores: np.ndarray
    mixtures: np.ndarray
    input_mean: dict[str, np.ndarray]
    target_mean: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray
    solver: str

    def parts(self, spaces: Mapping[str, np.ndarray]) -> np.ndarray:
        """Predict from each space by itself, without the mean.

        Parameters
        ----------
        spaces : mapping of str to ndarray, shapes (k, p_s)

        Returns
        -------
        ndarray, shape (m, k, q)
            Their sum and ``target_mean`` are the prediction.

        Raises
        ------
        ShapeError
            If a space is absent or has other columns.
        """
        checked = {name: self._columns(spaces, name) for name in self.weights}
        return np.stack(
            [(x - self.input_mean[name]) @ self.weights[name] for name, x in checked.items()]
        )

    def predict(self, spaces: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return predictions, shape (k, q); see :meth:`parts`."""
        total: np.ndarray = self.parts(spaces).sum(axis=0) + self.target_mean
        return total

    def _columns(self, spaces: Mapping[str, np.ndarray], name: str) -> np.ndarray:
        expected = len(self.weights[name])
        if name not in spaces or spaces[name].shape[1] != expected:
            found = f"{spaces[name].shape[1]} columns" if name in spaces else "no such space"
            raise ShapeError(
                f"space '{name}': expected {expected} columns, as in the fit. Found: {found}.",
                "Predict from the spaces that the model was fitted on.",
            )
        return spaces[name]


def banded_ridge_cv(
    spaces: Mapping[str, Matrix],
    targets: Matrix,
    settings: BandedSettings,
    *,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
    batch: int | None = None,
    mixtures: np.ndarray | None = None,
    device: str = "cpu",
) -> BandedFit:
    """Fit ridge regression with a penalty per feature space and target.

    Minimises ||Y_t - c_t - sum_s X_s b_s||^2 + sum_s alpha_st ||b_s||^2 for each target t. The
    penalties are alpha / gamma_s, with gamma of some mixtures and alpha of a grid: the pair with
    the best cross-validated score of each target, refined by descent where that is asked for. One
    decomposition per mixture serves all its folds, penalties and targets. In memory are, besides
    the result, one Gram matrix per space (one of all spaces in the primal), the working space of a
    decomposition, a batch of targets, and as many coefficients per target as the smaller side of
    the inputs.

    Parameters
    ----------
    spaces : mapping of str to Matrix, shapes (n, p_s)
    targets : Matrix, shape (n, q)
        Read some columns at a time, once per mixture.
    settings : BandedSettings
    groups : ndarray, shape (n,), optional
        Rows of one group are left out together; by default each row is a group.
    folds : ndarray of int, shape (n,), optional
        The fold of each row, instead of those that the settings ask for.
    batch : int, optional
        Targets that are in memory at a time.
    mixtures : ndarray, shape (g, m), optional
        Tried instead of those that the settings draw.
    device : str
        "cpu", or "cuda" where there is one; a descent is on the processor.

    Raises
    ------
    ConfigError
        If there are fewer groups than folds, or mixtures have the wrong shape or sign.
    DataError
        If a group lies in several folds, or an input is not finite.
    ShapeError
        If rows differ.

    References
    ----------
    Nunez-Elizalde, Huth & Gallant (2019), NeuroImage 197;
    Dupre la Tour, Eickenberg, Nunez-Elizalde & Gallant (2022), NeuroImage 264.
    """
    check_batch(batch)
    targets = as_matrix(targets, "targets")
    stacked = make_spaces(
        {name: as_matrix(space, f"space '{name}'") for name, space in spaces.items()},
        targets.shape[0],
    )
    tried = _mixtures(settings, len(stacked.names), mixtures)
    problem = prepare_banded(stacked, settings.ridge, groups=groups, folds=folds, device=device)
    choice = search_mixtures(problem, tried, targets, batch)
    if settings.steps:
        refine(problem, choice, targets, settings.steps, batch)
    return _result(problem, tried, choice)


def _mixtures(settings: BandedSettings, spaces: int, given: np.ndarray | None) -> np.ndarray:
    if given is None:
        return draw_mixtures(
            spaces,
            settings.draws,
            concentrations=settings.concentrations,
            corners=settings.corners,
            seed=settings.ridge.seed,
        )
    tried = np.asarray(given, dtype=np.float64)
    if tried.ndim != 2 or tried.shape[1] != spaces or not len(tried):
        raise ConfigError(
            f"mixtures: expected rows of {spaces} numbers, one for each space. Found: shape "
            f"{tried.shape}.",
            "Give one share per space and row.",
        )
    if not (np.isfinite(tried).all() and (tried >= 0).all() and (tried.sum(axis=1) > 0).all()):
        raise ConfigError(
            "mixtures: expected numbers from zero, some above zero in each row. Found: "
            f"{tried.tolist()}.",
            "Leave out rows of zeros and negative shares.",
        )
    return tried


def _result(problem: BandedProblem, tried: np.ndarray, choice: BandedChoice) -> BandedFit:
    names, undefined = problem.spaces.names, choice.undefined
    mixture = choice.mixture
    with np.errstate(divide="ignore"):
        penalties = choice.penalties * problem.scales[:, None] / mixture
    weights = dict(zip(names, problem.weights(choice.coefficients, mixture), strict=True))
    mean = problem.scaling.mean
    input_mean = {
        name: mean[own] for name, own in zip(names, problem.spaces.columns(), strict=True)
    }
    intercept = choice.target_mean.copy()
    for name in names:
        # In double precision, some targets at a time.
        for part in column_blocks(weights[name]):
            intercept[part] -= input_mean[name] @ weights[name][:, part]
    for values in (*weights.values(), intercept, penalties, mixture, choice.target_mean):
        values[..., undefined] = np.nan
    return BandedFit(
        weights=weights,
        intercept=intercept,
        penalties=penalties,
        mixture=mixture,
        best_scores=np.where(np.isfinite(choice.best), choice.best, np.nan),
        refined=choice.refined,
        scores=choice.scores,
        mixtures=tried,
        input_mean=input_mean,
        target_mean=choice.target_mean,
        undefined=undefined,
        constant=choice.constant,
        solver="dual" if problem.dual else "primal",
    )
