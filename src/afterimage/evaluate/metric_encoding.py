"""How well an encoder predicts the responses to held-out stimuli."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.voxel_correlation import (
    products_r,
    products_r2,
    resampled_r,
    resampled_r2,
    voxel_r,
    voxel_r2,
)
from afterimage.evaluate.voxel_scores import VoxelScores


class EncodingR:
    """Mean over voxels of the correlation over held-out stimuli; chance 0."""

    class Config(Entry):
        """Encoding correlation."""

        name: Literal["encoding_r"] = Field("encoding_r", description="name of the metric")

    kind: ClassVar[Literal["encoding"]] = "encoding"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> VoxelScores:
        """Score predicted responses, predicted and actual of shape (n, v)."""
        data = (pair.predicted, pair.actual, pair.stimulus_ids)
        return VoxelScores(*data, voxel_r, resampled_r, products_r, unit="r")


class EncodingR2:
    """Mean over voxels of the variance explained over held-out stimuli; chance 0."""

    class Config(Entry):
        """Explained variance of responses."""

        name: Literal["encoding_r2"] = Field("encoding_r2", description="name of the metric")

    kind: ClassVar[Literal["encoding"]] = "encoding"

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name

    def score(self, pair: Pair) -> VoxelScores:
        """Score predicted responses, predicted and actual of shape (n, v)."""
        data = (pair.predicted, pair.actual, pair.stimulus_ids)
        return VoxelScores(*data, voxel_r2, resampled_r2, products_r2, unit="R2")
