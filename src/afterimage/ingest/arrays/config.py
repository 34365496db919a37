"""Configuration of the `arrays` data set: the grammar that docs/arrays.md explains."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.arrays.fields import Selector, Source, StimulusVector, Vector, text

Role = Literal["train", "val", "test", "unused"]


def _keyed(value: Any) -> Any:
    """Let a string stand for {pattern: string}."""
    return {"pattern": value} if isinstance(value, str) else value


def _labels(value: Any) -> Any:
    """Let a label or numbers stand for a list of strings."""
    if isinstance(value, str | int):
        value = [value]
    return [text(item) for item in value] if isinstance(value, list | tuple) else value


def _names(value: Any) -> Any:
    """Let numbers stand for names, and a list of names for names without changes."""
    if isinstance(value, str | int):
        value = [value]
    if isinstance(value, list | tuple):
        return {str(name): {} for name in value}
    if isinstance(value, dict):
        return {str(name): {} if item is None else item for name, item in value.items()}
    return value


class Joined(Source):
    """One of several arrays that stand side by side, such as two hemispheres."""

    roi: str | None = Field(
        default=None, description="Region name that all channels of this array get."
    )


class Times(Entry):
    """When the steps of the axis `time` were measured."""

    first: float = Field(description="Of the first step, in seconds from the onset.")
    rate: float = Field(gt=0, description="Steps per second.")


class Responses(Source):
    """What the brain did."""

    axes: list[str] | None = Field(
        default=None,
        description="Meaning of each axis, in the file's order. One of them is `trial` (`time` in "
        "a series), or `stimulus` and `repetition`. Default for two axes: [trial, voxel].",
    )
    join: list[Joined] | None = Field(
        default=None, description="Several arrays of the same trials, put side by side."
    )
    mask: Source | None = Field(
        default=None,
        description="For axes x, y, z (NIfTI or array): a volume, non-zero where voxels are kept.",
    )
    times: Times | None = Field(
        default=None, description="Of the axis `time`: what decoding over time needs."
    )
    unit: str | None = Field(default=None, description="For the report (arbitrary).")
    scale: float | None = Field(default=None, description="Responses are multiplied by this (1).")
    missing: Literal["error", "drop"] | None = Field(
        default=None,
        description="A trial whose responses are all NaN is an error, or is dropped.",
    )


class Trials(Entry):
    """Vectors with one entry per trial, in the order of the responses."""

    file: str | None = Field(default=None, description="Default file of this section.")
    id: Vector | None = Field(
        default=None, description="Names of the trials, unique within a subject."
    )
    stimulus: StimulusVector | None = Field(
        default=None,
        description="Which stimulus was shown. Missing: each trial has its own, row by row.",
    )
    category: Vector | None = Field(
        default=None, description="Label per trial; the same in all trials of a stimulus."
    )
    group: Vector | None = Field(
        default=None, description="Source per trial; the same in all trials of a stimulus."
    )
    subject: Vector | None = Field(
        default=None, description="Who: only rows with the subject's name are read."
    )
    session: Vector | None = Field(default=None, description="Session number (1).")
    run: Vector | None = Field(default=None, description="Run number (1).")
    onset: Vector | None = Field(
        default=None, description="Onset in seconds from the run's start; milliseconds: scale."
    )
    keep: Selector | None = Field(default=None, description="Trials to read; default: all.")


class Images(Source):
    """Pictures as an array (or a Parquet column of encoded pictures)."""

    axes: list[Literal["stimulus", "height", "width", "channel", "pixel"]] | None = Field(
        default=None,
        description="Meaning of each axis. Default: [stimulus, height, width], with a fourth axis "
        "[stimulus, height, width, channel], with two axes [stimulus, pixel].",
    )
    shape: list[int] | None = Field(
        default=None,
        description="Size of a picture stored as one row of pixels: [height, width] or "
        "[height, width, channel] (another order: shape_axes).",
    )
    shape_axes: list[Literal["height", "width", "channel"]] | None = Field(
        default=None, description="What the numbers of `shape` are."
    )
    order: Literal["C", "F"] | None = Field(
        default=None,
        description="With `shape`, required. C: the last axis of `shape` runs fastest (numpy). "
        "F: the first runs fastest (MATLAB's reshape).",
    )
    range: tuple[float, float] | None = Field(
        default=None,
        description="Values that mean black and white, such as [0, 1]. Required unless the type "
        "is uint8 (0 to 255) or boolean.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.shape is not None:
            if self.order is None:
                raise ValueError("`order: C` or `order: F` beside `shape`")
            if len(self.shape) not in (2, 3) or min(self.shape) < 1:
                raise ValueError("`shape` with two or three positive sizes")
            if self.shape_axes is None and len(self.shape) == 3 and self.shape[2] not in (1, 3):
                raise ValueError(
                    "`shape` as [height, width, channel] with 1 or 3 channels, or `shape_axes`"
                )
        if self.shape_axes is not None and sorted(self.shape_axes) != sorted(
            ["height", "width", "channel"][: len(self.shape or [])]
        ):
            raise ValueError("`shape_axes` naming height, width (and channel) once, as `shape` has")
        if self.range is not None and self.range[0] == self.range[1]:
            raise ValueError("`range` with two different values, black and white")
        return self


class PictureFiles(Entry):
    """Pictures as image files."""

    pattern: str = Field(
        description="Path below data_root. Placeholders: {id}, {number} (row of the stimulus), "
        "{name}, {category}, {group}, {subject}, {part}, {session}, {run}; "
        "{number:04d} pads. With `*`: all matching files, sorted by name, one per stimulus."
    )
    name: Vector | None = Field(default=None, description="File name per stimulus, for {name}.")
    base: Literal[0, 1] | None = Field(
        default=None,
        description="Where {number} starts; default: `trials.stimulus.base`, else 0.",
    )


class Stimuli(Entry):
    """What was shown: one entry per stimulus (per trial, where trials have no `stimulus`)."""

    file: str | None = Field(default=None, description="Default file of this section.")
    id: Vector | None = Field(default=None, description="Unique names; default: made from rows.")
    images: Images | None = Field(default=None, description="Pictures as an array.")
    files: Annotated[PictureFiles | None, BeforeValidator(_keyed)] = Field(
        default=None, description="Pictures as image files."
    )
    category: Vector | None = Field(default=None, description="Label per stimulus.")
    group: Vector | None = Field(
        default=None,
        description="What a stimulus was made from (photograph, film, concept): stimuli of one "
        "group never stand on both sides of a split. Default: each its own.",
    )
    shared: bool | None = Field(
        default=None,
        description="Whether the same row or id means the same stimulus for all subjects. "
        "Default: yes if read from the same place for all subjects, or if ids are given.",
    )


class Split(Entry):
    """The split that was published with the data."""

    file: str | None = Field(default=None, description="Default file of this section.")
    by: Literal["trial", "stimulus"] | None = Field(
        default=None, description="What the vectors below describe (trial)."
    )
    role: Vector | None = Field(
        default=None, description="train, val, test or unused for each row (other words: `names`)."
    )
    train: Selector | None = Field(default=None, description="Training rows.")
    test: Selector | None = Field(
        default=None,
        description="Test rows. Of `train` and `test`, one that is not given is the rest.",
    )
    val: Selector | None = Field(default=None, description="Validation rows.")


class Channels(Entry):
    """Vectors with one entry per channel (voxel, sensor, electrode, unit)."""

    file: str | None = Field(default=None, description="Default file of this section.")
    xyz: Source | None = Field(
        default=None, description="Coordinates, channels x 3 (or 3 x channels)."
    )
    x: Vector | None = Field(default=None, description="Coordinates as three vectors instead.")
    y: Vector | None = Field(default=None, description="See x.")
    z: Vector | None = Field(default=None, description="See x.")
    scale: float | None = Field(
        default=None, description="Millimetres per unit of the coordinates (1; metres: 1000)."
    )
    rois: Vector | None = Field(
        default=None,
        description="Region of each channel, number with `names` or string. Empty, NaN, and a 0 "
        "without a name mean none.",
    )
    masks: dict[str, Selector] | None = Field(
        default=None, description="Regions that may overlap: name and channels of each."
    )
    keep: Selector | None = Field(default=None, description="Channels to read; default: all.")


class Events(Entry):
    """A table of events, as in BIDS: one row per block or event."""

    file: str | None = Field(default=None, description="Default file of this section.")
    onset: Vector | None = Field(default=None, description="Seconds from the run's first volume.")
    duration: Vector | None = Field(default=None, description="Seconds.")
    label: Vector | None = Field(default=None, description="Label of each event.")
    stimulus: StimulusVector | None = Field(default=None, description="Stimulus of each event.")


class Series(Entry):
    """The responses are a time series, and trials are means over blocks of volumes."""

    file: str | None = Field(default=None, description="Default file of this section.")
    tr: float | None = Field(default=None, gt=0, description="Seconds between volumes.")
    label: Vector | None = Field(default=None, description="Label of each volume.")
    run: Vector | None = Field(
        default=None, description="Run of each volume (default: one run per file)."
    )
    session: Vector | None = Field(default=None, description="Session of each volume.")
    stimulus: StimulusVector | None = Field(default=None, description="Stimulus of each volume.")
    events: Events | None = Field(default=None, description="Instead of labels per volume.")
    steps: list[Literal["detrend", "zscore"]] | None = Field(
        default=None,
        description="Done run by run, in this order. detrend: subtract each voxel's straight "
        "line. zscore: subtract its mean, divide by its standard deviation.",
    )
    blocks: Literal["mean"] | None = Field(
        default=None,
        description="How the volumes of a block (equal labels in a row, within one run; or an "
        "event) become one trial.",
    )
    shift: int | None = Field(
        default=None, description="Volumes by which blocks are moved later, for haemodynamics (0)."
    )
    length: int | None = Field(
        default=None, ge=1, description="Volumes averaged per block; default: the block's own."
    )
    skip: Annotated[list[str] | None, BeforeValidator(_labels)] = Field(
        default=None, description="Labels that are no trials, such as rest."
    )


class Layer(Entry):
    """Everything that may differ between subjects or parts."""

    file: str | None = Field(
        default=None,
        description="Default file, below data_root. Placeholders: {subject}, {part}, {session}, "
        "{run}; {run:02d} pads.",
    )
    responses: Responses | None = Field(default=None, description="What the brain did (required).")
    series: Series | None = Field(default=None, description="If the responses are a time series.")
    trials: Trials | None = Field(default=None, description="One entry per trial.")
    stimuli: Stimuli | None = Field(default=None, description="What was shown.")
    channels: Channels | None = Field(default=None, description="One entry per channel.")
    split: Split | None = Field(default=None, description="The published split, if any.")


class SubjectLayer(Layer):
    """What differs for one subject."""

    sessions: list[int] | None = Field(default=None, description="This subject's sessions.")
    runs: list[int] | None = Field(default=None, description="This subject's runs.")


class PartLayer(Layer):
    """What differs for one part of the data."""

    role: Role | None = Field(
        default=None, description="Role of the part's trials; parts named by a role need none."
    )


class Config(Layer):
    """A data set of arrays in files."""

    name: Literal["arrays"] = Field(description="This class.")
    title: str | None = Field(default=None, description="For the report.")
    citation: str | None = Field(default=None, description="How to cite the data.")
    notes: list[str] = Field(default=[], description="What a report must say about the data.")
    subjects: Annotated[dict[str, SubjectLayer], BeforeValidator(_names)] = Field(
        default={"sub-01": SubjectLayer()},
        description="Names of the subjects, or names with what differs for each.",
    )
    sessions: list[int] | None = Field(
        default=None, description="Sessions with files of their own, for {session}."
    )
    runs: list[int] | None = Field(
        default=None, description="Runs with files of their own, for {run}."
    )
    parts: dict[str, PartLayer] | None = Field(
        default=None,
        description="Parts with keys or files of their own, such as train and test: what differs.",
    )

    @model_validator(mode="after")
    def _every_piece_is_whole(self) -> Self:
        from afterimage.ingest.arrays.check import mistakes

        found = mistakes(self)
        if found:
            raise ValueError("; ".join(found))
        return self
