"""Encoding: a row per region and metric."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.evaluate.frames import frame_of, stacked
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.refits import null_means
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.summarise import Draws, Identity, score_rows

SHARE = "encoding_significant"


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
    regions = with_all(rois, pair.predicted.shape[-1])
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


def significant_rows(
    q_values: np.ndarray, rois: Mapping[str, np.ndarray], identity: Identity, fdr: float
) -> pd.DataFrame:
    """Return the share of significant voxels in all of them and in each region.

    It has no interval: bootstrap samples scatter around the measured correlations and so pass a
    threshold more often than new data would; where nothing is signal, such an interval would
    exclude the truth.

    Parameters
    ----------
    q_values : ndarray, shape (v,)
        NaN where nothing was tested: such voxels do not count.
    rois : mapping of name to ndarray of bool, shape (v,)
    identity : Identity
        Its roi is replaced.
    fdr : float
        Voxels with a q-value of at most this are significant.

    Returns
    -------
    DataFrame
        In the columns of METRICS, one row per region; n is the number of tested voxels.
    """
    rows = []
    for name, mask in with_all(rois, len(q_values)).items():
        tested = q_values[mask][~np.isnan(q_values[mask])]
        rows.append(
            {
                **replace(identity, roi=name).columns(),
                "metric": SHARE,
                "value": float((tested <= fdr).mean()) if len(tested) else np.nan,
                "n": len(tested),
                "unit": f"share of channels (FDR {fdr:g})",
                "transductive": identity.transductive,
            }
        )
    return frame_of(rows, METRICS)


def with_all(rois: Mapping[str, np.ndarray], v: int) -> dict[str, np.ndarray]:
    """Return the region "all" and the others by name, as masks of shape (v,)."""
    regions = {"all": np.ones(v, dtype=bool), **dict(sorted(rois.items()))}
    return {name: np.asarray(mask, dtype=bool) for name, mask in regions.items()}


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
