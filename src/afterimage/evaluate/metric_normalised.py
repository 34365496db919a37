"""How much of what can be predicted at all an encoder predicts."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.evaluate.metric import NAMED, MetricEntry
from afterimage.evaluate.metric_encoding import CORRELATION, EXPLAINED, EncodingMetric
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.voxel_scores import VoxelScores


class NormalisedMetric(EncodingMetric):
    """Mean over voxels of a score over its noise ceiling, of voxels that have one to speak of."""

    power: ClassVar[int]

    def score(self, pair: Pair) -> VoxelScores:
        """Score predicted responses; the unit says how many voxels count, and pass 1."""
        unknown = np.full(pair.actual.shape[-1], np.nan)
        ceiling = unknown if pair.ceiling_r is None else pair.ceiling_r
        scores = VoxelScores(pair, self.formulas, self.unit, ceiling**self.power)
        used, above = int(scores.defined.sum()), int((scores.voxels > 1).sum())
        scores.unit = f"{self.unit} ({used} of {len(unknown)} channels, {above} above 1)"
        return scores


class EncodingNormalisedR(NormalisedMetric):
    """Mean over voxels of correlation over the best correlation."""

    class Config(MetricEntry):
        """Encoding correlation, normalised by the noise ceiling."""

        name: Literal["encoding_normalised_r"] = Field("encoding_normalised_r", description=NAMED)

    formulas = CORRELATION
    unit = "r / ceiling"
    power = 1


class EncodingNormalisedR2(NormalisedMetric):
    """Mean over voxels of explained over explainable variance."""

    class Config(MetricEntry):
        """Explained variance of responses, normalised by the noise ceiling."""

        name: Literal["encoding_normalised_r2"] = Field("encoding_normalised_r2", description=NAMED)

    formulas = EXPLAINED
    unit = "R2 / ceiling"
    power = 2
