"""Ridge refits on shuffled training pairs: one decomposition for all of them.

A decoder's target is the same for all repetitions of a stimulus, Y = Z T with one row of T per
stimulus. The summed squared held-out residual of a target t is then a quadratic form t' S t with
one matrix S (stimuli x stimuli) per penalty, and shuffling stimuli only permutes t.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from afterimage.models.decomposition import Decomposition
from afterimage.models.leave_out import Layout, apply_blocks, inverse_blocks
from afterimage.models.ridge import choose_penalties, is_constant, target_blocks

BLOCK_ROWS = 128


def error_form(
    decomposition: Decomposition, layout: Layout, members: np.ndarray, penalty: float
) -> np.ndarray:
    """Return the matrix S of the held-out error of targets that are constant within groups.

    Parameters
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
    members : ndarray of int, shape (n,)
        Position of each row's group among the groups.
    penalty : float

    Returns
    -------
    ndarray, shape (groups, groups)
        Symmetric; t' S t is the summed squared error of the target ``t[members]``.
    """
    indicator = np.zeros((decomposition.n, int(members.max()) + 1))
    indicator[np.arange(decomposition.n), members] = 1.0
    centred = indicator - indicator.mean(axis=0)
    residuals = decomposition.residuals(centred, decomposition.project(centred), penalty)
    held_out = apply_blocks(inverse_blocks(decomposition, layout, penalty), layout, residuals)
    return held_out.T @ held_out


def quadratic(form: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return v' S v of each column v for symmetric S, from the blocks above its diagonal only."""
    result = np.zeros(vectors.shape[1])
    for start in range(0, len(form), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        right = form[rows, start + BLOCK_ROWS :] @ vectors[start + BLOCK_ROWS :]
        product = form[rows, rows] @ vectors[rows] + 2 * right
        result += np.einsum("ij,ij->j", vectors[rows], product)
    return result


def shuffled_penalties(
    decomposition: Decomposition,
    layout: Layout,
    members: np.ndarray,
    values: np.ndarray,
    orders: Sequence[np.ndarray],
    grid: np.ndarray,
) -> np.ndarray:
    """Choose the penalty of each target in each refit.

    Parameters
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
    members : ndarray of int, shape (n,)
    values : ndarray, shape (groups, q)
        The target of each group.
    orders : sequence of ndarray of int, each of shape (groups,)
        In refit k, group g is paired with the target of group ``orders[k][g]``.
    grid : ndarray, shape (a,)

    Returns
    -------
    ndarray, shape (refits, q)
    """
    groups, q = values.shape
    # Without this a target far from zero loses digits in the quadratic form.
    values = values - values.mean(axis=0)
    errors = np.empty((len(grid), len(orders), q))
    for row, penalty in enumerate(grid):
        form = error_form(decomposition, layout, members, penalty)
        for refit, order in enumerate(orders):
            for part in target_blocks(groups, q):
                errors[row, refit, part] = quadratic(form, values[order, part])
    constant = is_constant(values)
    return np.stack(
        [choose_penalties(errors[:, refit], grid, constant) for refit in range(len(orders))]
    )


def shuffled_fits(
    decomposition: Decomposition,
    layout: Layout,
    members: np.ndarray,
    values: np.ndarray,
    orders: Sequence[np.ndarray],
    grid: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield (weights, means of the targets, penalties) of each refit, as ``ridge_cv`` would.

    Parameters are those of :func:`shuffled_penalties`.
    """
    penalties = shuffled_penalties(decomposition, layout, members, values, orders, grid)
    counts = np.bincount(members)
    summed = np.zeros((len(counts), decomposition.rows.shape[1]))
    np.add.at(summed, members, decomposition.rows)
    for order, chosen in zip(orders, penalties, strict=True):
        shuffled = values[order]
        means = counts @ shuffled / decomposition.n
        weights = decomposition.weights(summed.T @ (shuffled - means), chosen)
        yield weights, means, chosen
