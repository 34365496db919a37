"""A random training stimulus: how well guessing does that knows what stimuli look like."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.seeds import rng
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.training import TrainingData

DRAWS = 1024


class ChanceConfig(Entry):
    """Configuration of the chance decoder."""

    name: Literal["chance"] = Field(
        description="Predict the target of a training stimulus drawn at random."
    )


class Chance:
    """Predicts the target of a random training stimulus, whatever the response.

    The draws are made when fitted, ``DRAWS`` of them; row i to predict from gets draw i (modulo
    ``DRAWS``).
    """

    Config: ClassVar[type[Entry]] = ChanceConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "decoder"

    def __init__(self, config: ChanceConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.seed = seed
        self.targets = np.zeros((0, 0), np.float32)
        self.draws = np.zeros(0, np.int64)
        self.inputs = 0

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Draw training stimuli with replacement and keep their targets."""
        require_rows(data.n, "chance")
        first, _ = data.first_rows()
        drawn = rng(self.seed, "chance").integers(len(first), size=DRAWS)
        distinct, self.draws = np.unique(drawn, return_inverse=True)
        self.targets = data.read_y(first[distinct])
        require_finite(self.targets, "chance, training targets")
        self.inputs = data.widths[0]
        return self

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield other draws, one set per seed: there is no pairing to shuffle."""
        for seed in seeds:
            yield type(self)(self.config, seed=seed).fit(data, Path())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return a drawn target for each row, shape (n, q)."""
        require_width(x, self.inputs, "chance")
        require_finite(x, "chance, inputs to predict from")
        return self.targets[self.draws[np.arange(len(x)) % len(self.draws)]]

    def state(self) -> dict[str, np.ndarray]:
        """Return the drawn targets, the order of the draws and the number of input columns."""
        return {
            "targets": self.targets,
            "draws": self.draws,
            "inputs": np.array([self.inputs]),
        }

    def card(self) -> dict[str, Any]:
        """Return the number of draws."""
        return {"draws": len(self.draws)}

    @classmethod
    def restore(
        cls, config: ChanceConfig, tensors: Mapping[str, np.ndarray], device: str = "cpu"
    ) -> Self:
        """Rebuild a fitted model from its state."""
        model = cls(config, device=device)
        model.targets = tensors["targets"]
        model.draws = tensors["draws"]
        model.inputs = int(tensors["inputs"][0])
        return model
