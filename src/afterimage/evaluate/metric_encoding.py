"""How well an encoder predicts the responses to held-out stimuli."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.evaluate.metric import NAMED, ConfiguredMetric, MetricEntry
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.voxel_correlation import (
    products_r,
    products_r2,
    resampled_r,
    resampled_r2,
    voxel_r,
    voxel_r2,
)
from afterimage.evaluate.voxel_scores import MedianScores, VoxelFormulas, VoxelScores

CORRELATION = VoxelFormulas(voxel_r, resampled_r, products_r)
EXPLAINED = VoxelFormulas(voxel_r2, resampled_r2, products_r2)


class EncodingMetric(ConfiguredMetric):
    """Mean over voxels of a score over held-out stimuli; chance 0."""

    kind = "encoding"
    formulas: ClassVar[VoxelFormulas]
    unit: ClassVar[str]

    def score(self, pair: Pair) -> VoxelScores:
        """Score predicted responses, predicted and actual of shape (n, v)."""
        return VoxelScores(pair, self.formulas, self.unit)


class EncodingR(EncodingMetric):
    """Mean over voxels of the correlation over held-out stimuli."""

    class Config(MetricEntry):
        """Encoding correlation."""

        name: Literal["encoding_r"] = Field("encoding_r", description=NAMED)

    formulas = CORRELATION
    unit = "r"


class EncodingR2(EncodingMetric):
    """Mean over voxels of the variance explained over held-out stimuli."""

    class Config(MetricEntry):
        """Explained variance of responses."""

        name: Literal["encoding_r2"] = Field("encoding_r2", description=NAMED)

    formulas = EXPLAINED
    unit = "R2"


class EncodingMedianR(EncodingMetric):
    """Median over voxels of the correlation over held-out stimuli."""

    class Config(MetricEntry):
        """Median encoding correlation."""

        name: Literal["encoding_median_r"] = Field("encoding_median_r", description=NAMED)

    formulas = CORRELATION
    unit = "r"

    def score(self, pair: Pair) -> VoxelScores:
        """Score predicted responses, predicted and actual of shape (n, v)."""
        return MedianScores(pair, self.formulas, self.unit)
