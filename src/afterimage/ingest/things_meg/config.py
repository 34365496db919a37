"""Configuration of THINGS-MEG and of its simulated stand-in."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.meeg.check import checked_epoch_steps, checked_steps, of_preset
from afterimage.ingest.meeg.presets import PRESETS
from afterimage.ingest.meeg.steps import Incomplete, Step
from afterimage.ingest.simulated.settings import SharedPatterns
from afterimage.ingest.things_meg import layout

Subject = Annotated[str, StringConstraints(pattern=r"^P[1-4]$")]
Session = Annotated[int, Field(ge=1, le=99)]
Sessions = Annotated[tuple[Session, ...], Field(min_length=1)]
Steps = Annotated[tuple[Step, ...], BeforeValidator(of_preset), Field(min_length=1)]


class Simulation(Entry):
    """A simulated experiment, written in the published layout."""

    seed: int = Field(0, ge=0, description="Seed of everything that is drawn.")
    concepts: int = Field(60, ge=4, le=1854, description="Concepts, each shown in every session.")
    exemplars: int = Field(
        4,
        ge=1,
        le=12,
        description="Pictures of a concept, one for each session: the number of sessions.",
    )
    test_images: int = Field(
        12,
        ge=1,
        le=200,
        description="Test pictures: one more of so many concepts, shown in every session.",
    )
    catch: int = Field(6, ge=0, le=1000, description="Catch trials in every session.")
    side: Literal[32, 64, 128] = Field(64, description="Side of a picture in pixels.")
    picture: Literal["jpg", "png"] = Field(
        "jpg", description="Format of the pictures; JPEG, as published, changes some pixels."
    )
    rate: float = Field(
        1200, ge=120, le=1200, description="Samples per second of a run; epochs have a sixth of it."
    )
    interval: float = Field(1.5, ge=1, le=5, description="Mean seconds between two onsets.")
    interval_jitter: float = Field(0.2, ge=0, le=0.5, description="Largest deviation from it, s.")
    ncsnr: float = Field(
        0.3,
        gt=0,
        le=5,
        description="Median over sensors of signal sd / noise sd of one trial at the sensor's best "
        "moment.",
    )
    shared: SharedPatterns = 0.5
    jitter: float = Field(0.004, ge=0, le=0.1, description="Sd of a trial's latency in seconds.")
    blinks: float = Field(
        6, ge=0, le=50, description="Height of a blink in frontal sensors, in sds of the noise."
    )
    flat: int = Field(0, ge=0, le=100, description="Sensors that record nothing.")
    drift: float = Field(3, ge=0, le=50, description="Slow drift of a run, in sds of the noise.")
    line: float = Field(
        0.5, ge=0, le=50, description="Height of the 60 Hz line noise of a run, in the same unit."
    )
    trigger_lead: float = Field(
        0.15,
        ge=-1,
        le=1,
        description="By how many seconds triggers come before the onsets in the tables.",
    )
    reference_pictures: int = Field(
        2000, ge=100, description="Further pictures that stand for the population."
    )


class ThingsMegConfig(Entry):
    """THINGS-MEG (Hebart et al. 2023): MEG of 27,048 trials of each of four people."""

    name: Literal["things_meg"]
    sessions: dict[Subject, Literal["all"] | Session | Sessions] = Field(
        min_length=1,
        description="Subjects, and their sessions: 'all', a number of first ones, or a list.",
    )
    form: Literal["epochs", "raw"] = Field(
        "epochs",
        description="'epochs': the released preprocessed files; 'raw': the CTF recordings.",
    )
    preprocess: Steps | None = Field(
        None,
        description="A preset or a list of steps. By default 'things_meg' for raw recordings, and "
        "nothing for epochs, which allow only steps that come after 'epoch'.",
    )
    sensors: tuple[str, ...] = Field(
        ("mag",),
        min_length=1,
        description="What is read, a union of kinds, regions and names. MNE counts the axial "
        "gradiometers of CTF as 'mag'.",
    )
    onsets: Literal["events", "triggers"] = Field(
        "events",
        description="Where onsets of raw recordings come from: 'events' (the column sample of "
        "events.tsv) or 'triggers' (the channel UPPT001).",
    )
    disagreements: int = Field(
        25,
        ge=0,
        description="Trials of a run that may be left out because two files disagree about their "
        "picture.",
    )
    incomplete: Incomplete = Field(
        "error",
        description="A trial of a raw recording whose window reaches outside it is an error, or is "
        "left out and counted.",
    )
    images: str = Field(
        "Images", min_length=1, description="Folder of the pictures, under the data folder."
    )
    runs_per_session: int = Field(layout.RUNS, ge=1, le=99, description="Runs of every session.")
    epoch_files: int = Field(
        layout.EPOCH_FILES, ge=1, le=99, description="Files of a subject's released epochs."
    )
    simulate: Simulation | None = Field(
        None, description="Simulate the raw files instead of using downloaded ones."
    )

    def sessions_of(self, subject: str) -> list[int]:
        """Return the numbers of the sessions that are read, ascending, counted from 1."""
        chosen = self.sessions[subject]
        if chosen == "all":
            return list(range(1, self.recorded_sessions() + 1))
        if isinstance(chosen, int):
            return list(range(1, chosen + 1))
        return sorted(chosen)

    def recorded_sessions(self) -> int:
        """Return how many sessions there are of every subject."""
        return layout.SESSIONS if self.simulate is None else self.simulate.exemplars

    def runs_of(self, subject: str) -> list[tuple[int, int]]:
        """Return session and run of all runs that are read, in order."""
        runs = range(1, self.runs_per_session + 1)
        return [(session, run) for session in self.sessions_of(subject) for run in runs]

    def steps(self) -> tuple[Step, ...]:
        """Return the steps of preprocessing."""
        if self.preprocess is None:
            return PRESETS["things_meg"] if self.form == "raw" else ()
        return self.preprocess

    @model_validator(mode="after")
    def _is_recorded(self) -> Self:
        """Check that there are such sessions."""
        for subject in self.sessions:
            numbers = self.sessions_of(subject)
            if len(set(numbers)) < len(numbers):
                raise ValueError(f"sessions.{subject}: a session is listed twice")
            if numbers[-1] > self.recorded_sessions():
                raise ValueError(f"sessions.{subject}: it has {self.recorded_sessions()} sessions")
        return self

    @model_validator(mode="after")
    def _steps_fit_the_form(self) -> Self:
        """Check that runs are cut once, and that epochs are not cut again."""
        try:
            if self.form == "raw":
                checked_steps(self.steps())
            else:
                checked_epoch_steps(self.steps())
        except ValueError as error:
            other = "" if self.form == "raw" else "; 'form: raw' reads the recordings"
            raise ValueError(f"preprocess: {error}{other}") from error
        return self

    @model_validator(mode="after")
    def _can_be_simulated(self) -> Self:
        """Check that every run has trials, and test pictures a concept."""
        wanted = self.simulate
        if wanted is None:
            return self
        if wanted.test_images > wanted.concepts - 2:
            raise ValueError(
                f"simulate.test_images: at most {wanted.concepts - 2} of {wanted.concepts} concepts"
            )
        trials = wanted.concepts + wanted.test_images + wanted.catch
        if trials < self.runs_per_session:
            raise ValueError(
                f"runs_per_session: a session has {trials} trials, too few for "
                f"{self.runs_per_session} runs"
            )
        return self
