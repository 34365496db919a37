"""Configuration of target transforms, fitted after the split on training stimuli."""

from typing import Annotated, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry


class NoTransform(Entry):
    """Features as they are."""

    name: Literal["none"]


class Standardise(Entry):
    """Mean 0 and standard deviation 1 per feature, from training stimuli."""

    name: Literal["standardise"]


class Pca(Entry):
    """Principal components of the training stimuli's features."""

    name: Literal["pca"]
    n_components: int = Field(..., ge=1, description="Number of components.")
    whiten: bool = Field(False, description="Whether components get unit variance.")


Transform = Annotated[NoTransform | Standardise | Pca, Field(discriminator="name")]
