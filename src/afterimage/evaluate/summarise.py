"""From metrics and predictions to rows of the metrics table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.seeds import rng as seeded
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.permutation import permutation_p_value
from afterimage.evaluate.scores import Scores, ScoringMetric


@dataclass(frozen=True)
class Identity:
    """Whose score it is: the leading columns of the metrics table, and how it was made.

    Attributes
    ----------
    transductive : str
        What was computed over the test side before scoring, in words; empty if nothing was. No
        random draw depends on it.
    """

    experiment: str
    subject: str
    model: str
    target: str
    roi: str = "all"
    generator: str = ""
    transductive: str = ""

    def columns(self) -> dict[str, str]:
        """Return the leading columns in the order of the table."""
        fields = asdict(self)
        return {name: fields[name] for name in METRICS.names[:6]}


@dataclass(frozen=True)
class Draws:
    """How many random draws judge a score.

    Attributes
    ----------
    bootstrap, permutations : int
        Draws of the interval and of the p-value; the smallest p-value is 1 / (1 + permutations).
    seed : int
        Of what is scored; draws for each metric are derived from it and the metric's name.
    """

    bootstrap: int
    permutations: int
    seed: int

    @classmethod
    def for_scores(cls, evaluation: Mapping[str, Any], seed: int, identity: Identity) -> Self:
        """Return the draws that a validated section ``evaluation`` asks for.

        Parameters
        ----------
        evaluation : mapping
        seed : int
            The experiment's.
        identity : Identity
            What is scored.
        """
        own = derive_seed(seed, "score", *identity.columns().values())
        return cls(evaluation["bootstrap"], evaluation["permutations"], own)


def score_rows(
    metrics: Sequence[ScoringMetric],
    pair: Pair,
    null_means: Mapping[str, float],
    *,
    identity: Identity,
    draws: Draws,
    ceiling: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Score predictions with several metrics.

    Parameters
    ----------
    metrics : sequence of metric
    pair : Pair
        Predictions and truth.
    null_means : mapping of metric name to float
        Mean score of refits on shuffled training pairs, where there are any.
    identity : Identity
    draws : Draws
    ceiling : mapping of metric name to float, optional
        Best that could be reached, in the unit of the metric.

    Returns
    -------
    DataFrame
        In the columns of METRICS, one row per metric. A metric that could not score anything
        (no category has two pictures, say) has n = 0 and no value.
    """
    rows = []
    for metric in metrics:
        scores = metric.score(pair)
        rows.append(
            {
                **identity.columns(),
                "metric": metric.name,
                **_judged(scores, draws, metric.name),
                "null_mean": null_means.get(metric.name, np.nan),
                "ceiling": (ceiling or {}).get(metric.name, np.nan),
                "unit": scores.unit,
                "transductive": identity.transductive,
            }
        )
    return frame_of(rows, METRICS)


def _judged(scores: Scores, draws: Draws, name: str) -> dict[str, float | int]:
    """Return value, interval, chance, p-value and n of a score."""
    value = scores.value
    samples = scores.resampled(seeded(draws.seed, name, "bootstrap"), draws.bootstrap)
    low, high = percentile_interval(samples)
    null = scores.permuted(seeded(draws.seed, name, "permutation"), draws.permutations)
    return {
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "chance": np.nan if scores.chance is None else scores.chance,
        "p_value": permutation_p_value(value, null),
        "n": scores.n,
    }
