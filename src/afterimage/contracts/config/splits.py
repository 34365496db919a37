"""Configuration of splits and of the audit of leakage."""

from typing import Annotated, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry

Group = Literal["stimulus", "source", "category", "cluster", "run", "session", "trial"]


class Expect(Entry):
    """Numbers of distinct stimuli that each subject must have in fold 0, or the run stops."""

    train: int | None = Field(
        None, ge=1, description="On the training side, those for validation included."
    )
    test: int | None = Field(None, ge=1, description="In the test set.")


class Clusters(Entry):
    """Groups of similar stimuli: k-means on one extractor's features of every stimulus."""

    extractor: str = Field(..., description="Name of an entry of config/extractors.yaml.")
    count: int = Field(..., ge=2, description="Number of clusters.")


class AnySplit(Entry):
    """What every protocol has."""

    validation: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of training stimuli with role 'val': early stopping of networks. "
        "Models solved in closed form count them as training.",
    )
    first_sessions: int | None = Field(
        None,
        ge=1,
        description="Training and validation trials come from each subject's first sessions only, "
        "this many; later ones are unused. Test trials stay as they are.",
    )
    expect: Expect | None = Field(None, description="Counts that are checked, if given.")


class Grouped(AnySplit):
    """What the protocols have that put whole groups on one side."""

    clusters: Clusters | None = Field(
        None, description="How group 'cluster' is made; needed by that group and by no other."
    )
    exclude_tested: Literal["none", "stimulus", "source"] = Field(
        "none",
        description="Training trials whose stimulus (or source) is tested in the same fold, by "
        "any subject, become unused. For groups that can share stimuli, such as sessions.",
    )


class Published(AnySplit):
    """A split that comes with the data set; one fold."""

    protocol: Literal["published"]
    version: str = Field(
        "default",
        description="Which one, where the data set has several; 'default' is its usual one.",
    )


class KFold(Grouped):
    """Groups in random order, cut into folds of equal size; each is the test set once."""

    protocol: Literal["kfold"]
    folds: int = Field(10, ge=2, description="Number of folds.")
    group: Group = Field("stimulus", description="What stays on one side of the split.")
    pool: Literal["all", "train"] = Field(
        "all", description="All trials, or only those with the published role 'train'."
    )


class LeaveOut(Grouped):
    """One fold for each run, session, source, category or cluster, which is its test set."""

    protocol: Literal["leave_out"]
    group: Group = Field("run", description="What is left out, one at a time.")


class Holdout(Grouped):
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
    source: bool | Literal["protocol"] = Field(
        "protocol",
        description="Whether one source (photograph tile, concept) on both sides is a leak. "
        "'protocol': yes, unless the published split trains on tested concepts by design; the "
        "report then says so in its header.",
    )
