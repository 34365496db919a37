"""What the ridge decoder and the ridge encoder share: configuration, state, prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.linear.problem import RidgeProblem, prepare
from afterimage.linear.ridge_cv import RidgeFit, fit_targets
from afterimage.linear.settings import RidgeSettings
from afterimage.models.checks import require_finite, require_rows, require_width
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
    problem : RidgeProblem
        In float64; each stimulus is a fold of its own.
    stimuli : int
    """

    def __init__(self, x: np.ndarray, groups: np.ndarray, config: RidgeEntry) -> None:
        require_rows(len(x), "ridge")
        require_finite(x, "ridge, training inputs")
        settings = RidgeSettings(
            penalties=config.penalties,
            relative=config.penalty_scale == "relative",
            folds="groups",
            standardise="once" if config.standardise else "no",
            dtype="float64",
        )
        self.problem: RidgeProblem = prepare(x, settings, groups=groups)
        self.stimuli = len(np.unique(groups))

    def input_mean(self) -> np.ndarray:
        """Return the mean of the inputs, shape (p,)."""
        return self.problem.decomposition.scaling.mean

    def fit(self, y: np.ndarray) -> RidgeFit:
        """Fit targets of shape (n, q); the weights are for inputs before scaling."""
        require_finite(y, "ridge, training targets")
        return fit_targets(self.problem, y)

    def held_out(self, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Predict each row from all other stimuli, at given penalties, (n, q)."""
        return self.problem.left_out(y.astype(np.float64), penalties)


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
        return prepared.held_out(data.y, self.penalties).astype(np.float32)

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
        mean = prepared.input_mean()
        target_mean = fit.intercept + mean @ fit.weights
        self._set(fit.weights.astype(np.float32), mean, target_mean, fit.penalties)
        self._card = ridge_card(prepared, fit)
        return self


def ridge_card(prepared: PreparedRidge, fit: RidgeFit) -> dict[str, Any]:
    """Summarise a fit in plain numbers."""
    quantiles = (0.0, 0.25, 0.5, 0.75, 1.0)
    problem = prepared.problem
    # Of a target that does not vary, everything is told by its mean: nothing was explained.
    scores = np.where(fit.constant, 0.0, fit.best_scores)
    return {
        "rows": problem.decomposition.n,
        "inputs": len(fit.weights),
        "targets": len(fit.penalties),
        "stimuli": prepared.stimuli,
        "solver": fit.solver,
        "penalty_grid": fit.grid.tolist(),
        "penalty_quantiles": np.quantile(fit.penalties, quantiles).tolist(),
        "targets_at_lowest_penalty": _at(fit, 0),
        "targets_at_highest_penalty": _at(fit, -1),
        "cv_r2_mean": float(scores.mean()),
        "cv_r2_quantiles": np.quantile(scores, quantiles).tolist(),
        "constant_inputs": int((problem.decomposition.scaling.gain == 0).sum()),
    }


def _at(fit: RidgeFit, place: int) -> int:
    """Return how many varying targets chose the first or last penalty of the grid."""
    return int((~fit.constant & (fit.penalties == fit.grid[place])).sum())
