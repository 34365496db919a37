"""The table of voxels: what an encoder predicts of each, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afterimage.contracts.seeds import rng as seeded
from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.fdr import q_values
from afterimage.evaluate.normalised import normalised_r, normalised_r2, usable_ceilings
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pairings import row_pairings, unit_count
from afterimage.evaluate.permutation import ROUNDING
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.voxel_correlation import permuted_voxels, products_r, voxel_r, voxel_r2

# Of rows times voxels that are permuted at a time: they stay in the processor's cache.
BLOCK_ELEMENTS = 1 << 18

VOXELS = TableSchema(
    "voxels",
    (
        Column("step", "int32", "", "index into the dimensions before the last one"),
        Column("channel", "int32", "", "index into the last response dimension"),
        Column("r", "float64", "r", "correlation over held-out stimuli", nullable=True),
        Column("r2", "float64", "R2", "explained variance over held-out stimuli", nullable=True),
        Column("p_value", "float64", "", "permutation of blocks, one-sided", nullable=True),
        Column("q_value", "float64", "", "false discovery rate over the table", nullable=True),
        Column("ncsnr", "float64", "", "noise-ceiling signal-to-noise ratio", nullable=True),
        Column("ceiling_r", "float64", "r", "best reachable correlation", nullable=True),
        Column("normalised_r", "float64", "r / ceiling", "not clipped", nullable=True),
        Column("normalised_r2", "float64", "R2 / ceiling", "not clipped", nullable=True),
        Column(
            "cv_score",
            "float64",
            "1",
            "R2 or r, cross-validated within training trials",
            nullable=True,
        ),
    ),
    key=("step", "channel"),
)


@dataclass(frozen=True)
class Places:
    """What the columns of predicted responses are.

    Attributes
    ----------
    step, channel : ndarray of int, shape (v,)
    """

    step: np.ndarray
    channel: np.ndarray

    @classmethod
    def of(cls, channels: Sequence[int], steps: int = 1) -> "Places":
        """Return the places of responses of shape (steps, channels), flattened."""
        step = np.repeat(np.arange(steps, dtype=np.int32), len(channels))
        return cls(step, np.tile(np.asarray(channels, dtype=np.int32), steps))


def voxel_table(
    pair: Pair,
    places: Places,
    *,
    draws: Draws,
    floor: float = 0.0,
    ncsnr: np.ndarray | None = None,
    ceiling_r: np.ndarray | None = None,
    cv_score: np.ndarray | None = None,
) -> pd.DataFrame:
    """Score each voxel (and time).

    Parameters
    ----------
    pair : Pair
        Predicted and measured held-out responses, shape (n, v).
    places : Places
        What each column is.
    draws : Draws
    floor : float
        Ceilings below it normalise nothing.
    ncsnr, ceiling_r : ndarray, shape (v,), optional
        From :mod:`afterimage.evaluate.ceilings`.
    cv_score : ndarray, shape (v,), optional
        What the model knew of itself before it saw a test trial.

    Returns
    -------
    DataFrame
        In the columns of VOXELS. A constant voxel has no r, r2, p_value and q_value.
    """
    r, r2 = voxel_r(pair.predicted, pair.actual), voxel_r2(pair.predicted, pair.actual)
    unknown = np.full(len(r), np.nan)
    ceiling = unknown if ceiling_r is None else ceiling_r
    usable = usable_ceilings(ceiling, floor)
    p_values = voxel_p_values(pair, r, draws)
    return pd.DataFrame(
        {
            "step": places.step,
            "channel": places.channel,
            "r": r,
            "r2": r2,
            "p_value": p_values,
            "q_value": q_values(p_values),
            "ncsnr": unknown if ncsnr is None else ncsnr,
            "ceiling_r": ceiling,
            "normalised_r": normalised_r(r, usable),
            "normalised_r2": normalised_r2(r2, usable),
            "cv_score": unknown if cv_score is None else cv_score,
        }
    )


def voxel_p_values(pair: Pair, r: np.ndarray, draws: Draws) -> np.ndarray:
    """Return the one-sided permutation p-value of each voxel's correlation, shape (v,).

    Blocks of rows are permuted, the same way for all voxels. Some voxels are worked on at a time,
    draw by draw: memory does not grow with the number of draws.

    Parameters
    ----------
    pair : Pair
    r : ndarray, shape (v,)
        The voxels' correlations.
    draws : Draws

    Returns
    -------
    ndarray, shape (v,)
        (1 + #{null >= r}) / (1 + draws). NaN for a constant voxel, and for all if there are not
        two blocks to exchange.
    """
    if unit_count(pair.stimulus_ids, pair.blocks) < 2:
        return np.full(len(r), np.nan)
    as_good = np.zeros(len(r))
    generator = seeded(draws.seed, "voxels", "permutation")
    step = max(1, BLOCK_ELEMENTS // max(1, pair.n))
    for orders in row_pairings(pair.stimulus_ids, pair.blocks, generator, draws.permutations):
        for low in range(0, len(r), step):
            part = slice(low, low + step)
            products = products_r(pair.predicted[:, part], pair.actual[:, part])
            for null in permuted_voxels(products, [orders]):
                as_good[part] += null >= r[part] - ROUNDING
    return np.where(np.isnan(r), np.nan, (1 + as_good) / (1 + draws.permutations))
