"""Which penalties are tried for which targets."""

from typing import Any

import numpy as np

from afterimage.linear.decomposition import Decomposition
from afterimage.linear.held_out import HeldOut
from afterimage.linear.scores import Scorer


def grid_scores(held_out: HeldOut, projected: Any, scorer: Scorer) -> np.ndarray:
    """Score every penalty for every target of a batch, shape (a, q)."""
    every = slice(None)
    return np.stack(
        [
            scorer.scores(held_out.residuals(projected, penalty, every), every)
            for penalty in range(len(held_out.grid))
        ]
    )


def bracket_scores(
    held_out: HeldOut, projected: Any, scorer: Scorer, starts: np.ndarray
) -> np.ndarray:
    """Score each target around where it starts, until its best penalty is not on the edge.

    A target whose score has several peaks over the grid may keep the one nearest to its start.

    Parameters
    ----------
    held_out : HeldOut
    projected : object
        Of the batch.
    scorer : Scorer
    starts : ndarray of int, shape (q,)
        Place in the grid.

    Returns
    -------
    ndarray, shape (a, q)
        NaN where nothing was computed.
    """
    a, q = len(held_out.grid), len(starts)
    scores = np.full((a, q), np.nan)
    active = np.flatnonzero(scorer.varies)
    low, high = np.maximum(starts - 1, 0), np.minimum(starts + 1, a - 1)
    wanted = np.zeros((a, q), dtype=bool)
    for step in (low, starts, high):
        wanted[step[active], active] = True
    while wanted.any():
        for penalty in np.flatnonzero(wanted.any(axis=1)):
            columns = np.flatnonzero(wanted[penalty])
            residuals = held_out.residuals(projected, int(penalty), columns)
            scores[penalty, columns] = scorer.scores(residuals, columns)
        wanted[:] = False
        found = scores[:, active]
        best = np.where(np.isnan(found), -np.inf, found).argmax(axis=0)
        for side in (-1, 1):
            next_to = best + side
            inside = (next_to >= 0) & (next_to < a)
            unknown = np.isnan(scores[np.clip(next_to, 0, a - 1), active]) & inside
            wanted[next_to[unknown], active[unknown]] = True
    return scores


def generalised_scores(
    decomposition: Decomposition, targets: np.ndarray, coordinates: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """Score by generalised cross-validation, which needs no fold.

    Parameters
    ----------
    decomposition : Decomposition
    targets : ndarray, shape (n, q)
        Centred if there is an intercept.
    coordinates : ndarray, shape (r, q)
    grid : ndarray, shape (a,)

    Returns
    -------
    ndarray of float64, shape (a, q)
        1 - GCV / the same of the mean alone: higher is better, as in R2. NaN for constant targets.

    References
    ----------
    Golub, Heath & Wahba (1979), Technometrics 21, equation 1.4.
    """
    n = decomposition.n
    square = np.square(coordinates, dtype=np.float64)
    shrink = decomposition.eigenvalues + grid[:, None]
    total = np.einsum("ij,ij->j", targets, targets, dtype=np.float64)
    if decomposition.dual:
        error = np.square(grid[:, None] / shrink) @ square
    else:
        error = total + (decomposition.eigenvalues / shrink**2 - 2 / shrink) @ square
    degrees = np.array([decomposition.degrees(float(penalty)) for penalty in grid])
    free = n - decomposition.intercept
    with np.errstate(invalid="ignore", divide="ignore"):
        scores: np.ndarray = 1 - (error / degrees[:, None] ** 2) / (total / free**2)
    return scores
