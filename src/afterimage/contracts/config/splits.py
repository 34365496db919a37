"""Configuration of splits and of the audit of leakage."""

from typing import Annotated, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry

Group = Literal["stimulus", "source", "category", "run", "session", "trial"]


class Validation(Entry):
    """Rows kept for model selection, carved from the training side by stimulus."""

    validation: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of training stimuli with role 'val': early stopping of networks. "
        "Models solved in closed form count them as training.",
    )


class Published(Validation):
    """A split that comes with the data set; one fold."""

    protocol: Literal["published"]
    version: str = Field(
        "default",
        description="Which one, where the data set has several; 'default' is its usual one.",
    )


class KFold(Validation):
    """Groups in random order, cut into folds of equal size; each is the test set once."""

    protocol: Literal["kfold"]
    folds: int = Field(10, ge=2, description="Number of folds.")
    group: Group = Field("stimulus", description="What stays on one side of the split.")
    pool: Literal["all", "train"] = Field(
        "all", description="All trials, or only those with the published role 'train'."
    )


class LeaveOut(Validation):
    """One fold for each run, session, source or category, which is its test set."""

    protocol: Literal["leave_out"]
    group: Group = Field("run", description="What is left out, one at a time.")


class Holdout(Validation):
    """A random share of the groups is the test set; one fold."""

    protocol: Literal["holdout"]
    test: float = Field(0.1, gt=0, lt=1, description="Share of the groups in the test set.")
    group: Group = Field("stimulus", description="What stays on one side of the split.")


Split = Annotated[Published | KFold | LeaveOut | Holdout, Field(discriminator="protocol")]


class Audit(Entry):
    """What counts as a leak and stops the run."""

    near_duplicate_bits: int = Field(
        4,
        ge=-1,
        le=64,
        description="Pictures whose 64-bit perceptual hashes differ in at most this many bits "
        "count as the same picture; -1 switches the check off, and the report says so.",
    )
    source: bool = Field(
        True,
        description="Whether one source (photograph tile, concept) on both sides is a leak.",
    )
