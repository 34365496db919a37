"""Ways to compare reconstructions with pictures: as pictures, or in a feature space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile
from afterimage.contracts.registry import build
from afterimage.evaluate.assemble import Shown, feature_pair, training_means
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.spaces import picture_array, picture_features

PIXELS = "pixels"
# Reconstructions are stored with eight bits, and rounded once more when they become grey: what is
# smaller is rounding, not signal.
EIGHT_BITS = 2 / 255


@dataclass(frozen=True)
class Space:
    """A feature space in which reconstructions are identified.

    Attributes
    ----------
    name : str
    entry : dict
        The extractor's validated entry.
    values : ArrayFile
        Features of the stimuli.
    """

    name: str
    entry: dict[str, Any]
    values: ArrayFile


class Side(Protocol):
    """A way to compare reconstructions with pictures, and the metrics that do."""

    name: str
    metrics: Sequence[ScoringMetric]

    def pair(self, drawn: Sequence[np.ndarray], keys: pd.DataFrame) -> Pair:
        """Put reconstructions beside what was seen; keys fold and stimulus_id of each row."""
        ...


class PictureSide:
    """Reconstructions and pictures as such, in [0, 1] and of the size of the first picture.

    One size for all generators: scores of pixels depend on it.
    """

    name = PIXELS

    def __init__(self, seen: ImageFile, metrics: Sequence[ScoringMetric]) -> None:
        self.metrics = metrics
        self._seen = seen
        self._size = seen.image(0).shape[:2]
        self._known: dict[str, np.ndarray] = {}

    def pair(self, drawn: Sequence[np.ndarray], keys: pd.DataFrame) -> Pair:
        """Put reconstructions beside pictures, shape (n, height, width, 3)."""
        ids = keys["stimulus_id"].tolist()
        for name in sorted(set(ids) - set(self._known)):
            (row,) = self._seen.rows(stimulus_id=[name])
            self._known[name] = self._seen.image(row)
        return Pair(
            picture_array(drawn, *self._size),
            picture_array([self._known[name] for name in ids], *self._size),
            keys["stimulus_id"].to_numpy(),
            folds=keys["fold"].to_numpy(),
        )


class SpaceSide:
    """Features of reconstructions and of pictures."""

    def __init__(
        self,
        space: Space,
        shown: Shown,
        metrics: Sequence[ScoringMetric],
        folds: np.ndarray,
        device: str,
    ) -> None:
        self.name = space.name
        self.metrics = metrics
        self._values = space.values
        self._shown = shown
        self._extractor = build("extractor", space.entry, device=device)
        self._extractor.prepare(shown.stimuli)
        self._means = training_means(space.values, shown, folds)
        eight_bits = space.entry["name"] in {"pixels", "thumbnail"}
        self._resolution = EIGHT_BITS if eight_bits else 0.0

    def pair(self, drawn: Sequence[np.ndarray], keys: pd.DataFrame) -> Pair:
        """Put the features of reconstructions beside those of pictures, shape (n, q)."""
        return feature_pair(
            picture_features(self._extractor, drawn),
            keys,
            self._values,
            self._shown,
            self._means,
            space_per_fold=False,
            resolution=self._resolution,
        )
