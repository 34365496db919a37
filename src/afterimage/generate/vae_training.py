"""Training of the autoencoder: seeded, resumable to the bit, nothing but training pictures."""

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from afterimage.contracts.modelfiles import load_tensors, part, save_tensors
from afterimage.contracts.progress import progress
from afterimage.contracts.seeds import derive_seed
from afterimage.generate.vae_network import Vae
from afterimage.models.determinism import deterministic
from afterimage.models.eager_adam import EagerAdam
from afterimage.models.torch_state import load_moments, load_parameters, moments_of, parameters_of

BETAS = (0.9, 0.99)
WARM_UP = 30


@dataclass(frozen=True)
class Schedule:
    """How long and how fast, and how pictures are varied.

    Attributes
    ----------
    steps, batch_size : int
    learning_rate, linear_learning_rate : float
        Of the convolutional rest and of the linear path.
    kl_weight : float
        Of the divergence from the prior per latent dimension, beside the mean squared error.
    mirror : bool
        Whether half the pictures of a batch are mirrored left to right.
    smallest_zoom : float
        A batch's pictures are sections of between this share and the whole of a side.
    checkpoint_every : int
        Steps between checkpoints.
    """

    steps: int
    batch_size: int
    learning_rate: float
    linear_learning_rate: float
    kl_weight: float
    mirror: bool
    smallest_zoom: float
    checkpoint_every: int


def train_vae(
    pictures: np.ndarray,
    latents: int,
    width: int,
    schedule: Schedule,
    seed: int,
    work: Path,
    device: str = "cpu",
) -> Vae:
    """Train a network on pictures.

    Minimises, averaged over pixels and latent dimensions,
    ``mean (g(z) - x)^2 + kl_weight * mean KL(N(mu, exp l) || N(0, 1))`` with z drawn once from
    N(mu, exp l), by Adam under a cosine schedule. Each step draws from a seed of its own, so a
    training that goes on from a checkpoint ends with the same bytes as one that was never stopped.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, H, W, 3)
        Training pictures of one fold.
    latents, width : int
        See :class:`~afterimage.generate.vae_network.Vae`.
    schedule : Schedule
    seed : int
    work : Path
        Folder of checkpoints; one of other pictures or settings is not used.
    device : "cpu" or "cuda"

    Returns
    -------
    Vae
        On ``device``.
    """
    mark = _fingerprint(pictures, latents, width, schedule, seed)
    with deterministic(torch.device(device)):
        torch.manual_seed(derive_seed(seed, "weights"))
        network = Vae.from_pictures(pictures, latents, width).to(device)
        optimiser = _optimiser(network, schedule)
        checkpoint = work / "vae.safetensors"
        remaining = range(_resume(checkpoint, mark, network, optimiser), schedule.steps)
        bytes_ = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())
        for step in progress(remaining, len(remaining), "vae"):
            generator = torch.Generator().manual_seed(derive_seed(seed, "step", step))
            batch, noise = _draw(bytes_, latents, schedule, generator)
            _set_rates(optimiser, schedule, step)
            optimiser.zero_grad(set_to_none=True)
            loss(network, batch.to(device), noise.to(device), schedule.kl_weight).backward()
            optimiser.step()
            if (step + 1) % schedule.checkpoint_every == 0 or step + 1 == schedule.steps:
                _save(checkpoint, mark, step + 1, network, optimiser)
    return network


def loss(network: Vae, pictures: Tensor, noise: Tensor, kl_weight: float) -> Tensor:
    """Return reconstruction error plus weighted divergence, a scalar.

    Parameters
    ----------
    network : Vae
    pictures : Tensor, shape (n, 3, H, W)
        Display range [0, 1].
    noise : Tensor, shape (n, latents)
        Standard normal.
    kl_weight : float
    """
    mean, log_variance = network.encode(pictures)
    drawn = mean + torch.exp(0.5 * log_variance) * noise
    error = (network.decode(drawn) - pictures).square().mean()
    divergence = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).mean()
    return error + kl_weight * divergence


def augment(
    pictures: Tensor, mirror: bool, smallest_zoom: float, generator: torch.Generator
) -> Tensor:
    """Cut a random section of each picture, enlarge it to the whole, mirror half of them.

    Parameters
    ----------
    pictures : Tensor, shape (n, 3, H, W)
    mirror : bool
    smallest_zoom : float
        Sections have between this share and the whole of a side, and lie anywhere inside.
    generator : torch.Generator
    """
    n = len(pictures)
    draw = torch.rand(4, n, generator=generator)
    zoom = smallest_zoom + (1 - smallest_zoom) * draw[0]
    sign = torch.where(draw[1] < 0.5, -1.0, 1.0) if mirror else torch.ones(n)
    shift = (2 * draw[2:] - 1) * (1 - zoom)
    affine = torch.zeros(n, 2, 3)
    affine[:, 0, 0], affine[:, 1, 1], affine[:, :, 2] = zoom * sign, zoom, shift.T
    grid = functional.affine_grid(affine, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _draw(
    pictures: Tensor, latents: int, schedule: Schedule, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw a batch and its noise on the CPU: the same numbers for every device."""
    chosen = torch.randint(len(pictures), (schedule.batch_size,), generator=generator)
    batch = pictures[chosen].float() / 255.0
    batch = augment(batch, schedule.mirror, schedule.smallest_zoom, generator)
    return batch, torch.randn(len(batch), latents, generator=generator)


def _optimiser(network: Vae, schedule: Schedule) -> EagerAdam:
    groups = [
        {"params": network.linear_path(), "lr": 0.0, "peak": schedule.linear_learning_rate},
        {"params": network.rest(), "lr": 0.0, "peak": schedule.learning_rate},
    ]
    return EagerAdam(groups, betas=BETAS, fused=True)


def _set_rates(optimiser: torch.optim.Adam, schedule: Schedule, step: int) -> None:
    """Set the learning rates of a step: a short linear rise, then half a cosine."""
    share = min(1.0, (step + 1) / WARM_UP)
    share *= 0.5 * (1 + math.cos(math.pi * step / schedule.steps))
    for group in optimiser.param_groups:
        group["lr"] = share * group["peak"]


def _fingerprint(
    pictures: np.ndarray, latents: int, width: int, schedule: Schedule, seed: int
) -> np.ndarray:
    """Return a digest of everything that the training depends on."""
    settings = {k: v for k, v in asdict(schedule).items() if k != "checkpoint_every"}
    head = repr((sorted(settings.items()), latents, width, seed, pictures.shape))
    digest = hashlib.sha256(head.encode())
    digest.update(pictures.tobytes())
    return np.frombuffer(digest.digest(), dtype=np.uint8)


def _save(
    path: Path, mark: np.ndarray, step: int, network: Vae, optimiser: torch.optim.Adam
) -> None:
    """Write one file, whole or not at all: step, weights and Adam's moments."""
    tensors = {"mark": mark, "step": np.array([step], dtype=np.int64)}
    tensors |= {f"network/{name}": values for name, values in parameters_of(network).items()}
    tensors |= {f"optimiser/{name}": values for name, values in moments_of(optimiser).items()}
    save_tensors(path, tensors)


def _resume(path: Path, mark: np.ndarray, network: Vae, optimiser: torch.optim.Adam) -> int:
    """Take a checkpoint over, if there is one of this very training; return the next step."""
    if not path.exists():
        return 0
    saved = load_tensors(path)
    if "mark" not in saved or not np.array_equal(saved["mark"], mark):
        return 0
    load_parameters(network, part(saved, "network"))
    load_moments(optimiser, part(saved, "optimiser"))
    return int(saved["step"][0])
