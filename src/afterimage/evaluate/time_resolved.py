"""Scores of a decoder that was fitted and tested in windows of time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.seeds import rng
from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.evaluate.assemble import Shown, feature_pair, training_means
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.permutation import permutation_p_value
from afterimage.evaluate.scores import ScoringMetric

FAMILY = 0.95


def score_windows(
    predictions: ArrayFile,
    values: ArrayFile,
    shown: Shown,
    metric: ScoringMetric,
    *,
    space_per_fold: bool,
    evaluation: dict[str, Any],
    identity: dict[str, str],
    seed: int,
) -> pd.DataFrame:
    """Score every fitted and tested window.

    All windows share their random pairings, so that the maximum over windows of each pairing
    is a null of the whole analysis: a score above ``null_max`` is one that no window reaches by
    chance in 95 of 100 cases.

    Parameters
    ----------
    predictions : ArrayFile
        With keys ``fitted`` and ``tested``, and the windows' times in its provenance.
    values : ArrayFile
        The target's true values.
    shown : Shown
    metric : ScoringMetric
        Of the kind "features" (or "labels").
    space_per_fold : bool
        See :func:`afterimage.evaluate.assemble.feature_pair`.
    evaluation : dict
        The validated section of that name.
    identity : dict
        Columns ``subject`` and ``analysis``.
    seed : int
        Of this analysis.

    Returns
    -------
    DataFrame
        In the columns of TIME_RESOLVED.
    """
    means = training_means(values, shown, predictions.keys["fold"].to_numpy())
    times = predictions.provenance["windows"]
    rows, highest = [], np.full(evaluation["permutations"], -np.inf)
    for fitted, tested, here in _pairs_of_windows(predictions.keys):
        keys = predictions.keys.iloc[here]
        pair = feature_pair(
            predictions.read(here), keys, values, shown, means, space_per_fold=space_per_fold
        )
        scores = metric.score(pair)
        null = scores.permuted(rng(seed, "permutation"), evaluation["permutations"])
        low, high = percentile_interval(
            scores.resampled(rng(seed, "bootstrap"), evaluation["bootstrap"])
        )
        null_low, null_high = percentile_interval(null)
        highest = np.maximum(highest, null)
        rows.append(
            {
                **identity,
                "fitted": fitted,
                "tested": tested,
                "fitted_first": times[fitted][0],
                "fitted_last": times[fitted][1],
                "tested_first": times[tested][0],
                "tested_last": times[tested][1],
                "value": scores.value,
                "ci_low": low,
                "ci_high": high,
                "null_low": null_low,
                "null_high": null_high,
                "chance": np.nan if scores.chance is None else scores.chance,
                "p_value": permutation_p_value(scores.value, null),
                "n": scores.n,
                "unit": scores.unit,
            }
        )
    threshold = float(np.quantile(highest, FAMILY)) if np.isfinite(highest).all() else np.nan
    return frame_of([{**row, "null_max": threshold} for row in rows], TIME_RESOLVED)


def latencies(scores: pd.DataFrame) -> pd.DataFrame:
    """Return when decoding begins and is best, for each subject and analysis.

    Parameters
    ----------
    scores : DataFrame
        In the columns of TIME_RESOLVED; windows that were tested where they were fitted count.

    Returns
    -------
    DataFrame
        Columns subject, analysis, onset and peak (s, middles of windows; onset is NaN if no
        window passes the maximum that pairings by chance reach over all windows), peak_value.
    """
    found = []
    own = scores[scores["fitted"] == scores["tested"]]
    for (subject, analysis), rows in own.groupby(["subject", "analysis"], sort=True):
        ordered = rows.sort_values("tested")
        middle = ordered[["tested_first", "tested_last"]].mean(axis=1).to_numpy()
        value = ordered["value"].to_numpy()
        passed = np.flatnonzero(value > ordered["null_max"].to_numpy())
        best = int(np.nanargmax(value))
        found.append(
            {
                "subject": subject,
                "analysis": analysis,
                "onset": middle[passed[0]] if len(passed) else np.nan,
                "peak": middle[best],
                "peak_value": value[best],
            }
        )
    return pd.DataFrame(found, columns=["subject", "analysis", "onset", "peak", "peak_value"])


def _pairs_of_windows(keys: pd.DataFrame) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield the numbers of each fitted and tested window, and their rows."""
    pairs = keys[["fitted", "tested"]].to_numpy(dtype=np.int64)
    for fitted, tested in np.unique(pairs, axis=0).tolist():
        yield fitted, tested, np.flatnonzero((pairs == (fitted, tested)).all(axis=1))
