"""Pixels themselves, at a size of one's choice."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.features.luminance import luminance
from afterimage.features.resize import Resample, resize


class PixelsConfig(Entry):
    """Pixel values of the resized picture."""

    name: Literal["pixels"] = Field(description="The extractor's name.")
    size: int = Field(64, ge=1, le=4096, description="Side of the square picture, in pixels.")
    colour: Literal["rgb", "grey"] = Field(
        "rgb", description="Three channels, or one: luma by ITU-R BT.601."
    )
    resample: Resample = Field(
        "bilinear", description="Pillow filter for pictures of another size; 'box' is area means."
    )


class Pixels:
    """Pixel values in [0, 1], shape (size, size, 3) or (size, size, 1)."""

    Config: ClassVar[type[Entry]] = PixelsConfig
    needs: Literal["image", "table"] = "image"
    dims: tuple[str, ...] = ("row", "column", "colour")
    unit = "fraction of the display range"

    def __init__(self, config: PixelsConfig, device: str = "cpu") -> None:
        self.config = config
        self.shape: tuple[int, ...] = (config.size, config.size, 3 if config.colour == "rgb" else 1)

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Need nothing of the table."""

    def extract(self, images: Sequence[np.ndarray], stimuli: pd.DataFrame) -> np.ndarray:
        """Resize and scale pictures.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3)
        stimuli : DataFrame
            Not used.

        Returns
        -------
        ndarray of float32, shape (n, *shape)
        """
        values = np.empty((len(images), *self.shape), dtype=np.float32)
        for row, image in zip(values, images, strict=True):
            row[:] = self._scaled(image)
        return values

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        side = self.config.size
        resized = resize(image, side, side, self.config.resample)
        return resized / 255.0 if self.config.colour == "rgb" else luminance(resized)[..., None]
