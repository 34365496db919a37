"""What the ridge decoder and the ridge encoder share: configuration, state, prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.decomposition import Decomposition, decompose
from afterimage.models.leave_out import Layout, layout_of
from afterimage.models.ridge import RidgeFit, held_out_predictions, penalty_grid, ridge_cv
from afterimage.models.training import TrainingData

# Half decades around the mean eigenvalue of the inputs' Gram matrix.
PENALTIES = tuple(float(f"{10 ** (step / 2):.4g}") for step in range(-6, 7))


class RidgeEntry(Entry):
    """Options of every ridge model."""

    penalties: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=PENALTIES,
        min_length=1,
        description="Grid of ridge penalties; each target gets the one with the least squared "
        "error over left-out stimuli of the training set.",
    )
    penalty_scale: Literal["relative", "absolute"] = Field(
        default="relative",
        description="relative: penalties are multiples of the mean non-zero eigenvalue of the "
        "inputs' Gram matrix, so that one grid fits any recording; absolute: used as they are.",
    )
    standardise: bool = Field(
        default=True,
        description="Divide each input column by its standard deviation over training rows. "
        "Changes nothing if the responses are normalised by mean and deviation already.",
    )


class PreparedRidge:
    """Inputs of one training set, ready for any number of targets.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    groups : ndarray, shape (n,)
    config : RidgeEntry

    Attributes
    ----------
    decomposition : Decomposition
    layout : tuple of ndarray
    gain : ndarray, shape (p,)
        What each input column was multiplied with before the fit.
    grid : ndarray
        Penalties in units of the scaled inputs.
    """

    def __init__(self, x: np.ndarray, groups: np.ndarray, config: RidgeEntry) -> None:
        require_rows(len(x), "ridge")
        require_finite(x, "ridge, training inputs")
        x = x.astype(np.float64)
        self.gain = column_gain(x) if config.standardise else np.ones(x.shape[1])
        self.decomposition: Decomposition = decompose(x * self.gain)
        self.layout: Layout = layout_of(groups)
        relative = config.penalty_scale == "relative"
        self.grid = penalty_grid(self.decomposition, config.penalties, relative=relative)

    def input_mean(self) -> np.ndarray:
        """Return the mean of the inputs in their own unit, shape (p,)."""
        varies = self.gain > 0
        return np.where(varies, self.decomposition.mean / np.where(varies, self.gain, 1.0), 0.0)

    def fit(self, y: np.ndarray) -> RidgeFit:
        """Fit targets of shape (n, q); the weights are for inputs before scaling."""
        require_finite(y, "ridge, training targets")
        fit = ridge_cv(self.decomposition, y, self.layout, self.grid, dtype="float32")
        fit.weights[:] *= self.gain[:, None]
        return fit


def column_gain(x: np.ndarray) -> np.ndarray:
    """Return 1 / standard deviation of each column, 0 for constant columns."""
    sd = x.std(axis=0)
    varies = sd > 1e-6 * np.abs(x.mean(axis=0))
    return np.where(varies, 1.0 / np.where(varies, sd, 1.0), 0.0)


class Ridge:
    """Ridge regression with a penalty per target; base of decoder and encoder.

    Parameters
    ----------
    config : RidgeEntry
    seed : int
        Not used: nothing is drawn.
    device : str
        Not used: the fit runs on the processor.
    """

    Config: ClassVar[type[Entry]] = RidgeEntry

    def __init__(self, config: RidgeEntry, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.weights = np.zeros((0, 0), np.float32)
        self.input_mean = np.zeros(0)
        self.target_mean = np.zeros(0)
        self.penalties = np.zeros(0)
        self._card: dict[str, Any] = {}

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Choose a penalty per target and solve; nothing is written to ``work``."""
        prepared = PreparedRidge(data.x, data.groups, self.config)
        return self._take(prepared, prepared.fit(data.y))

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Any:
        """Yield the same analysis, once per seed, with the training pairs shuffled."""
        for seed in seeds:
            yield type(self)(self.config).fit(data.shuffled(seed), Path())

    def held_out(self, data: TrainingData) -> np.ndarray:
        """Predict each training row from all other stimuli, at the fitted penalties, (n, q)."""
        prepared = PreparedRidge(data.x, data.groups, self.config)
        arguments = prepared.decomposition, prepared.layout, data.y, self.penalties
        return held_out_predictions(*arguments).astype(np.float32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions (n, q), float32, for inputs (n, p)."""
        require_width(x, len(self.input_mean), "ridge")
        require_finite(x, "ridge, inputs to predict from")
        centred = (x - self.input_mean).astype(np.float32)
        return (centred @ self.weights + self.target_mean).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return weights (p, q), means of inputs (p,) and targets (q,), penalties (q,)."""
        return {
            "weights": self.weights,
            "input_mean": self.input_mean,
            "target_mean": self.target_mean,
            "penalties": self.penalties,
        }

    def card(self) -> dict[str, Any]:
        """Return the grid, a summary of the chosen penalties and of the cross-validated R2."""
        return dict(self._card)

    @classmethod
    def restore(
        cls, config: RidgeEntry, tensors: Mapping[str, np.ndarray], device: str = "cpu"
    ) -> Self:
        """Rebuild a fitted model from its state."""
        model = cls(config, device=device)
        model._set(
            tensors["weights"],
            tensors["input_mean"],
            tensors["target_mean"],
            tensors["penalties"],
        )
        return model

    def _set(
        self,
        weights: np.ndarray,
        input_mean: np.ndarray,
        target_mean: np.ndarray,
        penalties: np.ndarray,
    ) -> None:
        self.weights = weights
        self.input_mean = input_mean
        self.target_mean = target_mean
        self.penalties = penalties

    def _take(self, prepared: PreparedRidge, fit: RidgeFit) -> Self:
        self._set(fit.weights, prepared.input_mean(), fit.target_mean, fit.penalties)
        self._card = ridge_card(prepared, fit)
        return self


def ridge_card(prepared: PreparedRidge, fit: RidgeFit) -> dict[str, Any]:
    """Summarise a fit in plain numbers."""
    quantiles = (0.0, 0.25, 0.5, 0.75, 1.0)
    return {
        "rows": prepared.decomposition.n,
        "inputs": len(prepared.gain),
        "targets": len(fit.penalties),
        "stimuli": sum(len(members) for members in prepared.layout),
        "solver": "dual" if prepared.decomposition.dual else "primal",
        "penalty_grid": prepared.grid.tolist(),
        "penalty_quantiles": np.quantile(fit.penalties, quantiles).tolist(),
        "targets_at_lowest_penalty": fit.at_lowest,
        "targets_at_highest_penalty": fit.at_highest,
        "cv_r2_mean": float(fit.cv_r2.mean()),
        "cv_r2_quantiles": np.quantile(fit.cv_r2, quantiles).tolist(),
        "constant_inputs": int((prepared.gain == 0).sum()),
    }
