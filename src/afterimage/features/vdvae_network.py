"""The very deep VAE of Child (2021), as far as latents of a picture need it, in torch.

A bottom-up encoder leaves an activation at each resolution; a top-down path of blocks, from 1 x 1
pixel to the picture, then infers one latent per block. Parameters have the names of the published
checkpoints.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from afterimage.features.vdvae_layout import Layout, Step

# Beyond this side the published networks learn no starting picture.
LARGEST_START = 64
# Ten logistics per pixel, each with a weight and three means, scales and coefficients.
OUTPUTS = 100


class Bottleneck(nn.Module):
    """Four convolutions; those in the middle see neighbours where there are enough."""

    def __init__(self, before: int, after: int, width: int, side: int) -> None:
        super().__init__()
        middle, near = width // 4, 3 if side > 2 else 1
        self.c1 = nn.Conv2d(before, middle, 1)
        self.c2 = nn.Conv2d(middle, middle, near, padding=near // 2)
        self.c3 = nn.Conv2d(middle, middle, near, padding=near // 2)
        self.c4 = nn.Conv2d(middle, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply each convolution to the activation of what came before."""
        for convolution in (self.c1, self.c2, self.c3, self.c4):
            x = convolution(functional.gelu(x))
        return x


class Encoder(nn.Module):
    """The bottom-up path."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        width = layout.width
        self.steps = layout.encoder
        self.in_conv = nn.Conv2d(3, width, 3, padding=1)
        self.enc_blocks = nn.ModuleList(
            Bottleneck(width, width, width, step.side) for step in layout.encoder
        )

    def forward(self, pictures: Tensor) -> dict[int, Tensor]:
        """Return the last activation at each side, shape (n, width, side, side)."""
        x = self.in_conv(pictures)
        activations = {x.shape[-1]: x}
        for step, block in zip(self.steps, self.enc_blocks, strict=True):
            x = x + block(x)
            if step.down is not None:
                x = functional.avg_pool2d(x, step.down)
            activations[x.shape[-1]] = x
        return activations


class TopDownBlock(nn.Module):
    """Infers a latent from the picture so far and the encoder's activation, and adds it."""

    def __init__(self, step: Step, width: int, latent: int) -> None:
        super().__init__()
        self.step, self.latent = step, latent
        self.enc = Bottleneck(2 * width, 2 * latent, width, step.side)
        self.prior = Bottleneck(width, 2 * latent + width, width, step.side)
        self.z_proj = nn.Conv2d(latent, width, 1)
        self.resnet = Bottleneck(width, width, width, step.side)

    def posterior(self, x: Tensor, activation: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log deviation of the latent, each (n, latent, side, side)."""
        mean, log_sd = self.enc(torch.cat([x, activation], dim=1)).chunk(2, dim=1)
        return mean, log_sd

    def add(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the picture after this block."""
        # What the prior says of the latent itself is not needed: it is given.
        x = x + self.prior(x)[:, 2 * self.latent :]
        x = x + self.z_proj(z)
        return x + self.resnet(x)


class Decoder(nn.Module):
    """The top-down path."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        width = layout.width
        sides = sorted({step.side for step in layout.decoder})
        self.dec_blocks = nn.ModuleList(
            TopDownBlock(step, width, layout.latent) for step in layout.decoder
        )
        self.bias_xs = nn.ParameterList(
            nn.Parameter(torch.zeros(1, width, side, side))
            for side in sides
            if side <= LARGEST_START
        )
        # Of use to draw pictures only; here so that every name of a checkpoint is accounted for.
        self.out_net = nn.ModuleDict({"out_conv": nn.Conv2d(width, OUTPUTS, 1)})
        self.gain = nn.Parameter(torch.ones(1, width, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, width, 1, 1))


class Vdvae(nn.Module):
    """Encoder and top-down path."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.encoder = Encoder(layout)
        self.decoder = Decoder(layout)

    def latents(
        self, pictures: Tensor, count: int, noise: Sequence[Tensor] | None = None
    ) -> Iterator[Tensor]:
        """Yield the first latents of pictures, from the top down.

        Parameters
        ----------
        pictures : Tensor, shape (n, 3, side, side)
            Normalised as in training.
        count : int
        noise : sequence of Tensor, optional
            Standard normal, in the shapes of the latents: they are then drawn from the
            posterior. By default each is its mean. Later latents depend on the earlier ones.

        Yields
        ------
        Tensor, shape (n, latent, side, side)
        """
        activations = self.encoder(pictures)
        shown = {start.shape[-1]: start for start in self.decoder.bias_xs}
        for number in range(count):
            block: Any = self.decoder.dec_blocks[number]
            activation = activations[block.step.side]
            start = shown.get(block.step.side)
            x = torch.zeros_like(activation) if start is None else start.expand_as(activation)
            if block.step.above is not None:
                factor = block.step.side // block.step.above
                x = x + functional.interpolate(shown[block.step.above], scale_factor=factor)
            z, log_sd = block.posterior(x, activation)
            if noise is not None:
                z = z + log_sd.exp() * noise[number]
            shown[block.step.side] = block.add(x, z)
            yield z


def empty_network(layout: Layout) -> Vdvae:
    """Return a network without weights, for its names and shapes; it takes no memory."""
    with torch.device("meta"):
        return Vdvae(layout)


def with_weights(layout: Layout, weights: Mapping[str, Tensor]) -> Vdvae:
    """Return a network that holds the given weights; names and shapes have been compared."""
    network = empty_network(layout)
    network.load_state_dict(dict(weights), assign=True)
    return network.float().eval().requires_grad_(False)
