"""Feature spaces in which pictures and reconstructions are compared."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image

from afterimage.contracts.errors import DataError
from afterimage.contracts.seams import Extractor

BATCH = 64


def picture_features(
    extractor: Extractor, images: Sequence[np.ndarray], batch: int = BATCH
) -> np.ndarray:
    """Describe pictures, such as reconstructions, by the features of an extractor.

    Parameters
    ----------
    extractor : Extractor
        Prepared, and one that reads pictures.
    images : sequence of ndarray of uint8, shape (height, width, 3)
    batch : int
        Pictures at a time; changes memory, not the result.

    Returns
    -------
    ndarray of float32, shape (n, q)

    Raises
    ------
    DataError
        If the extractor reads the table of stimuli: a reconstruction has no row there.
    """
    if extractor.needs != "image":
        raise DataError(
            f"the feature space '{type(extractor).__name__}' reads the table of stimuli, "
            "in which a reconstruction has no row.",
            "Compare reconstructions in a space that is computed from pictures.",
        )
    size = int(np.prod(extractor.shape, dtype=np.int64))
    result = np.empty((len(images), size), dtype=np.float32)
    for low in range(0, len(images), batch):
        some = list(images[low : low + batch])
        table = pd.DataFrame({"stimulus_id": [str(low + i) for i in range(len(some))]})
        result[low : low + len(some)] = extractor.extract(some, table).reshape(len(some), size)
    return result


def picture_array(images: Sequence[np.ndarray], height: int, width: int) -> np.ndarray:
    """Stack pictures of one size as numbers in [0, 1].

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (any height, any width, 3)
        Resized where needed, bilinear with antialiasing (Pillow).
    height, width : int

    Returns
    -------
    ndarray of float32, shape (n, height, width, 3)
    """
    result = np.empty((len(images), height, width, 3), dtype=np.float32)
    for row, image in enumerate(images):
        result[row] = _resized(image, height, width)
    return result / np.float32(255)


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    if image.shape[:2] == (height, width):
        return image
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)
