"""Penalties of feature spaces, refined by the exact gradient of the cross-validated error."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.progress import progress
from afterimage.linear.backend import NumpyBackend
from afterimage.linear.banded_problem import BandedProblem
from afterimage.linear.banded_search import BandedChoice
from afterimage.linear.complements import Factory, make_factory
from afterimage.linear.finite import finite
from afterimage.linear.folds import Layout, layout_of
from afterimage.linear.held_out import Batch, Piece
from afterimage.linear.matrix import Matrix, column_blocks
from afterimage.linear.scores import tally_for

# A space that the search left out starts from this share of the others, not from nothing.
LEAST_SHARE = 1e-3
# How far each penalty may go from where the search left it: a factor of 10,000.
REACH = np.log(1e4)


@dataclass(frozen=True)
class FoldError:
    """Squared error of left-out rows, as a function of the logarithms of 1 / penalty.

    Attributes
    ----------
    factory : Factory
    layout : Layout
        Rows of the folds.
    target : ndarray, shape (n,)
        Centred if there is an intercept.
    """

    factory: Factory
    layout: Layout
    target: np.ndarray

    def residuals(self, logs: np.ndarray) -> np.ndarray:
        """Return residuals of left-out rows, shape (n,)."""
        complement = self.factory(np.exp(logs))
        fitted = complement.apply(self.target[:, None])[:, 0]
        residuals = np.empty_like(fitted)
        for rows in self._folds():
            residuals[rows] = np.linalg.solve(complement.block(rows), fitted[rows])
        return residuals

    def value_and_gradient(self, logs: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the error, and its gradient, shape (m,).

        With r_f = M_ff^-1 (M y)_f and dM = -M K_s M, the derivative of the residuals of a fold is
        -M_ff^-1 (M K_s v_f)_f with v_f = M (y - r_f): the weights, in the dual, of the rows that
        are not left out.
        """
        factors = np.exp(logs)
        complement = self.factory(factors)
        fitted = complement.apply(self.target[:, None])[:, 0]
        folds = self._folds()
        n = len(fitted)
        without = np.repeat(self.target[:, None], len(folds), axis=1)
        solved = np.zeros((n, len(folds)))
        error = 0.0
        for fold, rows in enumerate(folds):
            block = complement.block(rows)
            own = np.linalg.solve(block, fitted[rows])
            without[rows, fold] -= own
            solved[rows, fold] = np.linalg.solve(block, own)
            error += float(own @ own)
        left, right = complement.apply(solved), complement.apply(without)
        products = [np.einsum("ij,ij->", left, one) for one in self.factory.kernels(right)]
        return error, -2 * factors * np.array(products)

    def _folds(self) -> list[np.ndarray]:
        return [rows for group in self.layout for rows in group]


def refine(
    problem: BandedProblem,
    choice: BandedChoice,
    targets: Matrix,
    steps: int,
    batch: int | None = None,
) -> None:
    """Improve the choice of each target, where its cross-validated score becomes higher.

    Descends from the best mixture that the search found, by L-BFGS on the logarithms of the
    penalties. Everything is in float64. Every step of every target costs an inverse of the smaller
    Gram matrix: for hundreds of targets, or small inputs.

    Parameters
    ----------
    problem : BandedProblem
        With folds.
    choice : BandedChoice
        Of the search; changed in place.
    targets : Matrix, shape (n, q)
    steps : int
        At most so many for each target.
    batch : int, optional
        Targets that are in memory at a time.

    References
    ----------
    Dupre la Tour, Eickenberg, Nunez-Elizalde & Gallant (2022), NeuroImage 264, section 2.5.
    """
    assert problem.labels is not None, "generalised cross-validation has no folds"
    factory, layout = make_factory(problem), layout_of(problem.labels)
    scored = np.flatnonzero(np.isfinite(choice.best))
    bar = progress(scored, len(scored), "targets refined")
    for part in column_blocks(targets, batch):
        values = finite(targets, part, "float64").values
        for column in (scored[(scored >= part.start) & (scored < part.stop)]).tolist():
            next(bar)
            centred = values[:, column - part.start] - choice.target_mean[column]
            _refine_one(problem, choice, column, FoldError(factory, layout, centred), steps)
    # Ends the bar.
    next(bar, None)


def _refine_one(
    problem: BandedProblem,
    choice: BandedChoice,
    column: int,
    error: FoldError,
    steps: int,
) -> None:
    from scipy.optimize import minimize

    start = choice.mixture[:, column] / choice.penalties[column]
    start = np.log(np.maximum(start, LEAST_SHARE * start.sum()))
    whole = float(error.target @ error.target)

    def relative(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = error.value_and_gradient(logs)
        return value / whole, gradient / whole

    found = minimize(
        relative,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(one - REACH, one + REACH) for one in start],
        options={"maxiter": steps, "maxfun": 2 * steps + 2},
    )
    score = _score(problem, error, found.x)
    if score <= choice.best[column]:
        return
    factors = np.exp(found.x)
    total = factors.sum()
    coefficients = error.factory(factors).coefficients(error.target[:, None])[:, 0]
    choice.best[column], choice.refined[column] = score, True
    choice.mixture[:, column], choice.penalties[column] = factors / total, 1 / total
    choice.coefficients[:, column] = coefficients * (total if problem.dual else np.sqrt(total))


def _score(problem: BandedProblem, error: FoldError, logs: np.ndarray) -> float:
    """Return the cross-validated score, as the search scores."""
    assert problem.labels is not None
    values, residuals = error.target[:, None], error.residuals(logs)[:, None]
    batch = Batch(values, np.zeros(1), np.square(values).sum(axis=0))
    settings, backend = problem.settings, NumpyBackend()
    tally = tally_for(
        settings.scoring, backend, batch, problem.labels, 1, intercept=settings.intercept
    )
    for rows in error.layout:
        tally.add(Piece(rows, 0, slice(None), residuals[rows.ravel()]))
    return float(tally.scores()[0, 0])
