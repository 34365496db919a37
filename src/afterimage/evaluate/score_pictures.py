"""Scores of reconstructions: as pictures, and in every feature space."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile
from afterimage.contracts.registry import build
from afterimage.evaluate.assemble import Shown, feature_pair, refits_of, training_means
from afterimage.evaluate.items import empty_items, item_rows
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.score_decoder import metrics_of_kind
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.spaces import picture_array, picture_features
from afterimage.evaluate.summarise import Identity, metrics_frame, rows_with_nulls

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


def score_pictures(
    pictures: ImageFile,
    null: ImageFile | None,
    seen: ImageFile,
    spaces: Sequence[Space],
    shown: Shown,
    *,
    evaluation: dict[str, Any],
    identity: Identity,
    device: str,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score reconstructions.

    Parameters
    ----------
    pictures, null : ImageFile
        Reconstructions of the test rows, and of null refits if there are any.
    seen : ImageFile
        The stimuli.
    spaces : sequence of Space
    shown : Shown
    evaluation : dict
        The validated section of that name.
    identity : Identity
        Its target is replaced by the space.
    device : str
        Where extractors run.
    seed : int
        The job's.

    Returns
    -------
    metrics : DataFrame
        In the columns of METRICS.
    items : DataFrame
        In the columns of ITEMS.
    """
    sides: list[_Side] = [_Pictures(seen, metrics_of_kind(evaluation["metrics"], "images"))]
    features = metrics_of_kind(evaluation["metrics"], "features")
    folds = pictures.keys["fold"].to_numpy()
    sides += [_InSpace(space, shown, features, folds, device) for space in spaces]
    sides = [side for side in sides if side.metrics and len(pictures)]
    nulls = _null_values(sides, null)
    frames, items = [metrics_frame([])], [empty_items()]
    drawn = [pictures.image(row) for row in range(len(pictures))]
    for side in sides:
        pair = side.pair(drawn, pictures.keys)
        named = replace(identity, target=side.name)
        rows = rows_with_nulls(
            side.metrics,
            pair,
            nulls[side.name],
            identity=named,
            n_bootstrap=evaluation["bootstrap"],
            n_permutations=evaluation["permutations"],
            seed=seed,
        )
        frames.append(rows)
        items.append(item_rows(side.metrics, pair, pictures.keys, named))
    return _stacked(frames), _stacked(items)


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _null_values(
    sides: Sequence["_Side"], null: ImageFile | None
) -> dict[str, dict[str, list[float]]]:
    """Score each null refit in every space; its pictures are decoded once, and then let go."""
    values: dict[str, dict[str, list[float]]] = {
        side.name: {metric.name: [] for metric in side.metrics} for side in sides
    }
    if null is None:
        return values
    for rows in refits_of(null.keys):
        drawn = [null.image(row) for row in rows]
        for side in sides:
            pair = side.pair(drawn, null.keys.iloc[rows])
            for metric in side.metrics:
                values[side.name][metric.name].append(metric.score(pair).value)
    return values


class _Side(Protocol):
    """A way to compare reconstructions with pictures."""

    name: str
    metrics: Sequence[ScoringMetric]

    def pair(self, drawn: Sequence[np.ndarray], keys: pd.DataFrame) -> Pair: ...


class _Pictures:
    """Reconstructions and pictures as such, in [0, 1] and of the reconstruction's size."""

    name = PIXELS

    def __init__(self, seen: ImageFile, metrics: Sequence[ScoringMetric]) -> None:
        self.metrics = metrics
        self._seen = seen
        self._known: dict[str, np.ndarray] = {}

    def pair(self, drawn: Sequence[np.ndarray], keys: pd.DataFrame) -> Pair:
        height, width = drawn[0].shape[:2]
        ids = keys["stimulus_id"].tolist()
        for name in sorted(set(ids) - set(self._known)):
            (row,) = self._seen.rows(stimulus_id=[name])
            self._known[name] = self._seen.image(row)
        return Pair(
            picture_array(drawn, height, width),
            picture_array([self._known[name] for name in ids], height, width),
            keys["stimulus_id"].to_numpy(),
            folds=keys["fold"].to_numpy(),
        )


class _InSpace:
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
        return feature_pair(
            picture_features(self._extractor, drawn),
            keys,
            self._values,
            self._shown,
            self._means,
            space_per_fold=False,
            resolution=self._resolution,
        )
