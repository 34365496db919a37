"""The target from which each channel is predicted best: chosen in training, told by the test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.fdr import q_values
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.voxel_correlation import voxel_r
from afterimage.evaluate.voxel_table import Places, voxel_p_values

BEST = TableSchema(
    "best_target",
    (
        Column("step", "int32", "", "index into the dimensions before the last one"),
        Column("channel", "int32", "", "index into the last response dimension"),
        Column(
            "best", "int32", "", "1-based number of the target in the order of the model; 0: none"
        ),
        Column("target", "string", "", "its name; empty: none"),
        Column("agreement", "float64", "", "share of folds that chose it", nullable=True),
        Column(
            "cv_score",
            "float64",
            "1",
            "R2 or r, cross-validated within training trials",
            nullable=True,
        ),
        Column("r", "float64", "r", "held out, by the target chosen in each fold", nullable=True),
        Column("p_value", "float64", "", "permutation of blocks, one-sided", nullable=True),
        Column("q_value", "float64", "", "false discovery rate over the table", nullable=True),
    ),
    key=("step", "channel"),
)


@dataclass(frozen=True)
class Choice:
    """Which target is chosen for each channel, from training rows only.

    Attributes
    ----------
    per_fold : mapping of fold to ndarray of int, shape (v,)
        0-based number of the target; -1 where no target has a score.
    overall : ndarray of int, shape (v,)
        By the mean over folds.
    agreement : ndarray, shape (v,)
        Share of folds with the same choice as overall.
    cv_score : ndarray, shape (v,)
        Mean over folds, of the overall choice.
    """

    per_fold: Mapping[int, np.ndarray]
    overall: np.ndarray
    agreement: np.ndarray
    cv_score: np.ndarray


def choose_targets(scores: Mapping[int, np.ndarray]) -> Choice:
    """Choose the target with the highest cross-validated score; of equals the first.

    Parameters
    ----------
    scores : mapping of fold to ndarray, shape (targets, v)
        Of the training side of each fold; NaN where there is none.
    """
    per_fold = {fold: _highest(table) for fold, table in scores.items()}
    mean = np.mean(list(scores.values()), axis=0)
    overall = _highest(mean)
    same = [choice == overall for choice in per_fold.values()]
    known = overall >= 0
    of_best = np.take_along_axis(mean, np.maximum(overall, 0)[None], axis=0)[0]
    return Choice(
        per_fold,
        overall,
        np.where(known, np.mean(same, axis=0), np.nan),
        np.where(known, of_best, np.nan),
    )


def best_table(
    pairs: Mapping[str, Pair], choice: Choice, places: Places, draws: Draws
) -> pd.DataFrame:
    """Score each channel by the predictions of its chosen target.

    Each fold's test rows are predicted by the target that this fold's training rows chose, so that
    the choice owes nothing to what it is scored on.

    Parameters
    ----------
    pairs : mapping of target to Pair
        The same rows and measured responses, shape (n, v).
    choice : Choice
    places : Places
    draws : Draws

    Returns
    -------
    DataFrame
        In the columns of BEST.
    """
    names, parts = list(pairs), list(pairs.values())
    pair = replace(parts[0], predicted=_chosen(parts, choice))
    r = np.full(len(choice.overall), np.nan)
    known = ~np.isnan(pair.predicted).any(axis=0)
    some = pair.columns(known)
    r[known] = voxel_r(some.predicted, some.actual)
    p_values = np.full(len(r), np.nan)
    p_values[known] = voxel_p_values(some, r[known], draws)
    return pd.DataFrame(
        {
            "step": places.step,
            "channel": places.channel,
            "best": (choice.overall + 1).astype(np.int32),
            "target": [names[i] if i >= 0 else "" for i in choice.overall],
            "agreement": choice.agreement,
            "cv_score": choice.cv_score,
            "r": r,
            "p_value": p_values,
            "q_value": q_values(p_values),
        }
    )


def _highest(scores: np.ndarray) -> np.ndarray:
    filled = np.where(np.isnan(scores), -np.inf, scores)
    return np.where(np.isneginf(filled).all(axis=0), -1, filled.argmax(axis=0))


def _chosen(parts: list[Pair], choice: Choice) -> np.ndarray:
    """Return the predictions of the target chosen in each row's fold; NaN where there is none."""
    folds = np.zeros(parts[0].n, dtype=int) if parts[0].folds is None else parts[0].folds
    result = np.full(parts[0].predicted.shape, np.nan)
    for fold, chosen in choice.per_fold.items():
        rows = np.flatnonzero(folds == fold)
        for number, part in enumerate(parts):
            columns = np.flatnonzero(chosen == number)
            result[np.ix_(rows, columns)] = part.predicted[np.ix_(rows, columns)]
    return result
