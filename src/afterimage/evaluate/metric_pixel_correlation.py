"""Pixel correlation of reconstructions with the pictures that were seen."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pixels import pixel_correlation
from afterimage.evaluate.similarity import pairwise_correlation


class PixelCorrelation:
    """Mean Pearson correlation over all pixels; a uniform reconstruction counts zero.

    Its chance is the correlation with *other* test pictures, which is far from zero: the mean
    picture alone reaches about .6 on handwritten digits.
    """

    class Config(Entry):
        """Pixel correlation of reconstruction and picture."""

        name: Literal["pixel_correlation"] = Field(
            "pixel_correlation", description="name of the metric"
        )

    kind: ClassVar[Literal["images"]] = "images"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score each reconstruction against its own picture."""
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, smallest=1),
            lambda rows, pictures: pairwise_correlation(
                pair.predicted[rows], pair.actual[pictures]
            ),
            own_of=lambda rows, pictures: pixel_correlation(
                pair.predicted[rows], pair.actual[pictures]
            ),
            undefined=0.0,
            unit="r",
        )
