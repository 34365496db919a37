"""Top-k retrieval: the right picture should be among the k most similar of the gallery."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.identification import top_k_table
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, SimilarityEntry
from afterimage.evaluate.pair import Pair


class TopKEntry(SimilarityEntry):
    """Configuration of a top-k retrieval."""

    centred: bool = Field(True, description="subtract the training-fold mean from both sides first")


class TopK(ConfiguredMetric):
    """Share of predictions whose own picture is among the k most similar; chance k / gallery."""

    kind = "features"
    config: TopKEntry
    k: ClassVar[int]

    def score(self, pair: Pair) -> ItemScores:
        """Score predictions against all test pictures of the same pool."""
        compare = pair.compared(self.config.similarity, centred=self.config.centred)
        competing = galleries(pair.stimulus_ids, pair.pools)
        sizes = sorted({len(gallery.pictures) for gallery in competing})
        return ItemScores(
            pair.stimulus_ids,
            competing,
            lambda rows, pictures: top_k_table(compare(rows, pictures), self.k),
            chance=min(self.k, sizes[0]) / sizes[0] if len(sizes) == 1 else None,
            unit=f"proportion (gallery {'/'.join(map(str, sizes))})",
        )


class Top1(TopK):
    """Share of predictions whose own picture is the most similar one."""

    class Config(TopKEntry):
        """Top-1 retrieval among the test pictures."""

        name: Literal["top1"] = Field("top1", description=NAMED)

    k = 1


class Top5(TopK):
    """Share of predictions whose own picture is among the five most similar ones."""

    class Config(TopKEntry):
        """Top-5 retrieval among the test pictures."""

        name: Literal["top5"] = Field("top5", description=NAMED)

    k = 5
