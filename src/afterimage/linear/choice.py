"""The best penalty of each target, or of targets that share one."""

import numpy as np


def best_penalties(
    scores: np.ndarray, grid: np.ndarray, share: np.ndarray | None = None
) -> np.ndarray:
    """Return the penalty of each target; the larger of two equals, the largest without a score.

    Parameters
    ----------
    scores : ndarray, shape (a, q)
        Higher is better; NaN where there is none.
    grid : ndarray, shape (a,)
        Ascending.
    share : ndarray, shape (q,), optional
        Targets with one label get the best penalty by the mean of their scores.
    """
    if share is not None:
        scores = scores.copy()
        for label in np.unique(share):
            own = np.flatnonzero((share == label) & ~np.isnan(scores).all(axis=0))
            if len(own):
                scores[:, share == label] = scores[:, own].mean(axis=1, keepdims=True)
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    best = len(grid) - 1 - ranked[::-1].argmax(axis=0)
    return np.array(grid[best])
