"""Brightness of a colour picture as the eye weighs it."""

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])


def luminance(images: np.ndarray) -> np.ndarray:
    """Weigh red, green and blue to luma, Y' = 0.299 R' + 0.587 G' + 0.114 B'.

    Parameters
    ----------
    images : ndarray, shape (..., 3)
        uint8 in 0..255, or floating point in [0, 1].

    Returns
    -------
    ndarray of float64, shape (...)
        In [0, 1].

    References
    ----------
    ITU-R Recommendation BT.601-7 (2011), section 2.5.1.
    """
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    return np.asarray(images @ (LUMA / scale))
