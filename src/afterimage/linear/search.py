"""Which penalties are tried for which targets."""

import numpy as np

from afterimage.linear.decomposition import CHUNK, Decomposition
from afterimage.linear.held_out import Batch, HeldOut
from afterimage.linear.scores import Tally


def grid_scores(held_out: HeldOut, batch: Batch, tally: Tally, penalties: int) -> np.ndarray:
    """Score every penalty for every target of a batch, shape (a, q)."""
    tally.take(held_out, batch, np.ones((penalties, len(batch.mean)), dtype=bool))
    return tally.scores()


def bracket_scores(
    held_out: HeldOut, batch: Batch, tally: Tally, starts: np.ndarray, penalties: int
) -> np.ndarray:
    """Score each target around where it starts, until its best penalty is not on the edge.

    A target whose score has several peaks over the grid may keep the one nearest to its start.

    Parameters
    ----------
    held_out : HeldOut
    batch : Batch
    tally : Tally
    starts : ndarray of int, shape (q,)
        Place in the grid.
    penalties : int

    Returns
    -------
    ndarray, shape (a, q)
        NaN where nothing was computed.
    """
    every = np.arange(len(starts))
    known = np.zeros((penalties, len(starts)), dtype=bool)
    wanted = known.copy()
    for side in (-1, 0, 1):
        wanted[np.clip(starts + side, 0, penalties - 1), every] = True
    steps = [[place] for place in range(penalties)]
    if not held_out.one_by_one:
        steps = [list(range(penalties))]
    while wanted.any():
        for places in steps:
            now = np.zeros_like(wanted)
            now[places] = wanted[places]
            if now.any():
                tally.take(held_out, batch, now)
                known |= now
                wanted &= ~now
                _walk_on(np.where(known, tally.scores(), -np.inf), known, wanted)
        # Who climbed was followed on the way up; now who descends.
        steps.reverse()
    return np.where(known, tally.scores(), np.nan)


def _walk_on(scores: np.ndarray, known: np.ndarray, wanted: np.ndarray) -> None:
    """Want what lies beside the best of those targets that wait for nothing else."""
    done = np.flatnonzero(~wanted.any(axis=0))
    best = np.where(np.isnan(scores[:, done]), -np.inf, scores[:, done]).argmax(axis=0)
    for side in (-1, 1):
        beside = np.clip(best + side, 0, len(known) - 1)
        wanted[beside, done] |= ~known[beside, done]


def generalised_scores(decomposition: Decomposition, batch: Batch, grid: np.ndarray) -> np.ndarray:
    """Score by generalised cross-validation, which needs no fold.

    Parameters
    ----------
    decomposition : Decomposition
    batch : Batch
        With coordinates.
    grid : ndarray, shape (a,)

    Returns
    -------
    ndarray of float64, shape (a, q)
        1 - GCV / the same of the mean alone: higher is better, as in R2. NaN for constant targets.

    References
    ----------
    Golub, Heath & Wahba (1979), Technometrics 21, equation 1.4.
    """
    assert batch.coordinates is not None, "the batch was not projected"
    backend, values = decomposition.backend, decomposition.eigenvalues
    shrink = values + grid[:, None]
    factors = (grid[:, None] / shrink) ** 2
    if not decomposition.dual:
        factors = values / shrink**2 - 2 / shrink
    operator = backend.put(factors, "float64")
    error = np.empty((len(grid), len(batch.mean)))
    for start in range(0, error.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        own = backend.cast(batch.coordinates[:, part], "float64")
        error[:, part] = backend.get(operator @ (own * own))
    if not decomposition.dual:
        error += batch.total
    degrees = np.array([decomposition.degrees(float(penalty)) for penalty in grid])
    free = decomposition.n - decomposition.intercept
    with np.errstate(invalid="ignore", divide="ignore"):
        scores: np.ndarray = 1 - (error / degrees[:, None] ** 2) / (batch.total / free**2)
    return scores
