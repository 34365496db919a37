"""The fixed 8 x 8 x 3 thumbnail that simulated data know the truth about."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.features.resize import resize

SIDE = 8
RESIZED = 64


class ThumbnailConfig(Entry):
    """Means over an 8 x 8 grid of blocks."""

    name: Literal["thumbnail"] = Field(description="The extractor's name.")


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Average a picture over an 8 x 8 grid of equal blocks.

    y[i, j, c] = mean of image[rows of block i, columns of block j, c] / 255.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        A picture whose sides are not multiples of 8 is first brought to 64 x 64 by area means
        (Pillow's BOX).

    Returns
    -------
    ndarray of float64, shape (8, 8, 3)
        In [0, 1], linear in the pixels.
    """
    if image.shape[0] % SIDE or image.shape[1] % SIDE:
        image = resize(image, RESIZED, RESIZED, "box")
    height, width, colours = image.shape
    blocks = image.reshape(SIDE, height // SIDE, SIDE, width // SIDE, colours)
    return blocks.mean(axis=(1, 3)) / 255.0


class Thumbnail:
    """Block means, shape (8, 8, 3)."""

    Config: ClassVar[type[Entry]] = ThumbnailConfig
    needs: Literal["image", "table"] = "image"
    shape: tuple[int, ...] = (SIDE, SIDE, 3)
    dims: tuple[str, ...] = ("row", "column", "colour")
    unit = "fraction of the display range"

    def __init__(self, config: ThumbnailConfig, device: str = "cpu") -> None:
        self.config = config

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Need nothing of the table."""

    def extract(self, images: Sequence[np.ndarray], stimuli: pd.DataFrame) -> np.ndarray:
        """Average pictures.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3)
        stimuli : DataFrame
            Not used.

        Returns
        -------
        ndarray of float32, shape (n, 8, 8, 3)
        """
        values = np.empty((len(images), *self.shape), dtype=np.float32)
        for row, image in zip(values, images, strict=True):
            row[:] = thumbnail(image)
        return values
