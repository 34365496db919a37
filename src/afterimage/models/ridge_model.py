"""What the ridge decoder and the ridge encoder share: configuration, state, prediction."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import DataError
from afterimage.linear.banded import BandedFit
from afterimage.linear.problem import RidgeProblem, prepare
from afterimage.linear.ridge_cv import RidgeFit, fit_targets
from afterimage.linear.scores import Scoring
from afterimage.linear.settings import RidgeSettings, Search, Standardise
from afterimage.models.checks import require_finite, require_rows, require_width
from afterimage.models.row_matrix import input_matrix, target_matrix, weight_array
from afterimage.models.training import TrainingData

# Half decades around the mean eigenvalue of the inputs' Gram matrix.
PENALTIES = tuple(float(f"{10 ** (step / 2):.4g}") for step in range(-6, 7))


class RidgeEntry(Entry):
    """Options of every ridge model."""

    penalties: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=PENALTIES,
        min_length=1,
        description="Grid of ridge penalties; each target gets the one that is best, by the "
        "squared error or what `scoring` says, over left-out stimuli of the training set.",
    )
    penalty_scale: Literal["relative", "absolute"] = Field(
        default="relative",
        description="relative: penalties are multiples of the mean non-zero eigenvalue of the "
        "inputs' Gram matrix, so that one grid fits any recording; absolute: used as they are.",
    )
    standardise: bool | Literal["fold"] = Field(
        default=True,
        description="Divide each input column by its standard deviation over training rows; fold: "
        "and anew within each fold of the cross-validation, at the price of a decomposition per "
        "fold. Changes nothing if the responses are normalised by mean and deviation already.",
    )
    folds: Literal["stimulus", "gcv"] | Annotated[int, Field(ge=2)] = Field(
        default="stimulus",
        description="How penalties are chosen: each stimulus left out in turn, so many folds of "
        "stimuli, or generalised cross-validation (gcv), which leaves nothing out.",
    )
    scoring: Scoring = Field(
        default="r2",
        description="What the best penalty is best in: squared error, or correlation.",
    )
    search: Search = Field(
        default="grid",
        description="grid: every penalty for every target; bracket: only those around the best by "
        "generalised cross-validation, until the best is not on the edge.",
    )
    per_target: bool = Field(
        default=True, description="A penalty for each target, or one for all of them."
    )
    precision: Literal["float32", "float64"] = Field(
        default="float64",
        description="Of products; float32 is twice as fast and needs half the memory. Sums over "
        "blocks are float64, and decompositions where the smallest penalty asks for it.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.folds == "gcv" and self.scoring == "correlation":
            raise ValueError("folds 'gcv' is a squared error: scoring must be 'r2'")
        if self.folds == "gcv" and self.standardise == "fold":
            raise ValueError("folds 'gcv' has no folds to standardise in: standardise must be true")
        if self.search == "bracket" and not self.per_target and self.folds != "gcv":
            raise ValueError("one penalty for all needs all scores: search must be 'grid'")
        return self


class PreparedRidge:
    """Inputs of one training set, ready for any number of targets.

    Parameters
    ----------
    data : TrainingData
    config : RidgeEntry
    device : str
    work : Path, optional
        Where rows that are too many for memory are copied to.

    Attributes
    ----------
    problem : RidgeProblem
    stimuli : int
    """

    def __init__(
        self, data: TrainingData, config: RidgeEntry, device: str = "cpu", work: Path | None = None
    ) -> None:
        require_rows(data.n, "ridge")
        self._data, self._config, self._work = data, config, work
        inputs = input_matrix(data, work)
        self.problem: RidgeProblem = prepare(
            inputs, ridge_settings(config), groups=data.groups, device=device
        )
        self.stimuli = len(np.unique(data.groups))

    def input_mean(self) -> np.ndarray:
        """Return the mean of the inputs, shape (p,)."""
        return self.problem.decomposition.scaling.mean

    def fit(self) -> RidgeFit:
        """Fit all targets; the weights are for inputs before scaling."""
        targets = target_matrix(self._data, self._work)
        weights = weight_array((self._data.widths[0], targets.shape[1]), self._work)
        share = None if self._config.per_target else np.zeros(targets.shape[1])
        fit = fit_targets(self.problem, targets, share=share, into=weights)
        if fit.undefined.any():
            raise DataError(
                f"ridge, training targets: {int(fit.undefined.sum())} of {len(fit.undefined)} "
                "hold NaN or infinite values.",
                "Look for the files that they come from: nothing is filled in.",
            )
        return fit

    def held_out(self, penalties: np.ndarray) -> np.ndarray:
        """Predict each row from all other stimuli, at given penalties, (n, q)."""
        return self.problem.left_out(self._data.y, penalties)


def ridge_settings(config: RidgeEntry) -> RidgeSettings:
    """Return what the engine is told."""
    standardise: Standardise = "once" if config.standardise else "no"
    return RidgeSettings(
        penalties=config.penalties,
        relative=config.penalty_scale == "relative",
        folds="groups" if config.folds == "stimulus" else config.folds,
        scoring=config.scoring,
        search=config.search,
        standardise="fold" if config.standardise == "fold" else standardise,
        dtype=config.precision,
    )


class Ridge:
    """Ridge regression with a penalty per target; base of decoder and encoder.

    Parameters
    ----------
    config : RidgeEntry
    seed : int
        Not used: nothing is drawn.
    device : str
        "cpu" or "cuda"; predictions are made on the processor.
    """

    Config: ClassVar[type[Entry]] = RidgeEntry

    def __init__(self, config: RidgeEntry, seed: int = 0, device: str = "cpu") -> None:
        self.config = config
        self.device = device
        self.weights = np.zeros((0, 0), np.float32)
        self.input_mean = np.zeros(0)
        self.target_mean = np.zeros(0)
        self.penalties = np.zeros(0)
        self.cv_score = np.zeros(0)
        self._card: dict[str, Any] = {}

    def fit(self, data: TrainingData, work: Path) -> Self:
        """Choose penalties and solve; large rows and weights lie in ``work``."""
        return self._fit(data, work)

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield the same analysis, once per seed, with the training pairs shuffled."""
        for seed in seeds:
            yield type(self)(self.config, device=self.device)._fit(data.shuffled(seed), None)

    def held_out(self, data: TrainingData) -> np.ndarray:
        """Predict each training row from all other stimuli, at the fitted penalties, (n, q)."""
        prepared = PreparedRidge(data, leaving_out_stimuli(self.config), self.device)
        return prepared.held_out(self.penalties).astype(np.float32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions (n, q), float32, for inputs (n, p)."""
        require_width(x, len(self.input_mean), "ridge")
        require_finite(x, "ridge, inputs to predict from")
        centred = (x - self.input_mean).astype(np.float32)
        return (centred @ self.weights + self.target_mean).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return weights (p, q), input_mean (p,), target_mean, penalties and cv_score (q,).

        The last one is the cross-validated R2 within the training rows: 0 of a constant target,
        NaN of refits that do not compute it.
        """
        return {
            "weights": self.weights,
            "input_mean": self.input_mean,
            "target_mean": self.target_mean,
            "penalties": self.penalties,
            "cv_score": self.cv_score,
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
            tensors["cv_score"],
        )
        return model

    def _set(
        self,
        weights: np.ndarray,
        input_mean: np.ndarray,
        target_mean: np.ndarray,
        penalties: np.ndarray,
        cv_score: np.ndarray | None = None,
    ) -> None:
        self.weights = weights
        self.input_mean = input_mean
        self.target_mean = target_mean
        self.penalties = penalties
        self.cv_score = np.full(len(penalties), np.nan) if cv_score is None else cv_score

    def _fit(self, data: TrainingData, work: Path | None) -> Self:
        prepared = PreparedRidge(data, self.config, self.device, work)
        fit = prepared.fit()
        mean = prepared.input_mean()
        self._set(fit.weights, mean, fit.target_mean, fit.penalties, cross_validated(fit))
        self._card = ridge_card(prepared, fit)
        return self


def leaving_out_stimuli(config: RidgeEntry) -> RidgeEntry:
    """Return the same model, cross-validated by leaving out each stimulus."""
    return config.model_copy(update={"folds": "stimulus"})


def ridge_card(prepared: PreparedRidge, fit: RidgeFit) -> dict[str, Any]:
    """Summarise a fit in plain numbers."""
    quantiles = (0.0, 0.25, 0.5, 0.75, 1.0)
    problem = prepared.problem
    scores = cross_validated(fit)
    return {
        "rows": problem.decomposition.n,
        "inputs": len(fit.weights),
        "targets": len(fit.penalties),
        "stimuli": prepared.stimuli,
        "solver": fit.solver,
        "search": fit.search,
        "product_error": float(f"{fit.product_error:.0e}"),
        "penalty_grid": fit.grid.tolist(),
        "penalty_quantiles": np.quantile(fit.penalties, quantiles).tolist(),
        "targets_at_lowest_penalty": _at(fit, 0),
        "targets_at_highest_penalty": _at(fit, -1),
        "cv_score_mean": float(scores.mean()),
        "cv_score_quantiles": np.quantile(scores, quantiles).tolist(),
        "constant_inputs": int((problem.decomposition.scaling.gain == 0).sum()),
    }


def cross_validated(fit: RidgeFit | BandedFit) -> np.ndarray:
    """Return the R2 of each target over left-out training stimuli, at its penalty, shape (q,)."""
    # Of a target that does not vary, everything is told by its mean: nothing was explained.
    return np.where(fit.constant, 0.0, fit.best_scores)


def _at(fit: RidgeFit, place: int) -> int:
    """Return how many varying targets chose the first or last penalty of the grid."""
    return int((~fit.constant & (fit.penalties == fit.grid[place])).sum())
