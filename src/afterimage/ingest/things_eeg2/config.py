"""Configuration of THINGS-EEG2 and of its simulated stand-in."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.meeg.check import Preprocess
from afterimage.ingest.meeg.presets import PRESETS
from afterimage.ingest.simulated.settings import SharedPatterns
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.layout import Form, Partition

Subject = Annotated[str, StringConstraints(pattern=r"^sub-(0[1-9]|10)$")]
Session = Annotated[int, Field(ge=1, le=layout.SESSIONS)]
Folder = Annotated[str, StringConstraints(pattern=r"^[^/].*$", min_length=1)]


class Repetitions(Entry):
    """At most so many trials of a picture from each session, drawn at random."""

    training: int = Field(2, ge=1, description="Of a training picture.")
    test: int = Field(20, ge=1, description="Of a test picture.")


class Simulation(Entry):
    """A simulated experiment, written in the published layout."""

    seed: int = Field(0, ge=0, description="Seed of everything that is drawn.")
    concepts: int = Field(40, ge=4, le=1654, description="Training concepts.")
    exemplars: int = Field(5, ge=1, le=50, description="Pictures of a training concept.")
    test_concepts: int = Field(20, ge=2, le=400, description="Test concepts, a picture of each.")
    training_repetitions: int = Field(
        4, ge=1, le=20, description="Trials of each training picture; in the raw form, each session"
    )
    test_repetitions: int = Field(
        12, ge=1, le=80, description="Trials of each test picture; in the raw form, each session."
    )
    side: Literal[32, 64, 128] = Field(64, description="Side of a picture in pixels.")
    ncsnr: float = Field(
        0.4,
        gt=0,
        le=5,
        description="Median over sensors of signal sd / noise sd of one trial, at the best moment.",
    )
    shared: SharedPatterns = 0.5
    reference_pictures: int = Field(
        1000, ge=100, description="Further pictures from which the true ratios are computed."
    )
    target_share: float = Field(
        0.05, ge=0, le=0.5, description="Targets among the trials of the raw form."
    )


class ThingsEeg2Config(Entry):
    """THINGS-EEG2 (Gifford et al. 2022): EEG of pictures shown every 200 ms."""

    name: Literal["things_eeg2"]
    subjects: tuple[Subject, ...] = Field(min_length=1, description="Such as sub-01.")
    form: Form = Field(
        "official",
        description="'official': 17 sensors at 100 Hz as released; 'nice': 63 sensors at 250 Hz "
        "as NICE's scripts write them; 'raw': the continuous recordings.",
    )
    folder: Folder | None = Field(
        None,
        description="Where the subjects' folders lie; by default the usual place of the form: "
        + ", ".join(layout.FOLDERS.values())
        + ".",
    )
    metadata: Folder = Field(layout.METADATA, description="The file that names the pictures.")
    training_images: Folder = Field(
        layout.PICTURES["training"], description="Folder of the training concepts' folders."
    )
    test_images: Folder = Field(
        layout.PICTURES["test"], description="Folder of the test concepts' folders."
    )
    sensors: tuple[str, ...] = Field(
        ("eeg",), min_length=1, description="Names of sensors, regions, or 'eeg' for all: a union."
    )
    sessions: tuple[Session, ...] = Field(
        (1, 2, 3, 4), min_length=1, description="Sessions that are read; form 'raw' only."
    )
    preprocess: Preprocess = Field(
        PRESETS["nice"], description="A published preprocessing, or its steps; form 'raw' only."
    )
    repetitions: Literal["all"] | Repetitions = Field(
        Repetitions(),
        description="Trials of a picture that are kept of each session, drawn at random; 'all' "
        "keeps every one. Form 'raw' only.",
    )
    seed: int = Field(0, ge=0, description="Seed of the draw of repetitions.")
    simulate: Simulation | None = Field(
        None, description="Simulate the raw files instead of using downloaded ones."
    )

    def recordings(self) -> str:
        """Return the folder of the subjects' folders."""
        return self.folder or layout.FOLDERS[self.form]

    def pictures(self, partition: Partition) -> str:
        """Return the folder of a partition's pictures."""
        return self.training_images if partition == "training" else self.test_images

    @model_validator(mode="after")
    def _fits_the_form(self) -> Self:
        """Check that nothing is asked twice, or of a form that has no such thing."""
        for key in ("subjects", "sessions"):
            values = getattr(self, key)
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: one is listed twice")
        only_raw = {"sessions", "preprocess", "repetitions", "seed"} & self.model_fields_set
        changed = [k for k in sorted(only_raw) if getattr(self, k) != _default(k)]
        if self.form != "raw" and changed:
            raise ValueError(f"{changed[0]}: only the form 'raw' has it, not '{self.form}'")
        return self


def _default(key: str) -> object:
    return ThingsEeg2Config.model_fields[key].default
