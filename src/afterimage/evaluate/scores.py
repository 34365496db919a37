"""What a metric returns, and what everything behind it (interval, null, table) needs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from afterimage.contracts.config.base import Entry
from afterimage.contracts.registry import build
from afterimage.evaluate.pair import Pair


class Scores(Protocol):
    """A score with the means to judge it.

    Attributes
    ----------
    value : float
        The score; NaN if nothing could be scored.
    n : int
        Number of scored items.
    chance : float or None
        What is expected without any information; None if that is not known.
    unit : str
    """

    @property
    def value(self) -> float: ...  # noqa: D102

    @property
    def n(self) -> int: ...  # noqa: D102

    @property
    def chance(self) -> float | None: ...  # noqa: D102

    @property
    def unit(self) -> str: ...  # noqa: D102

    def resampled(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the score of ``draws`` bootstrap samples of stimuli, shape (draws,)."""
        ...

    def permuted(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Return the score under ``draws`` random pairings with stimuli, shape (draws,)."""
        ...


class ScoringMetric(Protocol):
    """The seam: one class of one file, found by its name in the configuration."""

    Config: ClassVar[type[Entry]]
    kind: ClassVar[str]
    name: str

    def score(self, pair: Pair) -> Scores:
        """Compare predictions with the truth."""
        ...


def metrics_of_kind(entries: Sequence[Mapping[str, Any]], kind: str) -> list[ScoringMetric]:
    """Return the metrics of one kind among the validated entries of ``evaluation.metrics``."""
    built = [build("metric", dict(entry)) for entry in entries]
    return [metric for metric in built if metric.kind == kind]
