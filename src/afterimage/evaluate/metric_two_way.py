"""Two-way identification: of two pictures, the right one should be the more similar."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.identification import two_way_table
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.pair import Pair

CHANCE = 0.5
UNIT = "proportion"


class TwoWay:
    """Two-way identification after subtracting the training-fold mean from both sides."""

    class Config(Entry):
        """Two-way identification, centred."""

        name: Literal["two_way"] = Field("two_way", description="name of the metric")
        similarity: Literal["correlation", "cosine"] = Field(
            "correlation", description="how a prediction is compared with a candidate"
        )

    kind: ClassVar[Literal["features"]] = "features"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score centred predictions against all test pictures of the same pool."""
        return _two_way(pair, pair.pools, self.config.similarity, centred=True)


class TwoWayRaw:
    """Two-way identification of predictions as they are; its refit null lies below one half."""

    class Config(Entry):
        """Two-way identification, not centred."""

        name: Literal["two_way_raw"] = Field("two_way_raw", description="name of the metric")
        similarity: Literal["correlation", "cosine"] = Field(
            "correlation", description="how a prediction is compared with a candidate"
        )

    kind: ClassVar[Literal["features"]] = "features"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score predictions against all test pictures of the same pool."""
        return _two_way(pair, pair.pools, self.config.similarity, centred=False)


class TwoWayWithinCategory:
    """Centred two-way identification among pictures of the same category only.

    A decoder that only knows the category scores one half here. The permutation null pairs
    predictions with other pictures of their category.
    """

    class Config(Entry):
        """Two-way identification, centred, among pictures of one category."""

        name: Literal["two_way_within_category"] = Field(
            "two_way_within_category", description="name of the metric"
        )
        similarity: Literal["correlation", "cosine"] = Field(
            "correlation", description="how a prediction is compared with a candidate"
        )

    kind: ClassVar[Literal["features"]] = "features"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> ItemScores:
        """Score centred predictions; pictures without a category or a partner are left out."""
        return _two_way(pair, _category_pools(pair), self.config.similarity, centred=True)


def _two_way(pair: Pair, pools: np.ndarray | None, similarity: str, *, centred: bool) -> ItemScores:
    compare = pair.compared(similarity, centred=centred)
    return ItemScores(
        pair.stimulus_ids,
        galleries(pair.stimulus_ids, pools),
        lambda rows, pictures: two_way_table(compare(rows, pictures)),
        chance=CHANCE,
        undefined=CHANCE,
        unit=UNIT,
    )


def _category_pools(pair: Pair) -> np.ndarray:
    """Join category and pool to one label; missing categories stay missing."""
    categories = np.full(pair.n, None) if pair.categories is None else pair.categories
    pools = np.zeros(pair.n, dtype=int) if pair.pools is None else pair.pools
    return np.array(
        [
            None if category is None or category != category else f"{pool}/{category}"
            for category, pool in zip(categories, pools, strict=True)
        ],
        dtype=object,
    )
