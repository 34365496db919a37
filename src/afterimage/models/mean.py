"""The mean of the training targets: what a decoder gets right without the brain."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.training import TrainingData


class MeanConfig(Entry):
    """Configuration of the mean decoder."""

    name: Literal["mean"] = Field(description="Predict the mean of the training targets.")


class Mean:
    """Predicts the mean over training stimuli, each counted once, for every response."""

    Config: ClassVar[type[Entry]] = MeanConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "decoder"

    def __init__(self, config: MeanConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.mean = np.zeros(0, np.float32)
        self.inputs = 0
        self.stimuli = 0

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Average the targets of the training stimuli."""
        require_rows(data.n, "mean")
        first, _ = data.first_rows()
        targets = data.read_y(first)
        require_finite(targets, "mean, training targets")
        self.mean = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.inputs = data.widths[0]
        self.stimuli = len(first)
        return self

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield the same mean for each seed: it does not depend on the pairing."""
        for _ in seeds:
            yield type(self)(self.config).fit(data, Path())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the mean for each row, shape (n, q)."""
        require_width(x, self.inputs, "mean")
        require_finite(x, "mean, inputs to predict from")
        return np.tile(self.mean, (len(x), 1))

    def state(self) -> dict[str, np.ndarray]:
        """Return the mean (q,) and the number of input columns."""
        return {"mean": self.mean, "inputs": np.array([self.inputs])}

    def card(self) -> dict[str, Any]:
        """Return the number of stimuli averaged."""
        return {"stimuli": self.stimuli}

    @classmethod
    def restore(
        cls, config: MeanConfig, tensors: Mapping[str, np.ndarray], device: str = "cpu"
    ) -> Self:
        """Rebuild a fitted model from its state."""
        model = cls(config, device=device)
        model.mean = tensors["mean"]
        model.inputs = int(tensors["inputs"][0])
        return model
