"""A variational autoencoder with a linear path, which starts as a principal component analysis.

With x the pixels of a picture, m, V, s mean, components and deviations of the training pictures:

    latent mean     mu(x) = V (x - m) / s  +  e(x)
    latent log var  l(x)  = c              +  f(x)
    picture         g(z)  = m + V' (s z)   +  d(z)

e, f, d are small convolutional networks whose last layers start at zero, so that the first step
already reconstructs as well as the principal components do, colours included; everything is
trained.

References
----------
Kingma & Welling (2014), "Auto-encoding variational Bayes", section 3.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from afterimage.contracts.errors import ConfigError
from afterimage.models.targets import principal_components
from afterimage.models.torch_state import load_parameters, parameters_of

PATCH = 4
MULTIPLE = 8  # sides are padded to it: a patch, then one stride of 2
FIRST_LOG_VARIANCE = -4.0
COLOURS = 3


class Vae(nn.Module):
    """Encoder and decoder, each a linear map plus a convolutional rest.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width), any.
    latents : int
        Number of latent dimensions.
    width : int
        Channels of the hidden layers.
    """

    def __init__(self, image_shape: tuple[int, int], latents: int, width: int) -> None:
        super().__init__()
        pixels = COLOURS * image_shape[0] * image_shape[1]
        self.image_shape = image_shape
        self.mean = nn.Parameter(torch.zeros(pixels))
        self.analysis = nn.Parameter(torch.zeros(latents, pixels))
        self.synthesis = nn.Parameter(torch.zeros(pixels, latents))
        self.log_variance = nn.Parameter(torch.full((latents,), FIRST_LOG_VARIANCE))
        self.encoder = EncoderRest(image_shape, latents, width)
        self.decoder = DecoderRest(image_shape, latents, width)

    @classmethod
    def from_pictures(cls, pictures: np.ndarray, latents: int, width: int) -> Self:
        """Make a network whose linear path is the PCA of some pictures.

        The convolutions draw their first weights from torch's global generator: seed it.

        Parameters
        ----------
        pictures : ndarray of uint8, shape (n, H, W, 3)
        latents, width : int

        Raises
        ------
        ConfigError
            If the pictures vary in fewer dimensions than there are latents.
        """
        flat = pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1) / 255.0
        mean = flat.mean(axis=0)
        variances, components = principal_components(flat - mean)
        possible = int((variances > 1e-12 * variances.max(initial=0.0)).sum())
        if latents > possible:
            raise ConfigError(
                f"generator 'vae': latents = {latents}, but the {len(pictures)} training pictures "
                f"of a fold vary in only {possible} dimensions.",
                f"Choose latents <= {possible}.",
            )
        network = cls(pictures.shape[1:3], latents, width)
        deviation = np.sqrt(variances[:latents])[:, None]
        with torch.no_grad():
            network.mean.copy_(torch.from_numpy(mean))
            network.analysis.copy_(torch.from_numpy(components[:latents] / deviation))
            network.synthesis.copy_(torch.from_numpy((components[:latents] * deviation).T.copy()))
        return network

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild a network from :meth:`tensors`."""
        height, width = (int(side) for side in tensors["image_shape"])
        hidden = len(tensors["encoder.first.weight"])
        network = cls((height, width), len(tensors["log_variance"]), hidden)
        weights = {name: values for name, values in tensors.items() if name != "image_shape"}
        load_parameters(network, weights)
        return network

    def tensors(self) -> dict[str, np.ndarray]:
        """Return all weights, and the size of the pictures."""
        size = np.array(self.image_shape, dtype=np.int64)
        return {**parameters_of(self), "image_shape": size}

    def linear_path(self) -> list[nn.Parameter]:
        """Return the parameters that the PCA initialises."""
        return [self.mean, self.analysis, self.synthesis]

    def rest(self) -> list[nn.Parameter]:
        """Return all other parameters."""
        return [self.log_variance, *self.encoder.parameters(), *self.decoder.parameters()]

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the latents, shapes (n, latents).

        Parameters
        ----------
        pictures : Tensor, shape (n, 3, H, W)
            Display range [0, 1].
        """
        mean, log_variance = self.encoder(pictures).chunk(2, dim=1)
        linear = functional.linear(pictures.flatten(1) - self.mean, self.analysis)
        return linear + mean, self.log_variance + log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """Return pictures (n, 3, H, W) of latents (n, latents), not clipped."""
        linear = self.mean + functional.linear(latents, self.synthesis)
        return linear.unflatten(1, (COLOURS, *self.image_shape)) + self.decoder(latents)


class EncoderRest(nn.Module):
    """Pictures (n, 3, H, W) to corrections of latent mean and log variance (n, 2 latents)."""

    def __init__(self, image_shape: tuple[int, int], latents: int, width: int) -> None:
        super().__init__()
        rows, columns = coarse(image_shape)
        self.padding = padding(image_shape)
        self.first = nn.Conv2d(COLOURS * PATCH**2, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 4, stride=2, padding=1)
        self.last = zero(nn.Linear(width * rows * columns, 2 * latents))

    def forward(self, pictures: Tensor) -> Tensor:
        """Apply the convolutions to patches of 4 x 4 pixels."""
        padded = functional.pad(pictures, self.padding, mode="replicate")
        hidden = functional.silu(self.first(functional.pixel_unshuffle(padded, PATCH)))
        hidden = functional.silu(self.second(hidden))
        result: Tensor = self.last(hidden.flatten(1))
        return result


class DecoderRest(nn.Module):
    """Latents (n, latents) to corrections of pictures (n, 3, H, W)."""

    def __init__(self, image_shape: tuple[int, int], latents: int, width: int) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.grid = (width, *coarse(image_shape))
        self.first = nn.Linear(latents, int(np.prod(self.grid)))
        self.second = nn.ConvTranspose2d(width, width, 4, stride=2, padding=1)
        self.third = nn.Conv2d(width, width, 3, padding=1)
        self.last = zero(nn.Conv2d(width, COLOURS * PATCH**2, 3, padding=1))

    def forward(self, latents: Tensor) -> Tensor:
        """Draw patches of 4 x 4 pixels and cut the padding off."""
        hidden = functional.silu(self.first(latents).unflatten(1, self.grid))
        hidden = functional.silu(self.second(hidden))
        hidden = functional.silu(self.third(hidden))
        height, width = self.image_shape
        return functional.pixel_shuffle(self.last(hidden), PATCH)[:, :, :height, :width]


def zero(layer: nn.Module) -> nn.Module:
    """Set all parameters of a layer to zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def padding(image_shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return what to add left, right, above and below so that sides are multiples of 8."""
    height, width = image_shape
    return (0, -width % MULTIPLE, 0, -height % MULTIPLE)


def coarse(image_shape: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of the coarsest grid."""
    height, width = image_shape
    return -(-height // MULTIPLE), -(-width // MULTIPLE)
