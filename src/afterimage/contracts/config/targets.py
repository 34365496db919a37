"""Configuration of targets, models and generators, and of what they are made of."""

from typing import Any, Literal

from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.contracts.config.seam import SeamEntry
from afterimage.contracts.config.transforms import NoTransform, Transform


class Target(Entry):
    """What a model decodes, or encodes from: features, or a generator's latents."""

    extractor: str | None = Field(None, description="Name of an entry of config/extractors.yaml.")
    transform: Transform = Field(
        NoTransform(name="none"),
        description="Fitted after the split, on the training stimuli of each fold.",
    )
    generator: str | None = Field(
        None, description="Name of a trained generator whose latents are the target."
    )
    join: list[str] | None = Field(
        None,
        description="Names of other targets, put side by side: several feature spaces that an "
        "encoder learns from at once. `banded_ridge_encoder` gives each its own penalty.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "Target":
        if sum(one is not None for one in (self.extractor, self.generator, self.join)) != 1:
            raise ValueError(
                "a target has either an 'extractor' or a 'generator', or joins others by 'join'"
            )
        if self.join is not None and len(set(self.join)) != max(2, len(self.join)):
            raise ValueError("'join' needs at least two targets, each of them once")
        if self.join is not None and self.transform.name != "none":
            raise ValueError("joined targets have transforms of their own: remove 'transform'")
        if self.generator is not None and self.transform.name != "none":
            raise ValueError("a generator's latents are used as they are: remove 'transform'")
        return self


class Model(Entry):
    """A decoder or an encoder, fitted once per subject and target."""

    decoder: SeamEntry | None = Field(None, description="`name` and settings of a decoder.")
    encoder: SeamEntry | None = Field(None, description="`name` and settings of an encoder.")
    targets: list[str] = Field(..., min_length=1, description="Names of targets, each a model.")
    learn_from: Literal["own", "others"] = Field(
        "own",
        description="Whose training trials the model of a subject is fitted on: its own, or those "
        "of all other subjects of the experiment (leave one subject out).",
    )
    rescale: Literal["none", "test"] = Field(
        "none",
        description="'test': a decoder's predictions are z-scored over the test set and given mean "
        "and SD of the target over the training stimuli, as several published decoders do. Every "
        "prediction then depends on the other test items: its scores are marked 'transductive' "
        "in every table.",
    )
    null_refits: int = Field(
        0,
        ge=0,
        description="How often the model is fitted anew on shuffled training pairs; the report's "
        "null is the mean over these refits.",
    )

    @model_validator(mode="after")
    def _one_seam(self) -> "Model":
        if (self.decoder is None) == (self.encoder is None):
            raise ValueError("a model has either a 'decoder' or an 'encoder'")
        return self

    @model_validator(mode="after")
    def _rescales_targets(self) -> "Model":
        if self.rescale != "none" and self.encoder is not None:
            raise ValueError("'rescale' is for what a decoder predicts: remove it from an encoder")
        return self

    @property
    def seam(self) -> str:
        """Return "decoder" or "encoder"."""
        return "decoder" if self.decoder is not None else "encoder"

    @property
    def entry(self) -> dict[str, Any]:
        """Return the chosen class's name and settings."""
        chosen = self.decoder if self.decoder is not None else self.encoder
        assert chosen is not None
        return chosen


class Generator(Entry):
    """A generator, run for each subject on the decoded values of one target."""

    generator: SeamEntry = Field(..., description="`name` and settings of a generator.")
    target: str = Field(..., description="Name of the target that it turns into pictures.")
    models: list[str] = Field(
        ...,
        min_length=1,
        description="Decoders whose predictions it gets. The mean decoder shows the prior alone.",
    )
    null_refits: int = Field(
        0, ge=0, description="How many of the first model's null refits are turned into pictures."
    )
