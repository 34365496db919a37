"""Accuracy of decoded categories."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.labels import accuracy_table, classes_present
from afterimage.evaluate.pair import Pair


class Accuracy:
    """Share of items whose strongest decoded class is the right one.

    Chance is one over the number of classes present among the test items.
    """

    class Config(Entry):
        """Accuracy of decoded one-hot categories."""

        name: Literal["accuracy"] = Field("accuracy", description="name of the metric")

    kind: ClassVar[Literal["labels"]] = "labels"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score decoded one-hot vectors, predicted and actual of shape (n, n_classes)."""
        present = classes_present(pair.actual)
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, smallest=1),
            lambda rows, pictures: accuracy_table(pair.predicted[rows], pair.actual[pictures]),
            chance=1 / present if present else None,
            unit=f"proportion ({present} classes)",
        )
