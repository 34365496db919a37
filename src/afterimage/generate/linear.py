"""The decoded target itself, read as pixels."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.generate.checks import checked
from afterimage.generate.context import GeneratorContext
from afterimage.generate.pictures import as_pictures

WHAT = "generator 'linear'"


class LinearConfig(Entry):
    """Decoded pixels as they are: the target is the `pixels` extractor, as a rule after a PCA."""

    name: Literal["linear"] = Field(description="The generator's name.")


class Linear:
    """The picture is the inverse of the target's transform, clipped to the display range."""

    Config: ClassVar[type[Entry]] = LinearConfig
    trained: ClassVar[bool] = False

    def __init__(self, config: LinearConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config

    def generate(self, decoded: np.ndarray, context: GeneratorContext) -> np.ndarray:
        """Turn decoded pixels into pictures.

        They keep the size of the pixels: enlarged here and reduced again where they are scored,
        they would no longer be what was decoded.

        Parameters
        ----------
        decoded : ndarray, shape (n, *target shape)
        context : GeneratorContext
            Its ``target`` leads back to pixels; without one the decoded values are pixels.

        Returns
        -------
        ndarray of uint8, shape (n, h, w, 3)
            h and w are those of the target's extractor.

        Raises
        ------
        DataError
            If a value is not finite.
        ShapeError
            If the target is not made of pixels.
        """
        width = int(np.prod(context.gallery_values.shape[1:], dtype=np.int64))
        flat = checked(decoded, width, WHAT)
        if context.target is None:
            return as_pictures(flat.reshape(decoded.shape), WHAT)
        return as_pictures(context.target.inverse(flat), WHAT)
