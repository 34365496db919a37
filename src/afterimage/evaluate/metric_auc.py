"""Area under the ROC curve of decoded categories."""

from typing import Literal

import numpy as np
from pydantic import Field

from afterimage.evaluate.auc_scores import AucScores
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, MetricEntry
from afterimage.evaluate.pair import Pair


class Auc(ConfiguredMetric):
    """How often an item has more evidence for its category than an item of another one has.

    Items compete within their fold; each category of a fold counts the same, however rare.
    """

    class Config(MetricEntry):
        """Area under the ROC curve of each category against the others, within folds."""

        name: Literal["auc"] = Field("auc", description=NAMED)

    kind = "labels"

    def score(self, pair: Pair) -> AucScores:
        """Score decoded one-hot vectors, predicted and actual of shape (n, n_classes)."""
        labels = np.argmax(pair.actual, axis=1)
        return AucScores(pair.predicted, labels, pair.stimulus_ids, pair.folds)
