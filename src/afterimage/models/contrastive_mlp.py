"""A small network trained to find the stimulus of a response among others.

The network's modules import torch, two seconds of work, so each method imports what it needs: this
module is read whenever a configuration is validated.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError
from afterimage.contracts.modelfiles import part
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.moments import Moments, column_moments, with_common_scale
from afterimage.models.training import TrainingData


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
        self.device = device
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
        from afterimage.models.contrastive_training import Training

        require_rows(data.n, "contrastive_mlp")
        validation = require_validation(data)
        self.inputs = column_moments(data.read_x, data.n)
        self.targets = with_common_scale(column_moments(data.read_y, data.n))
        self.length = self._mean_length(data)
        training = Training(self.config, self.seed, self.device, self.inputs, self.targets)
        done = training.run(data, validation, work)
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

    def _mean_length(self, data: TrainingData) -> float:
        first, _ = data.first_rows()
        standardised = self.targets.standardise(data.read_y(first))
        return float(np.linalg.norm(standardised.astype(np.float64), axis=1).mean())

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield trainings on shuffled pairs, one per seed, each from its own first weights."""
        from tempfile import TemporaryDirectory

        for seed in seeds:
            with TemporaryDirectory() as work:
                model = type(self)(self.config, seed, self.device)
                yield model.fit(data.shuffled(seed), Path(work))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions (n, q), float32, in the unit of the targets."""
        from afterimage.models.contrastive_training import directions

        require_width(x, len(self.inputs.mean), "contrastive_mlp")
        require_finite(x, "contrastive_mlp, inputs to predict from")
        standardised, outputs = self.inputs.standardise(x), len(self.targets.mean)
        unit = directions(standardised, outputs, self.parameters, self.config, self.device)
        return self.targets.restore(unit * self.length)

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
    def restore(
        cls, config: ContrastiveMlpConfig, tensors: Mapping[str, np.ndarray], device: str = "cpu"
    ) -> Self:
        """Rebuild a fitted model from its state; it predicts on ``device``."""
        model = cls(config, device=device)
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
