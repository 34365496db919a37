"""Ridge regression with one penalty per target, chosen by exact leave-one-stimulus-out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from afterimage.models.decomposition import Decomposition
from afterimage.models.leave_out import (
    Layout,
    apply_blocks,
    held_out_mean_error,
    held_out_residuals,
    inverse_blocks,
)

# Of one work array; several exist at a time.
BLOCK_BYTES = 64 << 20


@dataclass(frozen=True)
class RidgeFit:
    """What :func:`ridge_cv` found.

    Attributes
    ----------
    weights : ndarray, shape (p, q)
    intercept : ndarray, shape (q,)
    target_mean : ndarray, shape (q,)
        Prediction at the mean of the inputs.
    penalties : ndarray, shape (q,)
        The chosen penalty of each target.
    cv_r2 : ndarray, shape (q,)
        1 - held-out error / held-out error of the mean; 0 for constant targets.
    at_lowest, at_highest : int
        How many varying targets chose the first or last penalty of the grid.
    """

    weights: np.ndarray
    intercept: np.ndarray
    target_mean: np.ndarray
    penalties: np.ndarray
    cv_r2: np.ndarray
    at_lowest: int
    at_highest: int


def penalty_grid(
    decomposition: Decomposition, penalties: Sequence[float], *, relative: bool
) -> np.ndarray:
    """Return the penalties in ascending order, in units of the inputs' Gram matrix.

    Parameters
    ----------
    decomposition : Decomposition
    penalties : sequence of float
        All above zero.
    relative : bool
        Whether they are multiples of the mean non-zero eigenvalue of the Gram matrix, so that a
        grid fits inputs of any scale, number of rows and number of columns.
    """
    grid = np.unique(np.asarray(penalties, dtype=np.float64))
    return grid * decomposition.scale() if relative else grid


def target_blocks(n: int, q: int) -> Iterator[slice]:
    """Cut q targets of n rows into blocks of bounded size."""
    width = max(1, BLOCK_BYTES // (8 * max(n, 1)))
    for start in range(0, q, width):
        yield slice(start, min(start + width, q))


def is_constant(targets: np.ndarray) -> np.ndarray:
    """Tell which targets (columns) do not vary, shape (q,)."""
    return np.ptp(targets, axis=0) == 0


def held_out_errors(
    decomposition: Decomposition,
    layout: Layout,
    targets: np.ndarray,
    grid: np.ndarray,
    inverses: Sequence[list[np.ndarray]],
) -> np.ndarray:
    """Return summed squared held-out residuals for each penalty and target.

    Parameters
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
    targets : ndarray, shape (n, q)
        Centred.
    grid : ndarray, shape (a,)
    inverses : sequence of list of ndarray
        Of each penalty, from :func:`afterimage.models.leave_out.inverse_blocks`.

    Returns
    -------
    ndarray, shape (a, q)
    """
    projected = decomposition.project(targets)
    errors = np.empty((len(grid), targets.shape[1]))
    for row, (penalty, inverse) in enumerate(zip(grid, inverses, strict=True)):
        residuals = decomposition.residuals(targets, projected, penalty)
        held_out = apply_blocks(inverse, layout, residuals)
        errors[row] = np.einsum("ij,ij->j", held_out, held_out)
    return errors


def choose_penalties(errors: np.ndarray, grid: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Return the best penalty of each target; the larger of two equals, the largest if constant.

    Parameters
    ----------
    errors : ndarray, shape (a, q)
    grid : ndarray, shape (a,)
        Ascending.
    constant : ndarray of bool, shape (q,)
    """
    best = len(grid) - 1 - np.argmin(errors[::-1], axis=0)
    return np.where(constant, grid[-1], grid[best])


def ridge_cv(
    decomposition: Decomposition,
    targets: np.ndarray,
    layout: Layout,
    grid: np.ndarray,
    dtype: str = "float64",
) -> RidgeFit:
    """Fit ridge regression with one penalty per target, chosen by leave-one-group-out.

    Minimises ||Y_t - X b_t - c_t||^2 + alpha_t ||b_t||^2 for each target t. For each penalty of
    the grid the squared residuals of every group, predicted by a fit to all other groups, are
    summed exactly, without refitting; the penalty with the least sum is taken.

    Parameters
    ----------
    decomposition : Decomposition
        Of the inputs, from :func:`afterimage.models.decomposition.decompose`.
    targets : ndarray, shape (n, q)
    layout : tuple of ndarray
        Rows of each group, from :func:`afterimage.models.leave_out.layout_of`.
    grid : ndarray, shape (a,)
        Ascending penalties above zero.
    dtype : str
        Of the returned weights; all computation is in float64.

    Returns
    -------
    RidgeFit

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12, equation 2.1;
    Golub, Heath & Wahba (1979), Technometrics 21, equation 2.3, here with groups.
    """
    n, q = targets.shape
    inverses = [inverse_blocks(decomposition, layout, penalty) for penalty in grid]
    weights = np.empty((decomposition.centred.shape[1], q), dtype=dtype)
    means, penalties, cv_r2, constant = (np.empty(q) for _ in range(4))
    for part in target_blocks(n, q):
        block = targets[:, part].astype(np.float64)
        constant[part] = still = is_constant(block)
        means[part] = np.where(still, block[0], block.mean(axis=0))
        block -= means[part]
        errors = held_out_errors(decomposition, layout, block, grid, inverses)
        penalties[part] = choose_penalties(errors, grid, still)
        reference = held_out_mean_error(layout, block)
        cv_r2[part] = 1 - errors.min(axis=0) / np.where(still, 1.0, reference)
        weights[:, part] = decomposition.weights(decomposition.project(block), penalties[part])
    varying = constant == 0
    return RidgeFit(
        weights=weights,
        intercept=means - decomposition.mean @ weights,
        target_mean=means,
        penalties=penalties,
        cv_r2=np.where(varying, cv_r2, 0.0),
        at_lowest=int((varying & (penalties == grid[0])).sum()),
        at_highest=int((varying & (penalties == grid[-1])).sum()),
    )


def held_out_predictions(
    decomposition: Decomposition, layout: Layout, targets: np.ndarray, penalties: np.ndarray
) -> np.ndarray:
    """Predict each training row by a fit, at given penalties, that did not see its group.

    Parameters
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
    targets : ndarray, shape (n, q)
    penalties : ndarray, shape (q,)

    Returns
    -------
    ndarray of float64, shape (n, q)
    """
    predicted = np.empty(targets.shape)
    for penalty in np.unique(penalties):
        same = penalties == penalty
        block = targets[:, same].astype(np.float64)
        predicted[:, same] = block - held_out_residuals(decomposition, layout, block, penalty)
    return predicted
