"""Checkpoints of a training loop: one safetensors file, written whole or not at all."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from afterimage.contracts.modelfiles import load_tensors, part, save_tensors
from afterimage.models.torch_state import (
    load_moments,
    load_parameters,
    moments_of,
    parameters_of,
)

NAME = "checkpoint.safetensors"


@dataclass
class Progress:
    """Where a training loop stands after an epoch.

    Attributes
    ----------
    epoch : int
        Epochs done.
    stale : int
        Epochs since the best one.
    best_epoch : int
    best_loss : float
        Least validation loss so far.
    losses : list of float
        Validation loss of each epoch.
    best : dict
        Parameters of the best epoch.
    """

    epoch: int = 0
    stale: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    losses: list[float] = field(default_factory=list)
    best: dict[str, np.ndarray] = field(default_factory=dict)

    def record(self, loss: float, network: nn.Module) -> None:
        """Take note of an epoch that has ended."""
        self.epoch += 1
        self.losses.append(loss)
        self.stale += 1
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.stale = loss, self.epoch, 0
            self.best = parameters_of(network)


def save_checkpoint(
    work: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    progress: Progress,
    fingerprint: np.ndarray,
) -> None:
    """Write everything that the next epoch depends on."""
    counts = np.array([progress.epoch, progress.stale, progress.best_epoch])
    tensors = {
        "fingerprint": fingerprint,
        "counts": counts,
        "best_loss": np.array([progress.best_loss]),
        "losses": np.array(progress.losses),
    }
    tensors |= {f"network/{k}": v for k, v in parameters_of(network).items()}
    tensors |= {f"best/{k}": v for k, v in progress.best.items()}
    tensors |= {f"optimiser/{k}": v for k, v in moments_of(optimiser).items()}
    save_tensors(work / NAME, tensors)


def resume(
    work: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    fingerprint: np.ndarray,
) -> Progress:
    """Take up a loop where its checkpoint left it, or begin.

    A checkpoint of another fit (other rows, settings or seed) is ignored and overwritten later.
    """
    path = work / NAME
    if not path.is_file():
        return Progress()
    tensors = load_tensors(path)
    if not np.array_equal(tensors["fingerprint"], fingerprint):
        return Progress()
    load_parameters(network, part(tensors, "network"))
    load_moments(optimiser, part(tensors, "optimiser"))
    epoch, stale, best_epoch = (int(count) for count in tensors["counts"])
    return Progress(
        epoch,
        stale,
        best_epoch,
        float(tensors["best_loss"][0]),
        tensors["losses"].tolist(),
        part(tensors, "best"),
    )
