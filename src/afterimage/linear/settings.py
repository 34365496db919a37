"""What decides a ridge fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from afterimage.contracts.errors import ConfigError
from afterimage.linear.scores import Scoring

Search = Literal["grid", "bracket"]
Standardise = Literal["no", "once", "fold"]


@dataclass(frozen=True)
class RidgeSettings:
    """What decides a fit.

    Attributes
    ----------
    penalties : sequence of float
        The grid, above zero, in any order.
    relative : bool
        Whether penalties are multiples of the mean eigenvalue of the inputs' Gram matrix.
    folds : int, "groups" or "gcv"
        K-fold over groups, each group left out in turn, or generalised cross-validation.
    scoring : {"r2", "correlation"}
    search : {"grid", "bracket"}
        Every penalty for every target; or only those around the best by generalised
        cross-validation, walking on until the best is not on the edge.
    standardise : {"no", "once", "fold"}
        Whether inputs are divided by their standard deviation: over all rows, or over the training
        rows of each fold (and over all rows in the final fit).
    intercept : bool
    dtype : {"float32", "float64"}
        Of products. Sums over blocks and scores are in float64, and decompositions where the
        smallest penalty asks for it.
    seed : int
        Of the folds.
    tf32 : bool
        Whether a CUDA device may round the factors of products to ten bits: faster, and wrong by
        about 1e-3; ``RidgeFit.product_error`` says by how much.

    Raises
    ------
    ConfigError
        If a setting is none of its choices, no penalty is above zero, or two settings clash.
    """

    penalties: Sequence[float]
    relative: bool = False
    folds: int | Literal["groups", "gcv"] = 5
    scoring: Scoring = "r2"
    search: Search = "grid"
    standardise: Standardise = "no"
    intercept: bool = True
    dtype: Literal["float32", "float64"] = "float32"
    seed: int = 0
    tf32: bool = False

    def __post_init__(self) -> None:
        try:
            values = np.asarray(self.penalties, dtype=np.float64)
        except (TypeError, ValueError):
            values = np.array([np.nan])
        if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values > 0)).all():
            raise ConfigError(
                f"penalties: expected numbers above zero. Found: {self.penalties}.",
                "Leave zeros and negative ones out of the grid.",
            )
        allowed = {
            "scoring": Scoring,
            "search": Search,
            "standardise": Standardise,
            "dtype": Literal["float32", "float64"],
        }
        for name, choices in allowed.items():
            if getattr(self, name) not in get_args(choices):
                raise ConfigError(
                    f"{name}: expected one of {', '.join(get_args(choices))}. Found: "
                    f"'{getattr(self, name)}'.",
                    "Correct the setting.",
                )
        whole = isinstance(self.folds, int | np.integer) and self.folds >= 2
        if not whole and self.folds not in ("groups", "gcv"):
            raise ConfigError(
                f"folds: expected a whole number from 2, 'groups' or 'gcv'. Found: {self.folds!r}.",
                "Correct the setting.",
            )
        if self.folds == "gcv" and self.scoring == "correlation":
            raise ConfigError(
                "scoring: generalised cross-validation is a squared error. Found: 'correlation'.",
                "Choose scoring: r2, or a number of folds.",
            )
        if self.folds == "gcv" and self.standardise == "fold":
            raise ConfigError(
                "standardise: generalised cross-validation has no folds. Found: 'fold'.",
                "Choose standardise: once, or a number of folds.",
            )

    def grid(self, scale: float) -> np.ndarray:
        """Return the penalties, ascending, in units of the inputs' Gram matrix."""
        values = np.unique(np.asarray(self.penalties, dtype=np.float64))
        return values * (scale if self.relative else 1.0)
