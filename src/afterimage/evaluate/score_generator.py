"""Scores of one generator's reconstructions: as pictures, and in every feature space."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from afterimage.contracts.images import ImageFile
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.transductive import how_transductive
from afterimage.evaluate.assemble import Shown, refits_of
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.items import ITEMS, item_rows
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.refits import null_means
from afterimage.evaluate.scores import ScoringMetric, metrics_of_kind
from afterimage.evaluate.sides import PictureSide, Side, Space, SpaceSide
from afterimage.evaluate.summarise import Draws, Identity, score_rows


def score_generator(
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
        Its target is replaced by the space, and its mark is taken from the pictures.
    device : str
        Where extractors run.
    seed : int
        The experiment's.

    Returns
    -------
    metrics : DataFrame
        In the columns of METRICS.
    items : DataFrame
        In the columns of ITEMS.
    """
    identity = replace(identity, transductive=how_transductive(pictures.provenance))
    features = metrics_of_kind(evaluation["metrics"], "features")
    folds = pictures.keys["fold"].to_numpy()
    sides: list[Side] = [PictureSide(seen, metrics_of_kind(evaluation["metrics"], "images"))]
    sides += [SpaceSide(space, shown, features, folds, device) for space in spaces]
    sides = [side for side in sides if side.metrics and len(pictures)]
    nulls = null_means(_refits(sides, null))
    draws = Draws.for_scores(evaluation, seed, identity)
    drawn = [pictures.image(row) for row in range(len(pictures))]
    frames, items = [], []
    for side in sides:
        pair = side.pair(drawn, pictures.keys)
        named = replace(identity, target=side.name)
        means = nulls.get(side.name, {})
        frames.append(score_rows(side.metrics, pair, means, identity=named, draws=draws))
        items.append(item_rows(side.metrics, pair, pictures.keys, named))
    return stacked(frames, METRICS), stacked(items, ITEMS)


def _refits(
    sides: Sequence[Side], null: ImageFile | None
) -> Iterator[tuple[str, Sequence[ScoringMetric], Pair]]:
    """Yield each null refit in every space; its pictures are decoded once, and then let go."""
    if null is None:
        return
    for rows in refits_of(null.keys):
        drawn = [null.image(row) for row in rows]
        for side in sides:
            yield side.name, side.metrics, side.pair(drawn, null.keys.iloc[rows])
