"""Scores of an encoder: a table of channels and a row per region."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.contracts.transductive import how_transductive
from afterimage.evaluate.assemble import null_pairs
from afterimage.evaluate.ceilings import CEILINGS, ceiling_correlation, of_places
from afterimage.evaluate.encoding import encoding_rows, significant_rows
from afterimage.evaluate.frames import frame_of, stacked
from afterimage.evaluate.normalised import usable_ceilings
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.presented import Presented
from afterimage.evaluate.scores import metrics_of_kind
from afterimage.evaluate.summarise import Draws, Identity
from afterimage.evaluate.voxel_table import Places, voxel_table

SMALLEST_REGION = 5
ROW = ["fold", "stimulus_id", "trial_id"]


class Measured(Protocol):
    """Measured responses of one fold with the keys of their rows."""

    @property
    def keys(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def values(self) -> np.ndarray: ...  # noqa: D102


def score_encoding(
    inputs: Any,
    names: Mapping[str, str],
    measured: Sequence[Measured],
    presented: Presented,
    *,
    tensors: Mapping[str, np.ndarray],
    evaluation: dict[str, Any],
    roi: str,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score predicted responses, from the files of a rule.

    Parameters
    ----------
    inputs : object
        Paths `predictions` and `ceilings`, and a list `null` of at most one path.
    names : mapping
        The job's wildcards, with `experiment`, `subject`, `model` and `target`.
    measured : sequence
        Measured responses of every fold.
    presented : Presented
        The subject's trials and channels.
    tensors : mapping of str to ndarray
        Of the fitted model.
    evaluation : dict
        The validated section of that name.
    roi : str
        Which channels they are.
    seed : int
        The experiment's.

    Returns
    -------
    metrics, voxels : DataFrame
        See :func:`score_encoder`.
    """
    null = ArrayFile(inputs.null[0]) if inputs.null else None
    predictions = ArrayFile(inputs.predictions)
    pair, refits = response_pairs(predictions, null, measured)
    blocks = presented.blocks(predictions.keys, evaluation["blocks"])
    subject, model, target = names["subject"], names["model"], names["target"]
    return score_encoder(
        replace(pair, blocks=blocks),
        refits,
        presented.kept_channels(),
        read_table(inputs.ceilings, CEILINGS),
        cv_score=training_scores(tensors),
        evaluation=evaluation,
        identity=Identity(
            names["experiment"],
            subject,
            model,
            target,
            roi,
            transductive=how_transductive(predictions.provenance),
        ),
        seed=seed,
    )


def score_encoder(
    pair: Pair,
    refits: Iterable[Pair],
    channels: pd.DataFrame,
    ceilings: pd.DataFrame,
    *,
    cv_score: np.ndarray | None = None,
    evaluation: dict[str, Any],
    identity: Identity,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score predicted responses.

    Parameters
    ----------
    pair : Pair
        Predicted and measured responses, shape (n, steps x v): all channels of a time step, then
        those of the next one.
    refits : iterable of Pair
        The same of refits on shuffled training pairs; read once, one at a time.
    channels : DataFrame
        The v channels that were predicted, in order, in the columns of CHANNELS.
    ceilings : DataFrame
        In the columns of CEILINGS, of all channels.
    cv_score : ndarray, shape (steps x v,), optional
        Cross-validated on the training side.
    evaluation : dict
        The validated section of that name.
    identity : Identity
    seed : int
        The experiment's.

    Returns
    -------
    metrics : DataFrame
        In the columns of METRICS; a region with fewer than five channels has no row.
    voxels : DataFrame
        In the columns of VOXELS.
    """
    steps = pair.actual.shape[1] // len(channels)
    places = Places.of(channels["channel"].tolist(), steps)
    known = of_places(ceilings, places.step, places.channel)
    ceiling_r = ceiling_correlation(known["noise_ceiling"].to_numpy())
    floor = evaluation["ceiling_floor"]
    draws = Draws.for_scores(evaluation, seed, identity)
    voxels = voxel_table(
        pair,
        places,
        draws=draws,
        floor=floor,
        ncsnr=known["ncsnr"].to_numpy(),
        ceiling_r=ceiling_r,
        cv_score=cv_score,
    )
    chosen = metrics_of_kind(evaluation["metrics"], "encoding")
    if not chosen:
        return frame_of([], METRICS), voxels
    rois = {name: np.tile(mask, steps) for name, mask in regions_of(channels).items()}
    usable = usable_ceilings(ceiling_r, floor)
    metrics = encoding_rows(
        chosen,
        replace(pair, ceiling_r=usable),
        rois,
        (replace(refit, ceiling_r=usable) for refit in refits),
        identity=identity,
        draws=draws,
        ceiling_r=ceiling_r,
    )
    q_values = voxels["q_value"].to_numpy()
    shares = significant_rows(q_values, rois, identity, evaluation["fdr"])
    return stacked([metrics, shares], METRICS), voxels


def training_scores(tensors: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return the mean over folds of each channel's cross-validated R2, if the model tells it."""
    folds = sorted(name for name in tensors if name.endswith("/model/cv_score"))
    return np.mean([tensors[name] for name in folds], axis=0) if folds else None


def regions_of(channels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the channels of each named region as a mask, shape (v,)."""
    held = [set(rois) for rois in channels["rois"]]
    names = sorted({name for rois in held for name in rois})
    masks = {name: np.array([name in rois for rois in held]) for name in names}
    return {name: mask for name, mask in masks.items() if mask.sum() >= SMALLEST_REGION}


def response_pairs(
    predictions: ArrayFile, null: ArrayFile | None, measured: Sequence[Measured]
) -> tuple[Pair, Iterator[Pair]]:
    """Put predicted responses beside the measured ones, joined by key.

    Parameters
    ----------
    predictions, null : ArrayFile
        Keys fold, stimulus_id, trial_id, and refit in the null.
    measured : sequence
        Measured responses of every fold.

    Returns
    -------
    pair : Pair
    refits : iterator of Pair
        One per null refit.
    """
    keys = pd.concat([rows.keys for rows in measured], ignore_index=True)
    values = np.concatenate([rows.values for rows in measured])
    index = pd.MultiIndex.from_frame(keys[ROW])

    def pair(predicted: np.ndarray, rows: pd.DataFrame) -> Pair:
        found = index.get_indexer(pd.MultiIndex.from_frame(rows[ROW]))
        return Pair(
            predicted.reshape(len(rows), -1),
            values[found],
            rows["stimulus_id"].to_numpy(),
            folds=rows["fold"].to_numpy(),
        )

    return pair(predictions.read(), predictions.keys), null_pairs(null, pair)
