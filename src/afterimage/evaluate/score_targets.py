"""Comparison of an encoder's targets, from the files of a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.evaluate.best_target import best_table, choose_targets
from afterimage.evaluate.compare_targets import compare_targets
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.presented import Presented
from afterimage.evaluate.score_encoder import ROW, Measured, regions_of, response_pairs
from afterimage.evaluate.summarise import Draws, Identity
from afterimage.evaluate.voxel_table import Places


def score_targets(
    predictions: Mapping[str, str],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    measured: Sequence[Measured],
    presented: Presented,
    *,
    names: Mapping[str, str],
    evaluation: dict[str, Any],
    roi: str,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compare the targets from which one model predicts a subject's responses.

    Parameters
    ----------
    predictions : mapping of target to path
        In the order of the model's targets.
    tensors : mapping of target to mapping
        Of the fitted models.
    measured : sequence
        Measured responses of every fold.
    presented : Presented
        The subject's trials and channels.
    names : mapping
        The job's wildcards, with `experiment`, `subject` and `model`.
    evaluation : dict
        The validated section of that name.
    roi : str
        Which channels they are.
    seed : int
        The experiment's.

    Returns
    -------
    differences, compared, best : DataFrame
        In the columns of DIFFERENCES, COMPARED and BEST.

    Raises
    ------
    DataError
        If two targets were predicted for other rows.
    """
    pairs = _pairs(predictions, measured)
    first = ArrayFile(next(iter(predictions.values())))
    blocks = presented.blocks(first.keys, evaluation["blocks"])
    pairs = {target: replace(pair, blocks=blocks) for target, pair in pairs.items()}
    channels = presented.kept_channels()
    steps = next(iter(pairs.values())).actual.shape[1] // len(channels)
    places = Places.of(channels["channel"].tolist(), steps)
    identity = Identity(names["experiment"], names["subject"], names["model"], "", roi)
    draws = Draws.for_scores(evaluation, seed, identity)
    differences, compared = compare_targets(
        pairs,
        places,
        {name: np.tile(mask, steps) for name, mask in regions_of(channels).items()},
        subject=names["subject"],
        model=names["model"],
        draws=draws,
    )
    folds = np.unique(first.keys["fold"]).tolist()
    scores = {fold: training_table(tensors, fold, len(places.channel)) for fold in folds}
    return differences, compared, best_table(pairs, choose_targets(scores), places, draws)


def training_table(
    tensors: Mapping[str, Mapping[str, np.ndarray]], fold: int, v: int
) -> np.ndarray:
    """Return the cross-validated R2 of a fold's training side, shape (targets, v).

    NaN for all if the model's class does not tell it.
    """
    name = f"fold{fold}/model/cv_score"
    unknown = np.full(v, np.nan)
    return np.stack([own.get(name, unknown) for own in tensors.values()])


def _pairs(predictions: Mapping[str, str], measured: Sequence[Measured]) -> dict[str, Pair]:
    files = {target: ArrayFile(path) for target, path in predictions.items()}
    reference = next(iter(files.values()))
    for file in files.values():
        if not file.keys[ROW].equals(reference.keys[ROW]):
            raise DataError(
                f"{file.path}: other rows than in {reference.path}.",
                "Both were predicted from one split: delete them and run snakemake again.",
            )
    return {target: response_pairs(file, None, measured)[0] for target, file in files.items()}
