"""Latents of a very deep VAE (Child 2021), from the coarsest on."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.contracts.files import sha256_of
from afterimage.contracts.seeds import rng
from afterimage.features.inference import FORWARD_ROWS, exact_inference
from afterimage.features.resize import resize
from afterimage.features.vdvae_checkpoint import load_vdvae
from afterimage.features.vdvae_layout import Layout, parse_path

if TYPE_CHECKING:
    from torch import Tensor

# Mean and deviation of the pixels (0 to 255) of ImageNet at 64 x 64, as in the published code.
PIXEL_MEAN = 115.92961967
PIXEL_SD = 69.37404


class VdvaeConfig(Entry):
    """The first latents of a very deep VAE; defaults are the network for 64 x 64 ImageNet."""

    name: Literal["vdvae"] = Field(description="The extractor's name.")
    weights: str = Field(
        min_length=1,
        description="File of weights, such as imagenet64-iter-1600000-model-ema.th.",
    )
    latents: int = Field(31, ge=1, description="How many latents, from the coarsest on.")
    posterior: Literal["mean", "sample"] = Field(
        "mean",
        description="Of each latent's posterior the mean, or a sample, the same one for a stimulus "
        "whenever it is drawn.",
    )
    seed: int = Field(0, ge=0, description="Seed of the samples.")
    encoder: str = Field(
        "64x11,64d2,32x20,32d2,16x9,16d2,8x8,8d2,4x7,4d4,1x5",
        description="Blocks of the encoder in the published notation.",
    )
    decoder: str = Field(
        "1x2,4m1,4x3,8m4,8x7,16m8,16x15,32m16,32x31,64m32,64x12",
        description="Blocks of the top-down path, one latent each.",
    )
    width: int = Field(512, ge=4, multiple_of=4, description="Channels inside.")
    latent_channels: int = Field(16, ge=1, description="Channels of a latent.")

    def layout(self) -> Layout:
        """Return the sizes of the network."""
        encoder, decoder = parse_path(self.encoder), parse_path(self.decoder)
        return Layout(encoder, decoder, self.width, self.latent_channels)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        layout = self.layout()
        layout.check()
        if self.latents > len(layout.decoder):
            raise ValueError(f"'latents' of at most {len(layout.decoder)}, one for each block")
        return self


class Vdvae:
    """Latents of a picture, flattened one after the other; (91168,) for the first 31.

    Within a latent the order is channel, row, column.
    """

    Config: ClassVar[type[Entry]] = VdvaeConfig
    needs: Literal["image", "table", "captions"] = "image"
    dims: tuple[str, ...] = ("value",)
    unit = "1"

    def __init__(self, config: VdvaeConfig, device: str = "cpu") -> None:
        self.config = config
        self.device = device
        self._layout = config.layout()
        self.details: dict[str, Any] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of the chosen latents."""
        return (sum(self._layout.sizes()[: self.config.latents]),)

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Load the weights.

        Raises
        ------
        DataError
            If the file is missing, holds anything but tensors, or belongs to another network.
        """
        path = Path(self.config.weights).expanduser()
        self._network = load_vdvae(path, self._layout).to(self.device)
        self.details = {"weights_sha256": sha256_of(path)}

    def extract(self, images: Sequence[np.ndarray], stimuli: pd.DataFrame) -> np.ndarray:
        """Encode pictures.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3)
            Resized to the network's side, bilinear with antialiasing (Pillow).
        stimuli : DataFrame
            ``stimulus_id`` decides what is drawn of the posterior, if samples are.

        Returns
        -------
        ndarray of float32, shape (n, values)
        """
        values = np.empty((len(images), *self.shape), dtype=np.float32)
        names = stimuli["stimulus_id"].tolist()
        for start in range(0, len(images), FORWARD_ROWS):
            rows = slice(start, start + FORWARD_ROWS)
            values[rows] = self._encode(images[rows], names[rows])
        return values

    def _encode(self, images: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
        import torch

        side = self._layout.side
        small = np.stack([resize(image, side, side, "bilinear") for image in images])
        pixels = (torch.from_numpy(small).float() - PIXEL_MEAN) / PIXEL_SD
        noise = self._noise(names) if self.config.posterior == "sample" else None
        with exact_inference():
            pictures = pixels.permute(0, 3, 1, 2).contiguous().to(self.device)
            found = self._network.latents(pictures, self.config.latents, noise)
            flat = torch.cat([latent.flatten(start_dim=1) for latent in found], dim=1)
        return flat.cpu().numpy()

    def _noise(self, names: Sequence[str]) -> "list[Tensor]":
        """Draw standard normal numbers for each latent, a stimulus's own whatever the batch."""
        import torch

        random = [rng(self.config.seed, name) for name in names]
        noise = []
        for step in self._layout.decoder[: self.config.latents]:
            shape = (self._layout.latent, step.side, step.side)
            rows = [one.standard_normal(shape, dtype=np.float32) for one in random]
            noise.append(torch.from_numpy(np.stack(rows)).to(self.device))
        return noise
