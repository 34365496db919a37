"""From metrics and predictions to rows of the metrics table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import rng as seeded
from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.permutation import permutation_p_value
from afterimage.evaluate.refits import null_mean
from afterimage.evaluate.scores import Scores, ScoringMetric

NULLS = TableSchema(
    "nulls",
    (
        *METRICS.columns[:7],
        Column("null_mean", "float64", "see unit", "mean over refits", nullable=True),
        Column("null_sd", "float64", "see unit", "between refits", nullable=True),
        Column("n_refits", "int64", "", "refits with a defined score"),
    ),
    key=METRICS.key,
)


@dataclass(frozen=True)
class Identity:
    """Whose score it is: the leading columns of the metrics table."""

    experiment: str
    subject: str
    model: str
    target: str
    roi: str = "all"
    generator: str = ""

    def columns(self) -> dict[str, str]:
        """Return the columns in the order of the table."""
        fields = asdict(self)
        return {name: fields[name] for name in METRICS.names[:6]}


def score_rows(
    metrics: Sequence[ScoringMetric],
    pair: Pair,
    null_pairs: Iterable[Pair] = (),
    *,
    identity: Identity,
    n_bootstrap: int,
    n_permutations: int,
    seed: int,
    ceiling: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Score predictions with several metrics.

    Parameters
    ----------
    metrics : sequence of metric
    pair : Pair
        Predictions and truth.
    null_pairs : iterable of Pair
        The same for each refit on shuffled training pairs; read once, one at a time.
    identity : Identity
    n_bootstrap, n_permutations : int
        Draws of the interval and of the p-value.
    seed : int
        The job's; draws for each metric are derived from it and the metric's name.
    ceiling : mapping of metric name to float, optional
        Best that could be reached, in the unit of the metric.

    Returns
    -------
    DataFrame
        In the columns of METRICS, one row per metric. A metric that could not score anything
        (no category has two pictures, say) has n = 0 and no value.
    """
    return rows_with_nulls(
        metrics,
        pair,
        refit_values(metrics, null_pairs),
        identity=identity,
        n_bootstrap=n_bootstrap,
        n_permutations=n_permutations,
        seed=seed,
        ceiling=ceiling,
    )


def refit_values(
    metrics: Sequence[ScoringMetric], null_pairs: Iterable[Pair]
) -> dict[str, list[float]]:
    """Return the score of each refit, per metric name."""
    values: dict[str, list[float]] = {metric.name: [] for metric in metrics}
    for null_pair in null_pairs:
        for metric in metrics:
            values[metric.name].append(metric.score(null_pair).value)
    return values


def rows_with_nulls(
    metrics: Sequence[ScoringMetric],
    pair: Pair,
    nulls: Mapping[str, Sequence[float]],
    *,
    identity: Identity,
    n_bootstrap: int,
    n_permutations: int,
    seed: int,
    ceiling: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Score predictions as :func:`score_rows` does, from refit scores that are known already."""
    rows = []
    for metric in metrics:
        scores = metric.score(pair)
        rows.append(
            {
                **identity.columns(),
                "metric": metric.name,
                **judged(scores, n_bootstrap, n_permutations, seed, metric.name),
                "null_mean": null_mean(nulls.get(metric.name, ())).mean,
                "ceiling": (ceiling or {}).get(metric.name, np.nan),
                "unit": scores.unit,
            }
        )
    return metrics_frame(rows)


def judged(
    scores: Scores, n_bootstrap: int, n_permutations: int, seed: int, name: str
) -> dict[str, float | int]:
    """Return value, interval, chance, p-value and n of a score."""
    value = scores.value
    low, high = percentile_interval(scores.resampled(seeded(seed, name, "bootstrap"), n_bootstrap))
    null = scores.permuted(seeded(seed, name, "permutation"), n_permutations)
    return {
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "chance": np.nan if scores.chance is None else scores.chance,
        "p_value": permutation_p_value(value, null),
        "n": scores.n,
    }


def refit_summary(identity: Identity, nulls: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return mean, sd and number of refits per metric, in the columns of NULLS."""
    rows = []
    for name, values in nulls.items():
        null = null_mean(values)
        rows.append([*identity.columns().values(), name, null.mean, null.sd, null.n_refits])
    return pd.DataFrame(rows, columns=NULLS.names).astype({"n_refits": "int64"})


def metrics_frame(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return rows as a table in the columns and types of METRICS."""
    frame = pd.DataFrame(list(rows), columns=METRICS.names)
    kinds = {"float64": "float64", "int64": "int64", "string": "object"}
    return frame.astype({column.name: kinds[column.type] for column in METRICS.columns})
