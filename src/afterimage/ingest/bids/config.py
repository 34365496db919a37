"""Configuration of any BIDS recording of people who look at pictures."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.meeg.check import Preprocess
from afterimage.ingest.meeg.steps import Incomplete

# With their prefixes: YAML would read a bare 01 as the number 1.
Subject = Annotated[str, StringConstraints(pattern=r"^sub-[A-Za-z0-9]+$")]
Session = Annotated[str, StringConstraints(pattern=r"^ses-[A-Za-z0-9]+$")]
Run = Annotated[str, StringConstraints(pattern=r"^run-[A-Za-z0-9]+$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+$")]
Name = Annotated[str, Field(min_length=1)]


def _text(value: object) -> object:
    """Let numbers stand for what a table writes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Value = Annotated[str, BeforeValidator(_text)]


class Events(Entry):
    """Columns of ``events.tsv``."""

    picture: Name | None = Field(
        None, description="Column that names the picture: a file, a name or a number."
    )
    label: Name | None = Field(
        None,
        description="Instead of `picture`, where it is not known which one was shown: column of "
        "what it was. Each trial is then a stimulus of its own.",
    )
    onset: Literal["sample", "onset"] | None = Field(
        None,
        description="Column of the onset: `sample` (0 is the file's first) or `onset` (seconds). "
        "Default: `sample` where there is one.",
    )
    keep: dict[Name, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(
        {}, description="Rows that are trials: for each column the values that are kept."
    )
    concept: Name | None = Field(
        None,
        description="Column of what the picture was taken from; default: the picture's folder.",
    )
    category: Name | None = Field(
        None, description="Column of what the picture shows; default: the concept."
    )
    incomplete: Incomplete = Field(
        "error",
        description="A trial whose window reaches outside the recording is an error, or is left "
        "out and counted.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.picture is None) == (self.label is None):
            raise ValueError("'picture' or 'label', one of them")
        return self


class Stimuli(Entry):
    """Where the pictures are."""

    folder: Name = Field("stimuli", description="Folder below the data set's root.")
    pattern: Name = Field(
        "{picture}",
        description="File of a picture in the folder, made of the placeholders {picture}, "
        "{concept} and {category}; {picture:05d} pads a number with zeros.",
    )


class BidsConfig(Entry):
    """Any M/EEG data set in BIDS whose events name pictures."""

    name: Literal["bids"]
    title: str | None = Field(None, description="For the report.")
    citation: str | None = Field(None, description="For the report.")
    subjects: tuple[Subject, ...] = Field(description="Such as [sub-01, sub-02].")
    sessions: tuple[Session, ...] = Field(
        (), description="Such as [ses-01, ses-02]; none if file names have no session."
    )
    runs: tuple[Run, ...] = Field(
        (), description="Of each session; none if file names have no run."
    )
    task: Label = Field(description="`main` in task-main.")
    acquisition: Label | None = Field(None, description="`fast` in acq-fast.")
    datatype: Literal["meg", "eeg"]
    missing_runs: Literal["error", "skip"] = Field(
        "error", description="A run without files is an error, or is left out and counted."
    )
    events: Events
    stimuli: Stimuli | None = Field(
        None, description="Without it, stimuli have no pictures; `{}` is the folder `stimuli`."
    )
    sensors: tuple[Name, ...] = Field(
        (),
        description="Kinds (mag, grad, meg, eeg), regions, sides and names, a union; default: all "
        "of the data type.",
    )
    drop: tuple[Name, ...] = Field((), description="Names of sensors that are left out.")
    bads: Literal["drop", "keep"] = Field(
        "drop",
        description="Sensors that `channels.tsv` marks as bad in any run of a subject are left "
        "out of all its runs, or kept.",
    )
    preprocess: Preprocess = Field(
        description="A list of steps, or the name of a preset: things_meg, benchetrit, "
        "neuralbench, nice."
    )

    @model_validator(mode="after")
    def _lists_once(self) -> Self:
        if not self.subjects:
            raise ValueError("subjects: at least one")
        for key in ("subjects", "sessions", "runs"):
            listed = getattr(self, key)
            if len(set(listed)) < len(listed):
                raise ValueError(f"{key}: one is listed twice")
        if self.stimuli is not None and self.events.picture is None:
            raise ValueError("'stimuli' needs the column `events.picture`")
        return self

    def chosen_sensors(self) -> tuple[str, ...]:
        """Return the words that choose sensors."""
        return self.sensors or (self.datatype,)
