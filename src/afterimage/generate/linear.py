"""The decoded target itself, read as pixels."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.generate.checks import checked, flat_rows
from afterimage.generate.context import GeneratorContext
from afterimage.generate.pictures import as_pictures
from afterimage.generate.spread import fit_spread


class LinearConfig(Entry):
    """Decoded pixels as they are: the target is the `pixels` extractor, as a rule after a PCA."""

    name: Literal["linear"] = Field(description="The generator's name.")
    match_sd: bool = Field(
        False,
        description="Restore the spread that the decoder took from each dimension of the target, "
        "measured on predictions of left-out training stimuli.",
    )
    largest_gain: float = Field(
        4.0, ge=1, description="Upper bound of that gain; counts with `match_sd` only."
    )


class Linear:
    """The picture is the inverse of the target's transform, clipped to the display range."""

    Config: ClassVar[type[Entry]] = LinearConfig
    trained: ClassVar[bool] = False

    def __init__(self, config: LinearConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config

    def generate(self, decoded: np.ndarray, context: GeneratorContext) -> np.ndarray:
        """Turn decoded pixels into pictures.

        Parameters
        ----------
        decoded : ndarray, shape (n, *target shape)
        context : GeneratorContext
            Its ``target`` leads back to pixels; without one the decoded values are pixels.

        Returns
        -------
        ndarray of uint8, shape (n, height, width, 3)

        Raises
        ------
        DataError
            If a value is not finite.
        ShapeError
            If the target is not made of pixels.
        """
        width = int(np.prod(context.gallery_values.shape[1:], dtype=np.int64))
        flat = checked(decoded, width, "generator 'linear'")
        held_out = context.decoded_training
        if self.config.match_sd and held_out is not None:
            spread = fit_spread(context.gallery_values, held_out, self.config.largest_gain)
            flat = flat_rows(spread.apply(flat))
        if context.target is None:
            values = flat.reshape(decoded.shape)
        else:
            values = context.target.inverse(flat)
        return as_pictures(values, context.image_shape, "generator 'linear'")
