"""A very deep VAE for pictures of 16 x 16, with random weights."""

import torch

# How an entry of an extractor describes it.
TINY_VDVAE = {
    "encoder": "16x2,16d2,8x1,8d2,4x1,4d4,1x1",
    "decoder": "1x1,4m1,4x1,8m4,8x1,16m8",
    "width": 16,
    "latent_channels": 3,
    "latents": 4,
}


def vdvae_weights(prefix: str = "") -> dict:
    """Random weights under the names of the published checkpoints, spelt out one by one."""
    width, latent, middle, outputs = 16, 3, 4, 100
    weights = {}

    def convolution(name: str, before: int, after: int, kernel: int) -> None:
        scale = (before * kernel**2) ** -0.5
        weights[f"{prefix}{name}.weight"] = scale * torch.randn(after, before, kernel, kernel)
        weights[f"{prefix}{name}.bias"] = 0.1 * torch.randn(after)

    def block(name: str, before: int, after: int, side: int) -> None:
        near = 3 if side > 2 else 1
        convolution(f"{name}.c1", before, middle, 1)
        convolution(f"{name}.c2", middle, middle, near)
        convolution(f"{name}.c3", middle, middle, near)
        convolution(f"{name}.c4", middle, after, 1)

    convolution("encoder.in_conv", 3, width, 3)
    for number, side in enumerate([16, 16, 16, 8, 8, 4, 4, 1]):
        block(f"encoder.enc_blocks.{number}", width, width, side)
    for number, side in enumerate([1, 4, 4, 8, 8, 16]):
        name = f"decoder.dec_blocks.{number}"
        block(f"{name}.enc", 2 * width, 2 * latent, side)
        block(f"{name}.prior", width, 2 * latent + width, side)
        convolution(f"{name}.z_proj", latent, width, 1)
        block(f"{name}.resnet", width, width, side)
    for number, side in enumerate([1, 4, 8, 16]):
        weights[f"{prefix}decoder.bias_xs.{number}"] = torch.randn(1, width, side, side)
    convolution("decoder.out_net.out_conv", width, outputs, 1)
    weights[f"{prefix}decoder.gain"] = torch.ones(1, width, 1, 1)
    weights[f"{prefix}decoder.bias"] = torch.zeros(1, width, 1, 1)
    return weights
