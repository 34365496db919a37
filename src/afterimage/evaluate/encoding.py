"""Encoding: a table of voxels and a row per region."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import rng as seeded
from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.permutation import ROUNDING
from afterimage.evaluate.refits import null_means
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.summarise import Draws, Identity, score_rows
from afterimage.evaluate.voxel_correlation import permuted_voxels, products_r, voxel_r, voxel_r2

VOXELS = TableSchema(
    "voxels",
    (
        Column("channel", "int32", "", "index into the last response dimension"),
        Column("r", "float64", "r", "correlation over held-out stimuli", nullable=True),
        Column("r2", "float64", "R2", "explained variance over held-out stimuli", nullable=True),
        Column("p_value", "float64", "", "permutation over stimuli, one-sided", nullable=True),
        Column("ncsnr", "float64", "", "noise-ceiling signal-to-noise ratio", nullable=True),
        Column("ceiling_r", "float64", "r", "best reachable correlation", nullable=True),
    ),
    key=("channel",),
)


def voxel_table(
    pair: Pair,
    channels: Sequence[int],
    *,
    draws: Draws,
    ncsnr: np.ndarray | None = None,
    ceiling_r: np.ndarray | None = None,
) -> pd.DataFrame:
    """Score each voxel.

    Parameters
    ----------
    pair : Pair
        Predicted and measured held-out responses, shape (n, v).
    channels : sequence of int, length v
        The channel that each column is.
    draws : Draws
    ncsnr, ceiling_r : ndarray, shape (v,), optional
        From :mod:`afterimage.evaluate.ceilings`.

    Returns
    -------
    DataFrame
        In the columns of VOXELS. A constant voxel has no r, r2 and p_value.
    """
    r = voxel_r(pair.predicted, pair.actual)
    unknown = np.full(len(r), np.nan)
    return pd.DataFrame(
        {
            "channel": np.asarray(channels, dtype=np.int32),
            "r": r,
            "r2": voxel_r2(pair.predicted, pair.actual),
            "p_value": voxel_p_values(pair, r, draws),
            "ncsnr": unknown if ncsnr is None else ncsnr,
            "ceiling_r": unknown if ceiling_r is None else ceiling_r,
        }
    )


def voxel_p_values(pair: Pair, r: np.ndarray, draws: Draws) -> np.ndarray:
    """Return the one-sided permutation p-value of each voxel's correlation, shape (v,)."""
    as_good = np.zeros(len(r))
    generator = seeded(draws.seed, "voxels", "permutation")
    products = products_r(pair.predicted, pair.actual)
    for null in permuted_voxels(products, pair.stimulus_ids, generator, draws.permutations):
        as_good += null >= r - ROUNDING
    return np.where(np.isnan(r), np.nan, (1 + as_good) / (1 + draws.permutations))


def encoding_rows(
    metrics: Sequence[ScoringMetric],
    pair: Pair,
    rois: Mapping[str, np.ndarray],
    null_pairs: Iterable[Pair] = (),
    *,
    identity: Identity,
    draws: Draws,
    ceiling_r: np.ndarray | None = None,
) -> pd.DataFrame:
    """Score an encoder in all voxels and in each region.

    Parameters
    ----------
    metrics : sequence of metric
        Of kind "encoding".
    pair : Pair
        Predicted and measured held-out responses, shape (n, v).
    rois : mapping of name to ndarray of bool, shape (v,)
        "all" is added by itself.
    null_pairs : iterable of Pair
        Predictions of refits on shuffled training pairs; read once, one at a time.
    identity : Identity
        Its roi is replaced.
    draws : Draws
    ceiling_r : ndarray, shape (v,), optional
        The mean over a region's voxels is the ceiling of its ``encoding_r``, and the mean of the
        squares that of its ``encoding_r2``.

    Returns
    -------
    DataFrame
        In the columns of METRICS, one row per region and metric.
    """
    everywhere = np.ones(pair.predicted.shape[-1], dtype=bool)
    regions = {"all": everywhere, **dict(sorted(rois.items()))}
    regions = {name: np.asarray(mask, dtype=bool) for name, mask in regions.items()}
    means = null_means(_in_regions(metrics, regions, null_pairs))
    frames = [
        score_rows(
            metrics,
            pair.columns(mask),
            means.get(name, {}),
            identity=replace(identity, roi=name),
            draws=draws,
            ceiling=None if ceiling_r is None else _ceiling(ceiling_r[mask]),
        )
        for name, mask in regions.items()
    ]
    return stacked(frames, METRICS)


def _in_regions(
    metrics: Sequence[ScoringMetric], regions: Mapping[str, np.ndarray], pairs: Iterable[Pair]
) -> Iterator[tuple[str, Sequence[ScoringMetric], Pair]]:
    for pair in pairs:
        for name, mask in regions.items():
            yield name, metrics, pair.columns(mask)


def _ceiling(ceiling_r: np.ndarray) -> dict[str, float]:
    known = ceiling_r[~np.isnan(ceiling_r)]
    if len(known) == 0:
        return {}
    return {"encoding_r": float(known.mean()), "encoding_r2": float((known**2).mean())}
