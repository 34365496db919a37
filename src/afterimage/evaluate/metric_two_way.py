"""Two-way identification: of two pictures, the right one should be the more similar."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.evaluate.galleries import galleries
from afterimage.evaluate.identification import two_way_table
from afterimage.evaluate.item_scores import ItemScores
from afterimage.evaluate.metric import NAMED, ConfiguredMetric, SimilarityEntry
from afterimage.evaluate.pair import Pair

CHANCE = 0.5
UNIT = "proportion"


class TwoWayIdentification(ConfiguredMetric):
    """How often the right picture is the more similar one of two, both from one pool."""

    kind = "features"
    config: SimilarityEntry
    centred: ClassVar[bool] = True

    def score(self, pair: Pair) -> ItemScores:
        """Score predictions against all other test pictures of the same pool."""
        compare = pair.compared(self.config.similarity, centred=self.centred)
        return ItemScores(
            pair.stimulus_ids,
            galleries(pair.stimulus_ids, self.pools(pair)),
            lambda rows, pictures: two_way_table(compare(rows, pictures)),
            chance=CHANCE,
            undefined=CHANCE,
            unit=UNIT,
        )

    def pools(self, pair: Pair) -> np.ndarray | None:
        """Return the label of each row, shape (n,): only rows of one label compete."""
        return pair.pools


class TwoWay(TwoWayIdentification):
    """Two-way identification after subtracting the training-fold mean from both sides."""

    class Config(SimilarityEntry):
        """Two-way identification, centred."""

        name: Literal["two_way"] = Field("two_way", description=NAMED)


class TwoWayRaw(TwoWayIdentification):
    """Two-way identification of predictions as they are; its refit null lies below one half."""

    class Config(SimilarityEntry):
        """Two-way identification, not centred."""

        name: Literal["two_way_raw"] = Field("two_way_raw", description=NAMED)

    centred = False


class TwoWayWithinCategory(TwoWayIdentification):
    """Centred two-way identification among pictures of the same category only.

    A decoder that only knows the category scores one half here. The permutation null pairs
    predictions with other pictures of their category. Pictures without a category or a partner
    are left out.
    """

    class Config(SimilarityEntry):
        """Two-way identification, centred, among pictures of one category."""

        name: Literal["two_way_within_category"] = Field(
            "two_way_within_category", description=NAMED
        )

    def pools(self, pair: Pair) -> np.ndarray:
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
