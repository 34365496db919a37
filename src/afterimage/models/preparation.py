"""What happens to the responses of a fold before a model sees them, fitted on its training side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from afterimage.contracts.modelfiles import part
from afterimage.models.normalise import Normalisation
from afterimage.models.whitening import Whitening


@dataclass(frozen=True)
class Preparation:
    """Whitening, then centre and spread, then limits; each of them may be left out.

    Attributes
    ----------
    normalisation : Normalisation
    whitening : Whitening, optional
    clamp : float, optional
        Normalised values beyond plus or minus this are set to it.
    """

    normalisation: Normalisation
    whitening: Whitening | None = None
    clamp: float | None = None

    def apply(self, values: np.ndarray, trials: pd.DataFrame) -> np.ndarray:
        """Return prepared responses as float32.

        Parameters
        ----------
        values : ndarray, shape (n, v)
            Of single trials.
        trials : DataFrame
            The n trials, in the columns of ``TRIALS``.

        Raises
        ------
        DataError
            If nothing is known of a trial's session or run.
        """
        if self.whitening is not None:
            values = self.whitening.apply(values, trials["session"].to_numpy())
        values = self.normalisation.apply(values, self.normalisation.labels(trials))
        if self.clamp is not None:
            np.clip(values, -self.clamp, self.clamp, out=values)
        return values

    def steps(self, part: slice, total: int) -> Self:
        """Return what happens to some time steps of responses that have so many in all."""
        return replace(self, normalisation=self.normalisation.steps(part, total))

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted, by parts."""
        parts = {"normalisation": self.normalisation, "whitening": self.whitening}
        return {
            f"{name}/{key}": value
            for name, fitted in parts.items()
            if fitted is not None
            for key, value in fitted.state().items()
        }

    @classmethod
    def restore(cls, mode: str, clamp: float | None, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild it from its state."""
        whitening = part(tensors, "whitening")
        return cls(
            Normalisation.restore(mode, part(tensors, "normalisation")),
            Whitening.restore(whitening) if whitening else None,
            clamp,
        )


@dataclass(frozen=True)
class Preparations:
    """Of one fold: the subject's own, and those of the subjects that its models learn from.

    Attributes
    ----------
    own : Preparation
        Of the responses that are predicted from.
    learnt_from : tuple of Preparation
        In the order of these subjects; only the own one if a subject's models learn from itself.
    """

    own: Preparation
    learnt_from: tuple[Preparation, ...]

    def steps(self, part: slice, total: int) -> Self:
        """Return what happens to some time steps of responses that have so many in all."""
        learnt_from = tuple(one.steps(part, total) for one in self.learnt_from)
        return type(self)(self.own.steps(part, total), learnt_from)
