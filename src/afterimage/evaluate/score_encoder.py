"""Scores of an encoder: a table of channels and a row per region."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.evaluate.assemble import refits_of
from afterimage.evaluate.ceilings import ceiling_correlation
from afterimage.evaluate.encoding import encoding_rows, voxel_table
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.score_decoder import metrics_of_kind
from afterimage.evaluate.summarise import Identity, metrics_frame

SMALLEST_REGION = 5


def score_encoder(
    pair: Pair,
    null_pairs: Iterable[Pair],
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
    null_pairs : iterable of Pair
    channels : DataFrame
        The v channels that were predicted, in order, in the columns of CHANNELS.
    ceilings : DataFrame
        In the columns of CEILINGS, of all channels.
    evaluation : dict
        The validated section of that name.
    identity : Identity
    seed : int
        The job's.

    Returns
    -------
    metrics : DataFrame
        In the columns of METRICS; a region with fewer than five channels has no row.
    voxels : DataFrame
        In the columns of VOXELS.
    """
    known = ceilings.set_index("channel").reindex(channels["channel"])
    ceiling_r = ceiling_correlation(known["noise_ceiling"].to_numpy())
    voxels = voxel_table(
        pair,
        channels["channel"].tolist(),
        n_permutations=evaluation["permutations"],
        seed=seed,
        ncsnr=known["ncsnr"].to_numpy(),
        ceiling_r=ceiling_r,
    )
    chosen = metrics_of_kind(evaluation["metrics"], "encoding")
    if not chosen:
        return metrics_frame([]), voxels
    metrics = encoding_rows(
        chosen,
        pair,
        regions_of(channels),
        null_pairs,
        identity=identity,
        n_bootstrap=evaluation["bootstrap"],
        n_permutations=evaluation["permutations"],
        seed=seed,
        ceiling_r=ceiling_r,
    )
    return metrics, voxels


def regions_of(channels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the channels of each named region as a mask, shape (v,)."""
    held = [set(rois) for rois in channels["rois"]]
    names = sorted({name for rois in held for name in rois})
    masks = {name: np.array([name in rois for rois in held]) for name in names}
    return {name: mask for name, mask in masks.items() if mask.sum() >= SMALLEST_REGION}


class Measured(Protocol):
    """Measured responses of one fold with the keys of their rows."""

    @property
    def keys(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def values(self) -> np.ndarray: ...  # noqa: D102


ROW = ["fold", "stimulus_id", "trial_id"]


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
    null_pairs : iterator of Pair
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

    def null_pairs() -> Iterator[Pair]:
        if null is not None:
            for rows in refits_of(null.keys):
                yield pair(null.read(rows), null.keys.iloc[rows])

    return pair(predictions.read(), predictions.keys), null_pairs()
