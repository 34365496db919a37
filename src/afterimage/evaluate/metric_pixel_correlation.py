"""Pixel correlation of reconstructions with the pictures that were seen."""

from typing import Literal

from pydantic import Field

from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, MetricEntry
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.pixels import pixel_correlation
from afterimage.evaluate.similarity import pairwise_correlation


class PixelCorrelation(ConfiguredMetric):
    """Mean Pearson correlation over all pixels; a uniform reconstruction counts zero.

    Its chance is the correlation with *other* test pictures, which is far from zero: the mean
    picture alone reaches about .6 on handwritten digits.
    """

    class Config(MetricEntry):
        """Pixel correlation of reconstruction and picture."""

        name: Literal["pixel_correlation"] = Field("pixel_correlation", description=NAMED)

    kind = "images"

    def score(self, pair: Pair) -> ItemScores:
        """Score each reconstruction against its own picture."""
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, smallest=1),
            pair.rows_through(pairwise_correlation),
            own_of=pair.rows_through(pixel_correlation),
            unit="r",
        )
