"""A small network trained to find the stimulus of a response among others."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import normalize

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.modelfiles import part
from afterimage.contracts.progress import progress as shown
from afterimage.contracts.seeds import derive_seed, rng
from afterimage.models.adamw import AdamW
from afterimage.models.checkpoint import (
    Progress,
    load_parameters,
    resume,
    save_checkpoint,
)
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.determinism import deterministic
from afterimage.models.infonce import info_nce
from afterimage.models.moments import Moments, column_moments, fingerprint, with_common_scale
from afterimage.models.networks import SkipMlp, Temperature
from afterimage.models.training import TrainingData

PREDICT_ROWS = 4096


class ContrastiveMlpConfig(Entry):
    """Configuration of the contrastive network."""

    name: Literal["contrastive_mlp"] = Field(
        description="A small network trained with the symmetric InfoNCE loss."
    )
    hidden: int = Field(default=512, gt=0, description="Width of the hidden layer.")
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Of inputs and hidden units.")
    epochs: int = Field(default=40, gt=0, description="At most so many passes over the trials.")
    patience: int = Field(
        default=10, gt=0, description="Stop after so many epochs without a lower validation loss."
    )
    batch_size: int = Field(default=128, ge=2, description="Trials per step.")
    learning_rate: float = Field(
        default=2e-3, gt=0, description="Of AdamW; falls to 0 along a half cosine."
    )
    weight_decay: float = Field(default=0.1, ge=0, description="Of AdamW.")
    temperature: float = Field(
        default=0.1, gt=0, description="First value of the learnt temperature of the loss."
    )


class ContrastiveNetwork(nn.Module):
    """A :class:`SkipMlp` and the temperature of its loss."""

    def __init__(self, inputs: int, outputs: int, config: ContrastiveMlpConfig) -> None:
        super().__init__()
        self.body = SkipMlp(inputs, config.hidden, outputs, config.dropout)
        self.temperature = Temperature(config.temperature)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return predictions of unit length, shape (n, outputs)."""
        return normalize(self.body(x), dim=1)

    def loss(self, x: torch.Tensor, y: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
        """Return the InfoNCE loss of inputs and targets (both standardised)."""
        similarities = self(x) @ normalize(y, dim=1).T
        return info_nce(self.temperature(similarities), groups)


class ContrastiveMlp:
    """Features from responses by a network that tells stimuli apart.

    Maximises the cosine between the prediction for a response and its own target, less the
    training mean, relative to the other targets of the batch. All dimensions of the target are
    divided by one common deviation, so that the loss compares stimuli as the centred
    identification metrics do; for equal weights of all dimensions transform the target by
    ``standardise``. A prediction's direction is learnt, its length is not: it is set to the mean
    length of the training targets, and scale and mean are restored.

    Parameters
    ----------
    config : ContrastiveMlpConfig
    seed : int
        Of the first weights, the order of trials and dropout.
    device : str
        "cpu" or "cuda".
    """

    Config: ClassVar[type[Entry]] = ContrastiveMlpConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "decoder"
    needs_validation: ClassVar[bool] = True

    def __init__(self, config: ContrastiveMlpConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.seed = seed
        self.device = torch.device(device)
        self.inputs = Moments(np.zeros(0), np.zeros(0))
        self.targets = Moments(np.zeros(0), np.zeros(0))
        self.length = 0.0
        self.parameters: dict[str, np.ndarray] = {}
        self._card: dict[str, Any] = {}

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Train until the validation loss stops falling, with a checkpoint after each epoch.

        Raises
        ------
        ConfigError
            If no validation stimuli were carved from the training side.
        """
        require_rows(data.n, "contrastive_mlp")
        validation = require_validation(data)
        self.inputs = column_moments(data.read_x, data.n)
        self.targets = with_common_scale(column_moments(data.read_y, data.n))
        self.length = self._mean_length(data)
        mark = fingerprint(data, self.config.model_dump_json(), str(self.seed), self.device.type)
        with deterministic(self.device):
            done = self._train(data, validation, work, mark)
        self.parameters = done.best
        self._card = {
            "rows": data.n,
            "validation_rows": validation.n,
            "epochs": done.epoch,
            "best_epoch": done.best_epoch,
            "validation_loss": done.best_loss,
            "validation_losses": done.losses,
            "parameters": int(sum(value.size for value in done.best.values())),
        }
        return self

    def _train(
        self, data: TrainingData, validation: TrainingData, work: Path, mark: np.ndarray
    ) -> Progress:
        torch.manual_seed(derive_seed(self.seed, "weights"))
        network = self._network()
        config = self.config
        optimiser = AdamW(list(network.parameters()), config.learning_rate, config.weight_decay)
        held_out = self._tensors(validation.x, validation.y, validation.groups)
        state = resume(work, network, optimiser, mark)
        for epoch in shown(range(state.epoch, self.config.epochs), self.config.epochs, "epochs"):
            if state.stale >= self.config.patience:
                break
            self._epoch(network, optimiser, data, epoch)
            network.eval()
            with torch.no_grad():
                loss = float(network.loss(*held_out))
            if not math.isfinite(loss):
                raise DataError(
                    f"contrastive_mlp: the validation loss of epoch {epoch + 1} is {loss}.",
                    "Lower learning_rate, and look for extreme values in the responses.",
                )
            state.record(loss, network)
            save_checkpoint(work, network, optimiser, state, mark)
        return state

    def _epoch(
        self,
        network: ContrastiveNetwork,
        optimiser: AdamW,
        data: TrainingData,
        epoch: int,
    ) -> None:
        """Pass once over the rows; order and dropout depend on seed and epoch alone."""
        torch.manual_seed(derive_seed(self.seed, "dropout", epoch))
        optimiser.learning_rate = learning_rate(epoch, self.config)
        network.train()
        for x, y, groups in data.batches(self.config.batch_size, rng(self.seed, "order", epoch)):
            if len(np.unique(groups)) < 2:
                continue  # nothing to tell apart
            optimiser.zero_grad()
            network.loss(*self._tensors(x, y, groups)).backward()
            optimiser.step()

    def _network(self) -> ContrastiveNetwork:
        widths = len(self.inputs.mean), len(self.targets.mean)
        return ContrastiveNetwork(*widths, self.config).to(self.device)

    def _tensors(
        self, x: np.ndarray, y: np.ndarray, groups: np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Standardise a batch and number its stimuli."""
        numbers = np.unique(groups, return_inverse=True)[1]
        arrays = self.inputs.standardise(x), self.targets.standardise(y), numbers
        first, second, third = (torch.from_numpy(array).to(self.device) for array in arrays)
        return first, second, third

    def _mean_length(self, data: TrainingData) -> float:
        first, _ = data.first_rows()
        standardised = self.targets.standardise(data.read_y(first))
        return float(np.linalg.norm(standardised.astype(np.float64), axis=1).mean())

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield trainings on shuffled pairs, one per seed, each from its own first weights."""
        from tempfile import TemporaryDirectory

        for seed in seeds:
            with TemporaryDirectory() as work:
                model = type(self)(self.config, seed, self.device.type)
                yield model.fit(data.shuffled(seed), Path(work))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions (n, q), float32, in the unit of the targets."""
        require_width(x, len(self.inputs.mean), "contrastive_mlp")
        require_finite(x, "contrastive_mlp, inputs to predict from")
        predictions = np.empty((len(x), len(self.targets.mean)), dtype=np.float32)
        with deterministic(self.device), torch.no_grad():
            network = self._network().eval()
            load_parameters(network, self.parameters)
            for start in range(0, len(x), PREDICT_ROWS):
                rows = slice(start, start + PREDICT_ROWS)
                inputs = torch.from_numpy(self.inputs.standardise(x[rows])).to(self.device)
                predictions[rows] = network(inputs).cpu().numpy()
        return self.targets.restore(predictions * self.length)

    def state(self) -> dict[str, np.ndarray]:
        """Return the best epoch's parameters and the standardisation of inputs and targets."""
        return {
            **{f"network/{name}": value for name, value in self.parameters.items()},
            "input_mean": self.inputs.mean,
            "input_gain": self.inputs.gain,
            "target_mean": self.targets.mean,
            "target_gain": self.targets.gain,
            "length": np.array([self.length]),
        }

    def card(self) -> dict[str, Any]:
        """Return the epochs run, the best one, and the validation losses."""
        return dict(self._card)

    @classmethod
    def restore(cls, config: ContrastiveMlpConfig, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild a fitted model from its state."""
        model = cls(config)
        model.inputs = Moments(tensors["input_mean"], tensors["input_gain"])
        model.targets = Moments(tensors["target_mean"], tensors["target_gain"])
        model.length = float(tensors["length"][0])
        model.parameters = part(tensors, "network")
        return model


def require_validation(data: TrainingData) -> TrainingData:
    """Return the validation rows, or refuse.

    Raises
    ------
    ConfigError
        If there are none, or a single stimulus.
    """
    if data.validation is None or len(np.unique(data.validation.groups)) < 2:
        raise ConfigError(
            "contrastive_mlp: the split has fewer than two validation stimuli; the network needs "
            "some to know when to stop.",
            "Set split.validation to a share of the training stimuli, such as 0.1.",
        )
    return data.validation


def learning_rate(epoch: int, config: ContrastiveMlpConfig) -> float:
    """Return the learning rate of an epoch (0-based): half a cosine from full to nothing."""
    return config.learning_rate * (1 + math.cos(math.pi * epoch / config.epochs)) / 2
