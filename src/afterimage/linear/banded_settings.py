"""What decides a banded ridge fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ConfigError
from afterimage.linear.settings import RidgeSettings


@dataclass(frozen=True)
class BandedSettings:
    """What decides a fit with a penalty per feature space.

    Attributes
    ----------
    ridge : RidgeSettings
        Grid, folds and scoring of every mixture. ``relative`` makes the spaces equal first: each
        one's Gram matrix is scaled to the same trace, and penalties are multiples of the mean
        eigenvalue. ``standardise`` is "no" or "once".
    draws : int
        Mixtures that are tried; the first gives every space the same share.
    concentrations : sequence of float
        Of the Dirichlet distribution that they are drawn from, in turn.
    corners : bool
        Whether each space alone is tried as well.
    steps : int
        Of descent on the penalties of each target from its best mixture; 0 for none. Each costs
        an inverse of the smaller Gram matrix.

    Raises
    ------
    ConfigError
        If a number is out of range, inputs are to be standardised within each fold, or a descent
        has no folds.
    """

    ridge: RidgeSettings
    draws: int = 100
    concentrations: Sequence[float] = (0.1, 1.0)
    corners: bool = False
    steps: int = 0

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ConfigError(
                f"draws: expected at least 1. Found: {self.draws}.",
                "Ask for some mixtures: 20 for two spaces, 100 and more for many.",
            )
        values = np.asarray(self.concentrations, dtype=np.float64)
        if not values.size or not (np.isfinite(values) & (values > 0)).all():
            raise ConfigError(
                f"concentrations: expected numbers above zero. Found: {values.tolist()}.",
                "Keep 0.1 and 1, or give others above zero.",
            )
        if self.steps < 0:
            raise ConfigError(
                f"steps: expected 0 or more. Found: {self.steps}.", "Ask for 20, or for none."
            )
        if self.steps and self.ridge.folds == "gcv":
            raise ConfigError(
                "folds: a descent needs folds. Found: 'gcv'.",
                "Choose a number of folds, or steps: 0.",
            )
        if self.ridge.standardise == "fold":
            raise ConfigError(
                "standardise: one Gram matrix per space serves all folds of a banded ridge: "
                "expected no or once. Found: 'fold'.",
                "Choose standardise: once.",
            )
