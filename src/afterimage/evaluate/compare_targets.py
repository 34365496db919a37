"""Several feature spaces as predictors of the same responses: which is better, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from afterimage.contracts.seeds import rng as seeded
from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.encoding import with_all
from afterimage.evaluate.fdr import q_values
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pairings import unit_count
from afterimage.evaluate.permutation import ROUNDING, permutation_p_value
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.swaps import random_swaps, swapped_differences
from afterimage.evaluate.voxel_correlation import resampled_r, voxel_r
from afterimage.evaluate.voxel_table import Places

# Of draws times voxels, for each target, that are held at a time.
HELD_ELEMENTS = 1 << 20

_JUDGED = (
    Column("difference", "float64", "r", "correlation by the first less the second", nullable=True),
    Column("ci_low", "float64", "r", "95% paired bootstrap interval", nullable=True),
    Column("ci_high", "float64", "r", "95% paired bootstrap interval", nullable=True),
    Column("p_value", "float64", "", "predictions swapped, two-sided", nullable=True),
    Column("q_value", "float64", "", "false discovery rate over the table", nullable=True),
)
DIFFERENCES = TableSchema(
    "differences",
    (
        Column("step", "int32", "", "index into the dimensions before the last one"),
        Column("channel", "int32", "", "index into the last response dimension"),
        Column("first", "string", "", "target whose encoder is compared"),
        Column("second", "string", "", "target with whose encoder it is compared"),
        *_JUDGED,
    ),
    key=("step", "channel", "first", "second"),
)
COMPARED = TableSchema(
    "compared",
    (
        Column("subject", "string", "", "whose responses"),
        Column("model", "string", "", "the encoder"),
        Column("roi", "string", "", "which channels; 'all' for all of them"),
        Column("first", "string", "", "target whose encoder is compared"),
        Column("second", "string", "", "target with whose encoder it is compared"),
        *_JUDGED,
        Column("n", "int64", "", "channels (and times) over which the mean is taken"),
    ),
    key=("subject", "model", "roi", "first", "second"),
)


@dataclass
class _Region:
    """A region's mean difference: as measured, in bootstrap samples, and after swaps."""

    mask: np.ndarray
    sampled: np.ndarray
    swapped: np.ndarray
    total: float = 0.0
    n: int = 0

    def add(self, part: slice, difference: np.ndarray, drawn: np.ndarray, null: np.ndarray) -> None:
        mine = self.mask[part] & ~np.isnan(difference)
        self.n += int(mine.sum())
        self.total += float(difference[mine].sum())
        self.sampled += drawn[:, mine].sum(axis=1)
        self.swapped += null[:, mine].sum(axis=1)

    def judged(self) -> dict[str, object]:
        """Return the mean, its interval and its p-value, as far as there are any."""
        if not self.n:
            return {"n": 0}
        mean = self.total / self.n
        low, high = percentile_interval(self.sampled / self.n)
        null = np.abs(self.swapped / self.n)
        p_value = np.nan if np.isnan(null).any() else permutation_p_value(abs(mean), null)
        judged = {"difference": mean, "ci_low": low, "ci_high": high, "p_value": p_value}
        return {**judged, "n": self.n}


class _Contrast:
    """Two targets: their difference in each channel and, on the way, in each region."""

    def __init__(self, v: int, rois: Mapping[str, np.ndarray], draws: Draws) -> None:
        columns = ("difference", "ci_low", "ci_high", "p_value")
        self.channels = {name: np.full(v, np.nan) for name in columns}
        self.regions = {
            name: _Region(mask, np.zeros(draws.bootstrap), np.zeros(draws.permutations))
            for name, mask in with_all(rois, v).items()
        }

    def add(self, part: slice, first: "_Side", second: "_Side", draws: Draws) -> None:
        difference = first.r - second.r
        drawn = first.sampled - second.sampled
        null = _swapped(first.pair, second.pair, draws)
        known = ~np.isnan(drawn).all(axis=0)
        ends = np.full((2, len(difference)), np.nan)
        ends[:, known] = np.nanquantile(drawn[:, known], [0.025, 0.975], axis=0)
        found = (difference, *ends, _two_sided(difference, null))
        for values, column in zip(found, self.channels.values(), strict=True):
            column[part] = values
        for region in self.regions.values():
            region.add(part, difference, drawn, null)


class _Side:
    """Some channels as one target predicts them, in the same bootstrap samples for all targets."""

    def __init__(self, pair: Pair, part: slice, draws: Draws) -> None:
        self.pair = replace(
            pair, predicted=pair.predicted[:, part], actual=pair.actual[:, part], ceiling_r=None
        )
        sides = (self.pair.predicted, self.pair.actual, pair.stimulus_ids)
        self.r = voxel_r(*sides[:2])
        generator = seeded(draws.seed, "compare", "bootstrap")
        parts = [scores for _, scores in resampled_r(*sides, generator, draws.bootstrap)]
        none = np.full((draws.bootstrap, len(self.r)), np.nan)
        self.sampled = np.vstack(parts) if parts else none


def compare_targets(
    pairs: Mapping[str, Pair],
    places: Places,
    rois: Mapping[str, np.ndarray],
    *,
    subject: str,
    model: str,
    draws: Draws,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare each two targets' predictions of the same responses.

    The bootstrap draws the same stimuli for both, so that what is hard for both cancels. The
    p-value asks how large a difference becomes when stimuli (or blocks) swap their two predictions
    at random: if neither is better, that changes nothing.

    Parameters
    ----------
    pairs : mapping of target to Pair
        At least two; the same rows and measured responses, shape (n, v).
    places : Places
        What each column is.
    rois : mapping of name to ndarray of bool, shape (v,)
        "all" is added by itself.
    subject, model : str
    draws : Draws

    Returns
    -------
    differences, compared : DataFrame
        In the columns of DIFFERENCES and COMPARED; q-values are over each whole table.
    """
    v = len(places.channel)
    contrasts = {names: _Contrast(v, rois, draws) for names in combinations(pairs, 2)}
    step = max(1, HELD_ELEMENTS // max(1, draws.bootstrap, draws.permutations))
    for low in range(0, v, step):
        part = slice(low, low + step)
        sides = {name: _Side(pair, part, draws) for name, pair in pairs.items()}
        for (first, second), contrast in contrasts.items():
            contrast.add(part, sides[first], sides[second], draws)
    channels, regions = [], []
    for (first, second), contrast in contrasts.items():
        table = {"step": places.step, "channel": places.channel, **contrast.channels}
        channels.append(pd.DataFrame(table).assign(first=first, second=second))
        named = {"subject": subject, "model": model, "first": first, "second": second}
        regions += [
            {**named, "roi": roi, **region.judged()} for roi, region in contrast.regions.items()
        ]
    differences, compared = pd.concat(channels, ignore_index=True), frame_of(regions, COMPARED)
    differences["q_value"] = q_values(differences["p_value"].to_numpy())
    compared["q_value"] = q_values(compared["p_value"].to_numpy())
    return differences[DIFFERENCES.names], compared


def _swapped(first: Pair, second: Pair, draws: Draws) -> np.ndarray:
    """Return the differences after swaps, shape (permutations, channels)."""
    if unit_count(first.stimulus_ids, first.blocks) < 2:
        return np.full((draws.permutations, first.actual.shape[1]), np.nan)
    generator = seeded(draws.seed, "compare", "swaps")
    swaps = random_swaps(first.stimulus_ids, first.blocks, generator, draws.permutations)
    sides = (first.predicted, second.predicted, first.actual)
    return np.vstack([swapped_differences(*sides, some) for some in swaps])


def _two_sided(difference: np.ndarray, null: np.ndarray) -> np.ndarray:
    as_far = (np.abs(null) >= np.abs(difference) - ROUNDING).sum(axis=0)
    unknown = np.isnan(difference) | np.isnan(null).all(axis=0)
    return np.where(unknown, np.nan, (1 + as_far) / (1 + len(null)))
