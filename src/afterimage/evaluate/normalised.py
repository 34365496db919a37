"""Scores as a share of what the noise of the recording leaves to be explained."""

import numpy as np


def usable_ceilings(ceiling_r: np.ndarray, floor: float) -> np.ndarray:
    """Return the ceilings that a score may be divided by.

    Parameters
    ----------
    ceiling_r : ndarray, shape (v,)
        Best correlation of each channel, NaN where unknown.
    floor : float
        Ceilings below it are estimates of almost nothing; a ratio would only show their noise.

    Returns
    -------
    ndarray, shape (v,)
        NaN where there is none, or one at or below zero, or below the floor.
    """
    enough = (ceiling_r >= floor) & (ceiling_r > 0)
    return np.where(enough, ceiling_r, np.nan)


def normalised_r(r: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return r / ceiling; never clipped: ceilings are estimates, and a ratio may pass 1.

    References
    ----------
    Schoppe et al. (2016), Frontiers in Computational Neuroscience 10:10, equation 6.
    """
    return r / usable


def normalised_r2(r2: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return R2 / NC, NC being the explainable share of variance, the squared ceiling."""
    return r2 / usable**2
