"""Bring a picture to a size, by Pillow's filters and nothing else."""

from typing import Literal

import numpy as np
from PIL import Image

Resample = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]


def resize(image: np.ndarray, height: int, width: int, resample: Resample) -> np.ndarray:
    """Resize a picture; one that has the size already is returned untouched.

    The filter's support grows with the reduction, so that reducing does not alias. Proportions
    are not kept: the whole picture fills the new frame.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    height, width : int
        Wanted size in pixels.
    resample : str
        Name of a Pillow filter; "box" is the mean over the area of the new pixel.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    if image.shape[:2] == (height, width):
        return image
    filters = Image.Resampling[resample.upper()]
    return np.asarray(Image.fromarray(image).resize((width, height), filters))
