"""The table of single reconstructions' scores, by which a report ranks them."""

from collections.abc import Sequence

import pandas as pd

from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.scores import ScoringMetric
from afterimage.evaluate.summarise import Identity

ITEMS = TableSchema(
    "items",
    (
        Column("model", "string", "", "whose decoded values were turned into a picture"),
        Column("generator", "string", "", "by which generator"),
        Column("fold", "int32", "", "fold in which the row was held out"),
        Column("stimulus_id", "string", "", "what was shown"),
        Column("trial_id", "string", "", "first trial of the decoded mean"),
        Column("space", "string", "", "feature space, or 'pixels' for the pictures themselves"),
        Column("metric", "string", "", "name of the metric"),
        Column("score", "float64", "see metric", "of this reconstruction", nullable=True),
        Column("transductive", "string", "", "what was computed over the test side; or empty"),
    ),
    key=("model", "generator", "fold", "stimulus_id", "trial_id", "space", "metric"),
)


def item_rows(
    metrics: Sequence[ScoringMetric], pair: Pair, keys: pd.DataFrame, identity: Identity
) -> pd.DataFrame:
    """Return the score of each row in the space `identity.target`, where rows have scores."""
    frames = []
    for metric in metrics:
        scores = metric.score(pair)
        if isinstance(scores, ItemScores):
            rows = keys.iloc[scores.rows][["fold", "stimulus_id", "trial_id"]]
            named = rows.assign(
                model=identity.model,
                generator=identity.generator,
                space=identity.target,
                metric=metric.name,
                score=scores.values,
                transductive=identity.transductive,
            )
            frames.append(named[ITEMS.names])
    return stacked(frames, ITEMS)
