"""The configuration of one experiment, section by section."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.contracts.config.seam import SeamEntry
from afterimage.contracts.config.splits import Audit, Split
from afterimage.contracts.config.targets import Generator, Model, Target

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Count = Annotated[int, Field(ge=1)]
Normalise = Literal["none", "train", "session_train", "run_train", "session_all", "run_all"]


class Responses(Entry):
    """What happens to responses after the split; nothing of the test side is used by default.

    In this order: whiten, normalise, clamp, average.
    """

    whiten: Literal["none", "train", "session_train"] = Field(
        "none",
        description="Multivariate noise normalisation of responses with a time axis: sensors are "
        "multiplied by the root of their inverse noise covariance, from all training trials "
        "('train') or those of each session ('session_train').",
    )
    normalise: Normalise = Field(
        "train",
        description="Z-score of each channel by a mean and SD: over all training trials "
        "('train'), those of its session ('session_train') or run ('run_train'); or over all "
        "trials of its session ('session_all') or run ('run_all'), test trials included, as "
        "several published pipelines do: model.json and the report say so.",
    )
    statistics: Literal["moments", "quartiles"] = Field(
        "moments",
        description="What normalisation subtracts and divides by: mean and SD, or median and "
        "distance of the quartiles ('robust scaling').",
    )
    pool_time: bool = Field(
        False,
        description="Whether all time steps of a channel share them; otherwise each has its own.",
    )
    clamp: float | None = Field(
        None,
        gt=0,
        description="Normalised responses beyond plus or minus this are set to it; published are "
        "5 and 20.",
    )
    average_train: Literal["none", "stimulus"] = Field(
        "none",
        description="Whether repetitions of a training stimulus are averaged before the fit.",
    )
    average_test: Literal["none", "stimulus", "prediction"] = Field(
        "stimulus",
        description="Whether repetitions of a test stimulus are averaged: 'stimulus', before the "
        "model; 'prediction', each trial passes a decoder, and its predictions are averaged (for "
        "an encoder the same as 'stimulus'); 'none', every trial counts.",
    )
    roi: str = Field("all", description="Channels of one region by name, or 'all'.")


class Evaluation(Entry):
    """Which scores are computed, and how their uncertainty is told."""

    metrics: list[SeamEntry] = Field(..., min_length=1, description="Metrics by name.")
    spaces: list[str] = Field(
        default_factory=list,
        description="Extractors in whose spaces reconstructions are identified; empty for those "
        "of all targets that describe pictures.",
    )
    bootstrap: int = Field(1000, ge=100, description="Resamples of the stimuli for each interval.")
    permutations: int = Field(1000, ge=100, description="Permutations of the test pairing.")
    blocks: Literal["stimulus", "run", "session"] | Annotated[int, Field(ge=2)] = Field(
        "stimulus",
        description="What is permuted where responses are predicted: stimuli; all that was "
        "tested in a 'run' or 'session', kept in order; or blocks of so many consecutive rows of "
        "a run. A stimulus averaged over several runs is a block of its own.",
    )
    fdr: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="False discovery rate (Benjamini & Hochberg) at which the response of a "
        "channel (at a time) counts as predicted.",
    )
    ceiling_floor: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Channels whose noise ceiling (a correlation) is lower have no normalised "
        "score: it would be the ratio of two noises.",
    )


class LearningCurve(Entry):
    """How a linear decoder approaches the best one; simulated data only."""

    model: str = Field(..., description="Name of a linear decoder.")
    target: str = Field(..., description="The target whose best linear decoder is known.")
    sizes: list[int] = Field(..., min_length=2, description="Numbers of training trials.")


class TimeResolved(Entry):
    """A decoder fitted in each window of time; responses need a time axis."""

    model: str = Field(..., description="Name of a decoder.")
    target: str = Field(..., description="What it decodes.")
    metric: str = Field("two_way", description="Name of one of the evaluation's metrics.")
    kind: Literal["sliding", "growing"] = Field(
        "sliding", description="Windows of one width, or windows that begin at the onset and grow."
    )
    window: float = Field(0.1, gt=0, description="Width in seconds; of the first growing one.")
    step: float = Field(0.025, gt=0, description="Seconds from one window to the next.")
    generalise: bool = Field(
        False, description="Whether each fit is also tested in all other (sliding) windows."
    )

    @model_validator(mode="after")
    def _can_generalise(self) -> Self:
        if self.generalise and self.kind == "growing":
            raise ValueError("generalise: only sliding windows are as wide as each other")
        return self


class ReportSettings(Entry):
    """What the report shows."""

    grid_columns: int = Field(8, ge=1, le=20, description="Pictures per row of a grid.")
    rank_by: str = Field(
        "two_way",
        description="Score by which the best, median and worst reconstructions are chosen.",
    )


class Execution(Entry):
    """What changes speed and never triggers a rerun."""

    device: Literal["cpu", "cuda"] = Field("cpu", description="Where networks run.")
    blas_threads: int = Field(
        2, ge=1, description="Threads of the numerics; other counts move the last bits."
    )
    batch_size: int = Field(64, ge=1, description="Pictures per batch of feature extraction.")
    max_mem_mb: int = Field(
        4000,
        ge=500,
        description="Memory that the largest jobs ask for at first; each further try of a job that "
        "failed asks for as much again.",
    )


class Fetch(Entry):
    """How `snakemake fetch` downloads raw files; never part of a result."""

    accept_terms: bool = Field(
        False,
        description="Whether you have read and accepted the terms of the data set's authors; "
        "nothing is downloaded before.",
    )
    through: Literal["direct", "dvc"] = Field(
        "direct",
        description="'dvc' also records each file's version by `dvc import-url`, with push: false.",
    )
    connections: int = Field(8, ge=1, le=64, description="Files that are downloaded at a time.")
    endpoint: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Address of another S3 server that holds the same bucket; without a password.",
    )

    @field_validator("endpoint")
    @classmethod
    def _without_secrets(cls, endpoint: str | None) -> str | None:
        """Refuse an address with a password: addresses stand in logs and in DVC's files."""
        if endpoint is not None and any(sign in endpoint for sign in "@?#"):
            raise ValueError("an address without a user, a password or a query")
        return endpoint

    update: bool = Field(
        False,
        description="Whether files that differ from what the bucket holds now are replaced; "
        "otherwise they are named and refused.",
    )


class Publish(Entry):
    """What `snakemake publish` and `restore` do; never part of a result."""

    remote: str | None = Field(
        None, description="Name of the DVC remote; the repository's default if not given."
    )
    pushed: Literal["everything", "results"] | None = Field(
        None,
        description="What leaves this machine: 'results' keeps the derivatives here (push: false), "
        "as recordings under a licence ask for; by default 'everything' of simulated recordings "
        "and 'results' of all others.",
    )


class Experiment(Entry):
    """One experiment: a data set, a split, targets, models, generators and metrics."""

    experiment: str = Field(..., pattern=NAME, description="Name; results go to results/<name>/.")
    title: str = Field("", description="A line for the head of the report.")
    dataset: str = Field(..., pattern=NAME, description="Name of a file of config/datasets/.")
    subjects: list[str] | Literal["all"] = Field("all", description="Subjects, or 'all'.")
    sessions: Count | list[Count] | Literal["all"] = Field(
        "all",
        description="A number of first sessions, or a list: only these are fetched and read, of "
        "those in the data set's file, and the derivatives get a name of their own, such as "
        "'nsd--first3'. Or 'all' of them.",
    )
    seed: int = Field(0, ge=0, description="All random draws of the experiment derive from it.")
    data_root: str | None = Field(
        None,
        description="Folder of the raw files (execution only). Simulated data are written to "
        "raw/<dataset>/ unless it is given.",
    )
    split: Split = Field(..., description="Which trials train and which test.")
    audit: Audit = Field(Audit(), description="What counts as a leak.")
    responses: Responses = Field(Responses(), description="Normalisation and averaging.")
    targets: dict[str, Target] = Field(..., min_length=1, description="Named targets.")
    models: dict[str, Model] = Field(..., min_length=1, description="Named models.")
    generators: dict[str, Generator] = Field(default_factory=dict, description="Named generators.")
    evaluation: Evaluation = Field(..., description="Scores and their uncertainty.")
    learning_curve: LearningCurve | None = Field(
        None, description="Comparison with the best linear decoder (simulated data only)."
    )
    time_resolved: dict[str, TimeResolved] = Field(
        default_factory=dict, description="Named analyses over time."
    )
    report: ReportSettings = Field(ReportSettings(), description="What the report shows.")
    execution: Execution = Field(Execution(), description="What changes speed only.")
    fetch: Fetch = Field(Fetch(), description="What `snakemake fetch` may download, and how.")
    publish: Publish = Field(
        Publish(), description="Where `snakemake publish` sends results, and what it keeps here."
    )
