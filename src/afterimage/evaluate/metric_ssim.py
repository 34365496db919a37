"""Structural similarity of reconstructions and the pictures that were seen."""

from typing import Literal

from pydantic import Field

from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, MetricEntry
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.structural_similarity import ssim, ssim_matrix


class Ssim(ConfiguredMetric):
    """Mean SSIM on grey pictures; chance is the SSIM with other test pictures."""

    class Config(MetricEntry):
        """SSIM of reconstruction and picture."""

        name: Literal["ssim"] = Field("ssim", description=NAMED)
        max_pairs: int = Field(
            5_000,
            ge=100,
            description="pairs of pictures compared for the permutation null; with more test "
            "pictures, pairings are permuted within smaller groups of them",
        )

    kind = "images"
    config: Config

    def score(self, pair: Pair) -> ItemScores:
        """Score each reconstruction against its own picture."""
        # Permuting within fixed groups is an exact test too, at a bounded number of pairs.
        largest = max(2, self.config.max_pairs // max(1, pair.n))
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, largest=largest, smallest=1),
            pair.rows_through(ssim_matrix),
            own_of=pair.rows_through(ssim),
            unit="SSIM",
        )
