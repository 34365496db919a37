"""Pixel correlation of each reconstruction with what was seen."""

import numpy as np

from afterimage.evaluate.similarity import standardised_rows


def pixel_correlation(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Correlate all pixels (and colours) of each reconstruction with its picture.

    Parameters
    ----------
    predicted, actual : ndarray of float, shape (n, height, width, channels) or (n, height, width)

    Returns
    -------
    ndarray, shape (n,)
        Pearson r; NaN where a picture is uniform.
    """
    return np.einsum("ij,ij->i", standardised_rows(predicted), standardised_rows(actual))
