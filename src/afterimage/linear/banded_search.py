"""The best mixture of feature spaces, and the best penalty, of each target."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.progress import progress
from afterimage.linear.banded_problem import BandedProblem
from afterimage.linear.choice import best_penalties
from afterimage.linear.finite import finite
from afterimage.linear.held_out import Batch
from afterimage.linear.matrix import Matrix, column_blocks
from afterimage.linear.memory import batch_of_targets
from afterimage.linear.problem import RidgeProblem


@dataclass(frozen=True)
class BandedChoice:
    """The best of each target so far.

    Attributes
    ----------
    scores : ndarray of float64, shape (g, q)
        Cross-validated, of each mixture at its best penalty; NaN for targets without one.
    best : ndarray of float64, shape (q,)
        The highest of them; minus infinity for targets without one.
    mixture : ndarray of float64, shape (m, q)
        The best one; the first one for targets without a score.
    refined : ndarray of bool, shape (q,)
        Whether it was found by descent from the best of those that were tried.
    penalties : ndarray of float64, shape (q,)
        Of that mixture.
    coefficients : ndarray, shape (n, q) in the dual, (p, q) in the primal
        Of the fit to all rows.
    target_mean : ndarray of float64, shape (q,)
    undefined, constant : ndarray of bool, shape (q,)
    """

    scores: np.ndarray
    best: np.ndarray
    mixture: np.ndarray
    refined: np.ndarray
    penalties: np.ndarray
    coefficients: np.ndarray
    target_mean: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray

    @classmethod
    def unknown(cls, problem: BandedProblem, mixtures: int, q: int) -> "BandedChoice":
        """Return room for the choices of so many targets."""
        n, p = problem.spaces.shape
        return cls(
            scores=np.full((mixtures, q), np.nan),
            best=np.full(q, -np.inf),
            mixture=np.zeros((len(problem.spaces.names), q)),
            refined=np.zeros(q, dtype=bool),
            penalties=np.full(q, np.nan),
            coefficients=np.zeros((n if problem.dual else p, q), problem.settings.dtype),
            target_mean=np.zeros(q),
            undefined=np.zeros(q, dtype=bool),
            constant=np.zeros(q, dtype=bool),
        )


def search_mixtures(
    problem: BandedProblem, mixtures: np.ndarray, targets: Matrix, batch: int | None = None
) -> BandedChoice:
    """Score every mixture with every penalty, and keep each target's best.

    Mixtures are outside and batches of targets inside, so that each mixture is decomposed once.
    The final fit of the targets that a mixture serves best so far is made while its decomposition
    is at hand.

    Parameters
    ----------
    problem : BandedProblem
    mixtures : ndarray, shape (g, m)
    targets : Matrix, shape (n, q)
    batch : int, optional
        Targets that are in memory at a time.
    """
    choice = BandedChoice.unknown(problem, len(mixtures), targets.shape[1])
    for place, mixture in enumerate(progress(mixtures, len(mixtures), "mixtures")):
        _try(problem, choice, place, mixture, targets, batch)
    return choice


def _try(
    problem: BandedProblem,
    choice: BandedChoice,
    place: int,
    mixture: np.ndarray,
    targets: Matrix,
    batch: int | None,
) -> None:
    """Score one mixture, and forget its decomposition."""
    mixed = problem.mix(mixture)
    width = batch or batch_of_targets(
        problem.spaces.shape,
        targets.shape[1],
        decompositions=mixed.decompositions(),
        itemsize=np.dtype(problem.settings.dtype).itemsize,
        free=problem.backend.free(),
    )
    for part in column_blocks(targets, width):
        read = finite(targets, part, problem.settings.dtype)
        choice.undefined[part], choice.constant[part] = read.undefined, read.constant
        own = mixed.batch(read.values)
        columns, penalties = _improve(choice, place, mixed, part, own)
        if len(columns):
            choice.mixture[:, columns] = mixture[:, None]
            within = columns - part.start
            choice.coefficients[:, columns] = mixed.coefficients(own, within, penalties)
            choice.target_mean[columns] = own.mean[within]
            choice.penalties[columns] = penalties


def _improve(
    choice: BandedChoice, place: int, mixed: RidgeProblem, part: slice, batch: Batch
) -> tuple[np.ndarray, np.ndarray]:
    """Score a batch; return those targets that the mixture serves best so far, and penalties."""
    scores = mixed.scores(batch)
    scores[:, choice.undefined[part] | choice.constant[part]] = np.nan
    best = np.where(np.isnan(scores), -np.inf, scores).max(axis=0)
    choice.scores[place, part] = np.where(np.isfinite(best), best, np.nan)
    better = (best > choice.best[part]) | (place == 0)
    columns = np.arange(part.start, part.stop)[better]
    choice.best[columns] = best[better]
    return columns, best_penalties(scores[:, better], mixed.grid)
