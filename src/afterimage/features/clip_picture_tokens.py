"""Pictures as the tokens that condition Versatile Diffusion."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from PIL import Image
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.features import checkpoint
from afterimage.features.clip_tokens import ClipEntry, load_clip, picture_tokens
from afterimage.features.inference import exact_inference, in_parts
from afterimage.features.resize import resize

if TYPE_CHECKING:
    from torch import Tensor


class ClipPictureTokensConfig(ClipEntry):
    """CLIP's picture tokens in the shared space, over the length of the class token."""

    name: Literal["clip_picture_tokens"] = Field(description="The extractor's name.")
    resize_first: int | None = Field(
        None,
        ge=1,
        description="Side to which a picture is resized (bilinear, proportions not kept) before "
        "the model's own processor sees it; by default it is not.",
    )


class ClipPictureTokens:
    """Tokens of a picture, class token first; (257, 768) for ViT-L/14."""

    Config: ClassVar[type[Entry]] = ClipPictureTokensConfig
    needs: Literal["image", "table", "captions"] = "image"
    dims: tuple[str, ...] = ("token", "feature")
    unit = "1"

    def __init__(self, config: ClipPictureTokensConfig, device: str = "cpu") -> None:
        self.config = config
        self.device = device
        self.shape: tuple[int, ...] = ()
        self.details: dict[str, Any] = {}

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Load the model and learn the shape of its tokens.

        Raises
        ------
        DataError
            If the checkpoint cannot be had.
        ConfigError
            If it is of another kind of model.
        """
        config = self.config
        self._clip = load_clip(config, self.device)
        self._processor = checkpoint.load_image_processor(config.model, config.revision)
        self.shape = tuple(self._forward([np.full((8, 8, 3), 128, dtype=np.uint8)]).shape[1:])
        self.details = {
            **checkpoint.identity(config.model, self._clip),
            "reader": type(self._processor).__name__,
        }

    def extract(self, images: Sequence[np.ndarray], stimuli: pd.DataFrame) -> np.ndarray:
        """Describe pictures.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3)
            Of any size; the model's own processor resizes, crops and normalises.
        stimuli : DataFrame
            Not used.

        Returns
        -------
        ndarray of float32, shape (n, tokens, d)
        """
        return in_parts(images, self.shape, self._forward)

    def _forward(self, images: Sequence[np.ndarray]) -> "Tensor":
        side = self.config.resize_first
        if side is not None:
            images = [resize(image, side, side, "bilinear") for image in images]
        # Pillow pictures leave no doubt about which axis is colour.
        pictures = [Image.fromarray(image) for image in images]
        pixels = self._processor(images=pictures, return_tensors="pt")["pixel_values"]
        with exact_inference():
            return picture_tokens(self._clip, pixels.to(self.device))
