"""Subtract the training-fold mean from both sides before an identification."""

import numpy as np

from afterimage.evaluate.similarity import NEAR_ZERO, flat_rows, row_lengths


def centre(values: np.ndarray, means: np.ndarray, resolution: float = 0.0) -> np.ndarray:
    """Subtract from each row the training mean of its own fold.

    Without this a held-out picture, which is anti-correlated with the mean of the others, makes
    an uninformed decoder score below one half. Each candidate loses the mean of the fold in
    which *it* was held out, so that all candidates are treated alike.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
        Predictions or actual features.
    means : ndarray, shape (n, ...)
        For each row the mean over the training stimuli of the row's fold.
    resolution : float
        Steps in which the values are stored, in the unit of the values: 1/255 for pixels of an
        eight-bit picture in [0, 1], zero for numbers.

    Returns
    -------
    ndarray of float64, shape (n, q)
        A row that equals its mean, up to rounding (1e-6 of its size) or half a step of
        ``resolution`` everywhere, is exactly zero. Its correlations are then undefined, which
        counts as a tie: a decoder that always answers with the mean scores exactly one half.
    """
    rows = flat_rows(values)
    shift = flat_rows(means)
    difference = rows - shift
    rounding = NEAR_ZERO * np.maximum(row_lengths(rows), row_lengths(shift))
    half_step = 0.5 * resolution * (1 + NEAR_ZERO)
    is_mean = (row_lengths(difference) <= rounding) | (
        np.abs(difference).max(axis=1, initial=0.0) <= half_step
    )
    difference[is_mean] = 0.0
    return difference
