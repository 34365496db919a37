"""Scores of reconstructions: as pictures, and in every feature space."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
from afterimage.evaluate.summarise import Identity, metrics_frame, refit_values, rows_with_nulls

PIXELS = "pixels"
# Reconstructions are stored with eight bits: what is smaller is rounding, not signal.
EIGHT_BITS = 1 / 255


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
    parts = [_as_pictures(pictures, null, seen, evaluation, identity, seed)]
    for space in spaces:
        parts.append(_in_space(pictures, null, space, shown, evaluation, identity, device, seed))
    frames = [rows for rows, _ in parts if len(rows)]
    items = [found for _, found in parts if len(found)]
    return (
        pd.concat(frames, ignore_index=True) if frames else metrics_frame([]),
        pd.concat(items, ignore_index=True) if items else empty_items(),
    )


Scored = tuple[pd.DataFrame, pd.DataFrame]


def _as_pictures(
    pictures: ImageFile,
    null: ImageFile | None,
    seen: ImageFile,
    evaluation: dict[str, Any],
    identity: Identity,
    seed: int,
) -> Scored:
    metrics = metrics_of_kind(evaluation["metrics"], "images")

    def pair(file: ImageFile, rows: np.ndarray) -> Pair:
        keys = file.keys.iloc[rows]
        drawn = [file.image(row) for row in rows]
        real = [seen.image(row) for row in seen.rows(stimulus_id=keys["stimulus_id"].tolist())]
        height, width = drawn[0].shape[:2]
        return Pair(
            picture_array(drawn, height, width),
            picture_array(real, height, width),
            keys["stimulus_id"].to_numpy(),
            folds=keys["fold"].to_numpy(),
        )

    return _scored(
        metrics, pair, pictures, null, evaluation, replace(identity, target=PIXELS), seed
    )


def _in_space(
    pictures: ImageFile,
    null: ImageFile | None,
    space: Space,
    shown: Shown,
    evaluation: dict[str, Any],
    identity: Identity,
    device: str,
    seed: int,
) -> Scored:
    metrics = metrics_of_kind(evaluation["metrics"], "features")
    extractor = build("extractor", space.entry, device=device)
    extractor.prepare(shown.stimuli)
    means = training_means(space.values, shown, pictures.keys["fold"].to_numpy())
    resolution = EIGHT_BITS if space.entry["name"] in {"pixels", "thumbnail"} else 0.0

    def pair(file: ImageFile, rows: np.ndarray) -> Pair:
        features = picture_features(extractor, [file.image(row) for row in rows])
        return feature_pair(
            features,
            file.keys.iloc[rows],
            space.values,
            shown,
            means,
            space_per_fold=False,
            resolution=resolution,
        )

    named = replace(identity, target=space.name)
    return _scored(metrics, pair, pictures, null, evaluation, named, seed)


def _scored(
    metrics: Sequence[ScoringMetric],
    make: Any,
    pictures: ImageFile,
    null: ImageFile | None,
    evaluation: Mapping[str, Any],
    identity: Identity,
    seed: int,
) -> Scored:
    if not metrics or len(pictures) == 0:
        return metrics_frame([]), empty_items()
    pair = make(pictures, np.arange(len(pictures)))
    rows = rows_with_nulls(
        metrics,
        pair,
        refit_values(metrics, _nulls(null, make)),
        identity=identity,
        n_bootstrap=evaluation["bootstrap"],
        n_permutations=evaluation["permutations"],
        seed=seed,
    )
    return rows, item_rows(metrics, pair, pictures.keys, identity.target)


def _nulls(null: ImageFile | None, make: Any) -> Iterator[Pair]:
    if null is None:
        return
    for rows in refits_of(null.keys):
        yield make(null, rows)
