"""A small variational autoencoder whose latents are decoded from the brain.

The network's modules import torch, two seconds of work, so each method imports what it needs: this
module is read whenever a configuration is validated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import DataError
from afterimage.generate.checks import checked
from afterimage.generate.context import GeneratorContext
from afterimage.generate.pictures import as_pictures, resized
from afterimage.generate.spread import fit_spread

WHAT = "generator 'vae'"
CHECKPOINT_EVERY = 100  # steps: what a killed job loses at most, and not a result parameter


class VaeConfig(Entry):
    """An autoencoder with a linear path, trained once per fold on the training pictures."""

    name: Literal["vae"] = Field(description="The generator's name.")
    latents: int = Field(
        96, ge=1, description="Dimensions of the latent space, at most those of the pictures."
    )
    width: int = Field(8, ge=1, le=512, description="Channels of the hidden layers.")
    side: int | None = Field(
        None,
        ge=4,
        le=512,
        description="Side of the square pictures that the network sees and makes; null for the "
        "size of the data set's first picture.",
    )
    steps: int = Field(600, ge=1, description="Training steps.")
    batch_size: int = Field(32, ge=2, description="Pictures per training step.")
    learning_rate: float = Field(1e-3, gt=0, description="Peak rate of the convolutions.")
    linear_learning_rate: float = Field(3e-4, ge=0, description="Peak rate of the linear path.")
    kl_weight: float = Field(
        1e-4, ge=0, description="Weight of the divergence from the standard normal prior."
    )
    mirror: bool = Field(True, description="Mirror half of the training pictures.")
    smallest_zoom: float = Field(
        0.8, gt=0, le=1, description="Training pictures are sections of at least this side."
    )
    match_sd: bool = Field(
        True,
        description="Restore the spread that the decoder took from each latent dimension, "
        "measured on predictions of left-out training stimuli, where those are given.",
    )
    largest_gain: float = Field(
        4.0, ge=1, description="Upper bound of that gain; counts with `match_sd` only."
    )


class Vae:
    """Latents (posterior means) are a target like any other; pictures are their decoding."""

    Config: ClassVar[type[Entry]] = VaeConfig
    trained: ClassVar[bool] = True
    uses_held_out: ClassVar[bool] = True
    latent_dims: ClassVar[tuple[str, ...]] = ("latent",)
    latent_unit: ClassVar[str] = "sd of training pictures"

    def __init__(self, config: VaeConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.seed = seed
        self.device = device

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of one picture's latents."""
        return (self.config.latents,)

    def fit(self, pictures: Sequence[np.ndarray], work: Path) -> dict[str, np.ndarray]:
        """Train on pictures.

        Parameters
        ----------
        pictures : sequence of ndarray of uint8, shape (H, W, 3)
            Training pictures of one fold.
        work : Path
            Folder of checkpoints; a training that was killed goes on from there.

        Returns
        -------
        dict of str to ndarray
            The weights.

        Raises
        ------
        DataError
            If there is no picture.
        ConfigError
            If there are more latents than dimensions in which the pictures vary.
        """
        from afterimage.generate.vae_training import Schedule, train_vae

        if len(pictures) == 0:
            raise DataError(f"{WHAT}: no training picture.", "Check the split's training side.")
        side = self.config.side
        image_shape = pictures[0].shape[:2] if side is None else (side, side)
        settings = self.config.model_dump(include=set(Schedule.__dataclass_fields__))
        return train_vae(
            resized(pictures, image_shape),
            self.config.latents,
            self.config.width,
            Schedule(**settings, checkpoint_every=CHECKPOINT_EVERY),
            self.seed,
            work,
            self.device,
        ).tensors()

    def encode(
        self, pictures: Sequence[np.ndarray], tensors: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Return posterior means of pictures, float32, shape (n, latents)."""
        from afterimage.generate.vae_apply import encode

        return encode(pictures, tensors, self.device)

    def generate(self, decoded: np.ndarray, context: GeneratorContext) -> np.ndarray:
        """Turn decoded latents into pictures.

        Parameters
        ----------
        decoded : ndarray, shape (n, latents)
        context : GeneratorContext
            ``tensors`` are the fold's weights, ``gallery_values`` the latents of its training
            stimuli. With ``decoded_training`` and ``match_sd`` the decoded latents get their
            spread back first.

        Returns
        -------
        ndarray of uint8, shape (n, height, width, 3)

        Raises
        ------
        DataError
            If a value is not finite, or the fold has no weights.
        """
        from afterimage.generate.vae_apply import decode

        flat = checked(decoded, self.config.latents, WHAT)
        if context.tensors is None:
            raise DataError(
                f"{WHAT}: no trained weights for fold {context.fold}.", "Train the generator first."
            )
        held_out = context.decoded_training
        if self.config.match_sd and held_out is not None:
            spread = fit_spread(context.gallery_values, held_out, self.config.largest_gain)
            flat = spread.apply(flat)
        pictures = as_pictures(decode(flat, context.tensors, self.device), WHAT)
        return resized(pictures, context.image_shape)
