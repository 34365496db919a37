"""Accuracy of decoded categories."""

from typing import Literal

import numpy as np
from pydantic import Field

from afterimage.evaluate.exchange import exchangeable
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.labels import accuracy_table, classes_present
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, MetricEntry
from afterimage.evaluate.pair import Pair


class Accuracy(ConfiguredMetric):
    """Share of items whose strongest decoded class is the right one.

    Chance is one over the number of classes present among the test items. The permutation null
    shuffles labels within folds.
    """

    class Config(MetricEntry):
        """Accuracy of decoded one-hot categories."""

        name: Literal["accuracy"] = Field("accuracy", description=NAMED)

    kind = "labels"

    def score(self, pair: Pair) -> ItemScores:
        """Score decoded one-hot vectors, predicted and actual of shape (n, n_classes)."""
        present = classes_present(pair.actual)
        labels = np.argmax(pair.actual, axis=1)
        pools = exchangeable(pair.stimulus_ids, pair.folds, labels)
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, pools, smallest=1),
            pair.rows_through(accuracy_table),
            chance=1 / present if present else None,
            unit=f"proportion ({present} classes)",
        )
