"""Top-k retrieval: the right picture should be among the k most similar of the gallery."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.identification import top_k_table
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.pair import Pair


class Top1:
    """Share of predictions whose own picture is the most similar one; chance 1 / gallery."""

    k: ClassVar[int] = 1

    class Config(Entry):
        """Top-1 retrieval among the test pictures."""

        name: Literal["top1"] = Field("top1", description="name of the metric")
        similarity: Literal["correlation", "cosine"] = Field(
            "correlation", description="how a prediction is compared with a candidate"
        )
        centred: bool = Field(
            True, description="subtract the training-fold mean from both sides first"
        )

    kind: ClassVar[Literal["features"]] = "features"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score predictions against all test pictures of the same pool."""
        return _top_k(pair, self.k, self.config.similarity, self.config.centred)


class Top5:
    """Share of predictions whose own picture is among the five most similar ones."""

    k: ClassVar[int] = 5

    class Config(Entry):
        """Top-5 retrieval among the test pictures."""

        name: Literal["top5"] = Field("top5", description="name of the metric")
        similarity: Literal["correlation", "cosine"] = Field(
            "correlation", description="how a prediction is compared with a candidate"
        )
        centred: bool = Field(
            True, description="subtract the training-fold mean from both sides first"
        )

    kind: ClassVar[Literal["features"]] = "features"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score predictions against all test pictures of the same pool."""
        return _top_k(pair, self.k, self.config.similarity, self.config.centred)


def _top_k(pair: Pair, k: int, similarity: str, centred: bool) -> ItemScores:
    compare = pair.compared(similarity, centred=centred)
    competing = galleries(pair.stimulus_ids, pair.pools)
    sizes = {len(gallery.pictures) for gallery in competing}
    return ItemScores(
        pair.stimulus_ids,
        competing,
        lambda rows, pictures: top_k_table(compare(rows, pictures), k),
        chance=min(k, size) / size if len(sizes) == 1 and (size := min(sizes)) else None,
        unit=f"proportion (gallery {'/'.join(map(str, sorted(sizes)))})",
    )
