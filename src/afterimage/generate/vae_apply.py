"""A trained autoencoder at work: pictures to latents and back."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from afterimage.generate.pictures import resized
from afterimage.generate.vae_network import Vae
from afterimage.models.determinism import deterministic

BATCH = 64


def encode(
    pictures: Sequence[np.ndarray], tensors: Mapping[str, np.ndarray], device: str
) -> np.ndarray:
    """Return posterior means of pictures.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (H, W, 3)
        Brought to the size that the network was trained on.
    tensors : mapping of str to ndarray
        From :meth:`afterimage.generate.vae_network.Vae.tensors`.
    device : "cpu" or "cuda"

    Returns
    -------
    ndarray of float32, shape (n, latents)
    """
    network = Vae.from_tensors(tensors).to(device).eval()
    result = np.empty((len(pictures), len(network.log_variance)), dtype=np.float32)
    with deterministic(torch.device(device)), torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            images = resized(pictures[start : start + BATCH], network.image_shape)
            batch = torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(255.0))
            means, _ = network.encode(batch.to(device))
            result[start : start + len(images)] = means.cpu().numpy()
    return result


def decode(latents: np.ndarray, tensors: Mapping[str, np.ndarray], device: str) -> np.ndarray:
    """Return the pixels that latents stand for, in the display range [0, 1] or beyond.

    Parameters
    ----------
    latents : ndarray, shape (n, latents)
    tensors, device
        As in :func:`encode`.

    Returns
    -------
    ndarray of float32, shape (n, H, W, 3)
        Of the size that the network was trained on.
    """
    network = Vae.from_tensors(tensors).to(device).eval()
    result = np.empty((len(latents), *network.image_shape, 3), dtype=np.float32)
    with deterministic(torch.device(device)), torch.inference_mode():
        for start in range(0, len(latents), BATCH):
            batch = torch.from_numpy(latents[start : start + BATCH].astype(np.float32))
            pictures = network.decode(batch.to(device)).permute(0, 2, 3, 1)
            result[start : start + len(batch)] = pictures.cpu().numpy()
    return result
