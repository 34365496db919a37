"""Scores of an encoder: a table of channels and a row per region."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.contracts.transductive import how_transductive
from afterimage.evaluate.assemble import null_pairs
from afterimage.evaluate.ceilings import CEILINGS, by_channel, ceiling_correlation
from afterimage.evaluate.encoding import encoding_rows, voxel_table
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.scores import metrics_of_kind
from afterimage.evaluate.summarise import Draws, Identity

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
    channels: pd.DataFrame,
    kept: np.ndarray,
    *,
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
    channels : DataFrame
        In the columns of CHANNELS, all of them.
    kept : ndarray of int, shape (v,)
        The channels that were predicted, in order.
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
    if len(predictions.shape) > 1:
        raise DataError(
            f"{inputs.predictions}: predicted responses have the dimensions "
            f"{', '.join(predictions.dims)}; encoders are scored for one value per channel only.",
            "Remove the encoder from models; decoders of such responses are scored.",
        )
    pair, refits = response_pairs(predictions, null, measured)
    subject, model, target = names["subject"], names["model"], names["target"]
    return score_encoder(
        pair,
        refits,
        channels.set_index("channel").loc[kept].reset_index(),
        read_table(inputs.ceilings, CEILINGS),
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
    evaluation: dict[str, Any],
    identity: Identity,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score predicted responses.

    Parameters
    ----------
    pair : Pair
        Predicted and measured responses, shape (n, v).
    refits : iterable of Pair
        The same of refits on shuffled training pairs; read once, one at a time.
    channels : DataFrame
        The v channels that were predicted, in order, in the columns of CHANNELS.
    ceilings : DataFrame
        In the columns of CEILINGS, of all channels.
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
    known = by_channel(ceilings).reindex(channels["channel"])
    ceiling_r = ceiling_correlation(known["noise_ceiling"].to_numpy())
    draws = Draws.for_scores(evaluation, seed, identity)
    voxels = voxel_table(
        pair,
        channels["channel"].tolist(),
        draws=draws,
        ncsnr=known["ncsnr"].to_numpy(),
        ceiling_r=ceiling_r,
    )
    chosen = metrics_of_kind(evaluation["metrics"], "encoding")
    if not chosen:
        return frame_of([], METRICS), voxels
    metrics = encoding_rows(
        chosen,
        pair,
        regions_of(channels),
        refits,
        identity=identity,
        draws=draws,
        ceiling_r=ceiling_r,
    )
    return metrics, voxels


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
