"""Scores of a decoder's predictions: features or labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.registry import build
from afterimage.evaluate.assemble import Shown, feature_pair, null_pairs, training_means
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.summarise import Identity, metrics_frame, score_rows


def metrics_of_kind(entries: Sequence[dict[str, Any]], kind: str) -> list[ScoringMetric]:
    """Return the configured metrics of one kind."""
    built = [build("metric", entry) for entry in entries]
    return [metric for metric in built if metric.kind == kind]


def score_decoder(
    predictions: ArrayFile,
    null: ArrayFile | None,
    values: ArrayFile,
    shown: Shown,
    *,
    kind: str,
    space_per_fold: bool,
    evaluation: dict[str, Any],
    identity: Identity,
    seed: int,
) -> pd.DataFrame:
    """Score decoded features or labels.

    Parameters
    ----------
    predictions, null : ArrayFile
        Of the test rows, and of the null refits if there are any.
    values : ArrayFile
        The target's true values.
    shown : Shown
    kind : str
        "labels" for one-hot targets, else "features".
    space_per_fold : bool
        See :func:`afterimage.evaluate.assemble.feature_pair`.
    evaluation : dict
        The validated section of that name.
    identity : Identity
    seed : int
        The job's.

    Returns
    -------
    DataFrame
        In the columns of METRICS; empty if no metric of this kind is configured.
    """
    chosen = metrics_of_kind(evaluation["metrics"], kind)
    if not chosen:
        return metrics_frame([])
    means = training_means(values, shown, predictions.keys["fold"].to_numpy())

    def pair(predicted: np.ndarray, keys: pd.DataFrame) -> Pair:
        return feature_pair(predicted, keys, values, shown, means, space_per_fold=space_per_fold)

    return score_rows(
        chosen,
        pair(predictions.read(), predictions.keys),
        null_pairs(null, pair),
        identity=identity,
        n_bootstrap=evaluation["bootstrap"],
        n_permutations=evaluation["permutations"],
        seed=seed,
    )
