"""Ridge refits on shuffled training pairs: one decomposition for all of them.

A decoder's target is the same for all repetitions of a stimulus, Y = Z T with one row of T per
stimulus. The summed squared held-out residual of a target t is then a quadratic form t' S t with
one matrix S (stimuli x stimuli) per penalty, and shuffling stimuli only permutes t.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from afterimage.linear.backend import NumpyBackend
from afterimage.linear.choice import best_penalties
from afterimage.linear.matrix import column_blocks, whole
from afterimage.linear.problem import RidgeProblem
from afterimage.linear.quadratic import quadratic
from afterimage.models.ridge_model import RidgeEntry


def exchangeable(config: RidgeEntry) -> bool:
    """Say whether shuffled pairs are scored by one quadratic form: squared errors of stimuli."""
    each = config.folds == "stimulus" and config.scoring == "r2" and config.search == "grid"
    return each and config.per_target and config.standardise != "fold"


def error_form(problem: RidgeProblem, members: np.ndarray, penalty: int) -> np.ndarray:
    """Return the matrix S of the held-out error of targets that are constant within groups.

    Parameters
    ----------
    problem : RidgeProblem
        Each group is a fold.
    members : ndarray of int, shape (n,)
        Position of each row's group among the groups.
    penalty : int
        Its place in the grid.

    Returns
    -------
    ndarray, shape (groups, groups)
        Symmetric; t' S t is the summed squared error of the target ``t[members]``.
    """
    indicator = np.zeros((len(members), int(members.max()) + 1))
    indicator[np.arange(len(members)), members] = 1.0
    wanted = np.zeros((len(problem.grid), indicator.shape[1]), dtype=bool)
    wanted[penalty] = True
    held_out = problem.left_out_residuals(indicator, wanted)
    return held_out.T @ held_out


def shuffled_penalties(
    problem: RidgeProblem,
    members: np.ndarray,
    values: np.ndarray,
    orders: Sequence[np.ndarray],
) -> np.ndarray:
    """Choose the penalty of each target in each refit.

    Parameters
    ----------
    problem : RidgeProblem
    members : ndarray of int, shape (n,)
    values : ndarray, shape (groups, q)
        The target of each group.
    orders : sequence of ndarray of int, each of shape (groups,)
        In refit k, group g is paired with the target of group ``orders[k][g]``.

    Returns
    -------
    ndarray, shape (refits, q)
    """
    still = np.ptp(values, axis=0) == 0
    # Without this a target far from zero loses digits in the quadratic form.
    values = values - values.mean(axis=0)
    errors = np.empty((len(problem.grid), len(orders), values.shape[1]))
    backend = NumpyBackend()
    for penalty in range(len(problem.grid)):
        form = error_form(problem, members, penalty)
        for refit, order in enumerate(orders):
            for part in column_blocks(values):
                errors[penalty, refit, part] = quadratic(backend, form, whole(values, part)[order])
    errors[:, :, still] = np.nan
    return np.stack(
        [best_penalties(-errors[:, refit], problem.grid) for refit in range(len(orders))]
    )


def shuffled_fits(
    problem: RidgeProblem,
    members: np.ndarray,
    values: np.ndarray,
    orders: Sequence[np.ndarray],
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield (weights, means of the targets, penalties) of each refit, as a fit would.

    Parameters are those of :func:`shuffled_penalties`.
    """
    penalties = shuffled_penalties(problem, members, values, orders)
    made = problem.decomposition
    rows = made.backend.get(made.rows())
    counts = np.bincount(members)
    summed = np.zeros((len(counts), rows.shape[1]))
    np.add.at(summed, members, rows)
    for order, chosen in zip(orders, penalties, strict=True):
        shuffled = values[order]
        means = counts @ shuffled / len(rows)
        weights = np.empty((made.inputs.shape[1], values.shape[1]))
        made.solve(made.backend.put(summed.T @ (shuffled - means), made.dtype), chosen, weights)
        yield weights, means, chosen
