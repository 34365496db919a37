"""Scores of a decoder's predictions: features or labels."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.transductive import how_transductive
from afterimage.evaluate.assemble import Shown, feature_pair, null_pairs, training_means
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.refits import null_means
from afterimage.evaluate.scores import metrics_of_kind
from afterimage.evaluate.summarise import Draws, Identity, score_rows


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
        Its mark is taken from the predictions.
    seed : int
        The experiment's.

    Returns
    -------
    DataFrame
        In the columns of METRICS; empty if no metric of this kind is configured.
    """
    chosen = metrics_of_kind(evaluation["metrics"], kind)
    if not chosen:
        return frame_of([], METRICS)
    means = training_means(values, shown, predictions.keys["fold"].to_numpy())

    def pair(predicted: np.ndarray, keys: pd.DataFrame) -> Pair:
        return feature_pair(predicted, keys, values, shown, means, space_per_fold=space_per_fold)

    identity = replace(identity, transductive=how_transductive(predictions.provenance))
    nulls = null_means((kind, chosen, refit) for refit in null_pairs(null, pair))
    return score_rows(
        chosen,
        pair(predictions.read(), predictions.keys),
        nulls.get(kind, {}),
        identity=identity,
        draws=Draws.for_scores(evaluation, seed, identity),
    )
