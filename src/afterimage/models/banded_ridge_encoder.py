"""Banded ridge encoder: responses from several feature spaces, each with a penalty of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.linear.banded import BandedFit, BandedSettings, banded_ridge_cv
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.ridge_model import RidgeEntry, cross_validated, ridge_settings
from afterimage.models.training import TrainingData


class BandedRidgeEncoderConfig(RidgeEntry):
    """Configuration of the banded ridge encoder."""

    name: Literal["banded_ridge_encoder"] = Field(
        description="Ridge regression from the feature spaces that a target joins to responses, "
        "with a penalty per space and channel."
    )
    draws: int = Field(
        default=50,
        ge=1,
        description="How many mixtures of the spaces are tried, each with every penalty; the "
        "first gives every space the same share, others are drawn.",
    )
    corners: bool = Field(default=True, description="Whether each space alone is tried as well.")

    @model_validator(mode="after")
    def _banded(self) -> Self:
        if self.standardise == "fold":
            raise ValueError("one Gram matrix per space serves all folds: standardise must be true")
        if not self.per_target:
            raise ValueError("each channel chooses its own penalties: per_target must be true")
        return self


class BandedRidgeEncoder:
    """Responses from feature spaces by ridge regression, a penalty per space and channel.

    Parameters
    ----------
    config : BandedRidgeEncoderConfig
    seed : int
        Of the mixtures.
    device : str
        "cpu" or "cuda"; predictions are made on the processor.
    """

    Config: ClassVar[type[Entry]] = BandedRidgeEncoderConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "encoder"

    def __init__(
        self, config: BandedRidgeEncoderConfig, seed: int = 0, device: str = "cpu"
    ) -> None:
        self.config = config
        self.seed = seed
        self.device = device
        self._state: dict[str, np.ndarray] = {}
        self._card: dict[str, Any] = {}

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Choose mixtures and penalties, and solve; nothing is written to ``work``."""
        require_rows(data.n, "banded ridge")
        x, y = data.x, data.y
        require_finite(x, "banded ridge, training inputs")
        require_finite(y, "banded ridge, training targets")
        parts = np.split(x, np.cumsum(data.spaces)[:-1], axis=1)
        spaces = {f"space {number}": part for number, part in enumerate(parts, start=1)}
        fit = banded_ridge_cv(spaces, y, self._settings(), groups=data.groups, device=self.device)
        self._state = {
            "weights": np.concatenate(list(fit.weights.values())).astype(np.float32),
            "input_mean": np.concatenate(list(fit.input_mean.values())),
            "target_mean": fit.target_mean,
            "penalties": fit.penalties,
            "mixture": fit.mixture,
            "cv_score": cross_validated(fit),
            "widths": np.array(data.spaces, dtype=np.int64),
        }
        self._card = banded_card(fit, data)
        return self

    def _settings(self) -> BandedSettings:
        config = self.config
        ridge = replace(ridge_settings(config), seed=self.seed)
        return BandedSettings(ridge, draws=config.draws, corners=config.corners)

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield the same analysis, once per seed, with the training pairs shuffled."""
        for seed in seeds:
            yield type(self)(self.config, self.seed, self.device).fit(data.shuffled(seed), Path())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions (n, q), float32, for inputs (n, p) of all spaces."""
        mean = self._state["input_mean"]
        require_width(x, len(mean), "banded ridge")
        require_finite(x, "banded ridge, inputs to predict from")
        centred = (x - mean).astype(np.float32)
        predicted = centred @ self._state["weights"] + self._state["target_mean"]
        return predicted.astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return weights (p, q), means (p,) and (q,), and what was chosen for m spaces.

        ``penalties`` (m, q), infinite where a space has no part; ``mixture`` (m, q), the shares;
        ``widths`` (m,), how many rows of the weights belong to each space.
        """
        return dict(self._state)

    def card(self) -> dict[str, Any]:
        """Return the grid, the scores, and what each space was chosen for."""
        return dict(self._card)

    @classmethod
    def restore(
        cls,
        config: BandedRidgeEncoderConfig,
        tensors: Mapping[str, np.ndarray],
        device: str = "cpu",
    ) -> Self:
        """Rebuild a fitted model from its state."""
        model = cls(config, device=device)
        model._state = dict(tensors)
        return model


def banded_card(fit: BandedFit, data: TrainingData) -> dict[str, Any]:
    """Summarise a fit in plain numbers; spaces are in the order in which the target joins them."""
    quantiles = (0.0, 0.25, 0.5, 0.75, 1.0)
    scores = cross_validated(fit)
    largest = fit.mixture.argmax(axis=0)[~fit.constant]
    spaces = [
        {
            "inputs": width,
            "mean_share": float(fit.mixture[space].mean()),
            "targets_with_the_largest_share": int((largest == space).sum()),
            "targets_without_it": int((fit.mixture[space] == 0).sum()),
        }
        for space, width in enumerate(data.spaces)
    ]
    return {
        "rows": data.n,
        "inputs": sum(data.spaces),
        "targets": len(scores),
        "stimuli": len(np.unique(data.groups)),
        "solver": fit.solver,
        "mixtures": len(fit.mixtures),
        "spaces": spaces,
        "cv_score_mean": float(scores.mean()),
        "cv_score_quantiles": np.quantile(scores, quantiles).tolist(),
    }
