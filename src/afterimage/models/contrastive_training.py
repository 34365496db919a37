"""The contrastive network and its training: seeded, resumable to the bit, stopped early."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from afterimage.contracts.errors import DataError
from afterimage.contracts.progress import progress as shown
from afterimage.contracts.seeds import derive_seed, rng
from afterimage.models.checkpoint import Progress, resume, save_checkpoint
from afterimage.models.determinism import deterministic
from afterimage.models.eager_adam import EagerAdamW
from afterimage.models.infonce import info_nce
from afterimage.models.moments import Moments, fingerprint
from afterimage.models.networks import SkipMlp, Temperature
from afterimage.models.torch_state import load_parameters
from afterimage.models.training import TrainingData

if TYPE_CHECKING:
    from afterimage.models.contrastive_mlp import ContrastiveMlpConfig

PREDICT_ROWS = 4096


class ContrastiveNetwork(nn.Module):
    """A :class:`SkipMlp` and the temperature of its loss."""

    def __init__(self, inputs: int, outputs: int, config: "ContrastiveMlpConfig") -> None:
        super().__init__()
        self.body = SkipMlp(inputs, config.hidden, outputs, config.dropout)
        self.temperature = Temperature(config.temperature)

    def forward(self, x: Tensor) -> Tensor:
        """Return predictions of unit length, shape (n, outputs)."""
        return normalize(self.body(x), dim=1)

    def loss(self, x: Tensor, y: Tensor, groups: Tensor) -> Tensor:
        """Return the InfoNCE loss of inputs and targets (both standardised)."""
        similarities = self(x) @ normalize(y, dim=1).T
        return info_nce(self.temperature(similarities), groups)


class Training:
    """One training of the network.

    Parameters
    ----------
    config : ContrastiveMlpConfig
    seed : int
        Of the first weights, the order of trials and dropout.
    device : "cpu" or "cuda"
    inputs, targets : Moments
        How rows are standardised.
    """

    def __init__(
        self,
        config: "ContrastiveMlpConfig",
        seed: int,
        device: str,
        inputs: Moments,
        targets: Moments,
    ) -> None:
        self.config = config
        self.seed = seed
        self.device = torch.device(device)
        self.inputs = inputs
        self.targets = targets

    def run(self, data: TrainingData, validation: TrainingData, work: Path) -> Progress:
        """Train until the validation loss stops falling.

        Parameters
        ----------
        data, validation : TrainingData
        work : Path
            Folder of the checkpoint that is written after each epoch, and taken up.

        Raises
        ------
        DataError
            If the loss is not a number.
        """
        mark = fingerprint(data, self.config.model_dump_json(), str(self.seed), self.device.type)
        with deterministic(self.device):
            torch.manual_seed(derive_seed(self.seed, "weights"))
            widths = len(self.inputs.mean), len(self.targets.mean)
            network = ContrastiveNetwork(*widths, self.config).to(self.device)
            optimiser = adamw(network, self.config)
            held_out = self._tensors(validation.x, validation.y, validation.groups)
            state = resume(work, network, optimiser, mark)
            epochs = range(state.epoch, self.config.epochs)
            for epoch in shown(epochs, self.config.epochs, "epochs"):
                if state.stale >= self.config.patience:
                    break
                self._epoch(network, optimiser, data, epoch)
                state.record(validation_loss(network, held_out, epoch), network)
                save_checkpoint(work, network, optimiser, state, mark)
        return state

    def _epoch(
        self,
        network: ContrastiveNetwork,
        optimiser: torch.optim.AdamW,
        data: TrainingData,
        epoch: int,
    ) -> None:
        """Pass once over the rows; order and dropout depend on seed and epoch alone."""
        torch.manual_seed(derive_seed(self.seed, "dropout", epoch))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(epoch, self.config)
        network.train()
        for x, y, groups in data.batches(self.config.batch_size, rng(self.seed, "order", epoch)):
            if len(np.unique(groups)) < 2:
                continue  # nothing to tell apart
            optimiser.zero_grad()
            network.loss(*self._tensors(x, y, groups)).backward()
            optimiser.step()

    def _tensors(
        self, x: np.ndarray, y: np.ndarray, groups: np.ndarray
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Standardise a batch and number its stimuli."""
        numbers = np.unique(groups, return_inverse=True)[1]
        arrays = self.inputs.standardise(x), self.targets.standardise(y), numbers
        first, second, third = (torch.from_numpy(array).to(self.device) for array in arrays)
        return first, second, third


def adamw(network: nn.Module, config: "ContrastiveMlpConfig") -> EagerAdamW:
    """Return AdamW that lets only matrices decay: not offsets, scales, temperatures.

    References
    ----------
    Loshchilov & Hutter (2019), arXiv:1711.05101, algorithm 2.
    """
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return EagerAdamW(groups, lr=config.learning_rate)


def learning_rate(epoch: int, config: "ContrastiveMlpConfig") -> float:
    """Return the learning rate of an epoch (0-based): half a cosine from full to nothing."""
    return config.learning_rate * (1 + math.cos(math.pi * epoch / config.epochs)) / 2


def validation_loss(
    network: ContrastiveNetwork, held_out: tuple[Tensor, Tensor, Tensor], epoch: int
) -> float:
    """Return the loss of all validation rows at once; DataError if it is not finite."""
    network.eval()
    with torch.no_grad():
        loss = float(network.loss(*held_out))
    if not math.isfinite(loss):
        raise DataError(
            f"contrastive_mlp: the validation loss of epoch {epoch + 1} is {loss}.",
            "Lower learning_rate, and look for extreme values in the responses.",
        )
    return loss


def directions(
    x: np.ndarray,
    outputs: int,
    parameters: dict[str, np.ndarray],
    config: "ContrastiveMlpConfig",
    device: str,
) -> np.ndarray:
    """Return a trained network's predictions, a bounded number of rows at a time.

    Parameters
    ----------
    x : ndarray of float32, shape (n, inputs)
        Standardised.
    outputs : int
    parameters : dict of str to ndarray
        Of the best epoch.
    config : ContrastiveMlpConfig
    device : "cpu" or "cuda"

    Returns
    -------
    ndarray of float32, shape (n, outputs)
        Rows of unit length.
    """
    predictions = np.empty((len(x), outputs), dtype=np.float32)
    with deterministic(torch.device(device)), torch.no_grad():
        network = ContrastiveNetwork(x.shape[1], outputs, config).to(device).eval()
        load_parameters(network, parameters)
        for start in range(0, len(x), PREDICT_ROWS):
            rows = slice(start, start + PREDICT_ROWS)
            predictions[rows] = network(torch.from_numpy(x[rows]).to(device)).cpu().numpy()
    return predictions
