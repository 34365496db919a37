"""Structural similarity of reconstructions and the pictures that were seen."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.structural_similarity import ssim, ssim_matrix


class Ssim:
    """Mean SSIM on grey pictures; chance is the SSIM with other test pictures."""

    class Config(Entry):
        """SSIM of reconstruction and picture."""

        name: Literal["ssim"] = Field("ssim", description="name of the metric")
        max_pairs: int = Field(
            5_000,
            ge=100,
            description="pairs of pictures compared for the permutation null; with more test "
            "pictures, pairings are permuted within smaller groups of them",
        )

    kind: ClassVar[Literal["images"]] = "images"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score each reconstruction against its own picture."""
        # Permuting within fixed groups is an exact test too, at a bounded number of pairs.
        largest = max(2, self.config.max_pairs // max(1, pair.n))
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, largest=largest, smallest=1),
            lambda rows, pictures: ssim_matrix(pair.predicted[rows], pair.actual[pictures]),
            own_of=lambda rows, pictures: ssim(pair.predicted[rows], pair.actual[pictures]),
            unit="SSIM",
        )
