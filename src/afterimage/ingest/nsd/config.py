"""Configuration of the Natural Scenes Dataset and of its simulated stand-in."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.nsd.layout import (
    FORMATS,
    PUBLISHED_OWN,
    PUBLISHED_SHARED,
    PUBLISHED_TRIALS,
    RESTING_SESSIONS,
    SESSIONS,
    VOLUMES,
    Format,
    Space,
)
from afterimage.ingest.nsd.selection import Choice

Subject = Annotated[str, StringConstraints(pattern=r"^subj0[1-8]$")]
Session = Annotated[int, Field(ge=1, le=99)]
Sessions = Annotated[tuple[Session, ...], Field(min_length=1)]
Extent = Annotated[int, Field(ge=4, le=1000)]
Vertices = Annotated[int, Field(ge=20, le=1_000_000)]
Atlas = Literal[
    "prf-visualrois",
    "prf-eccrois",
    "floc-faces",
    "floc-bodies",
    "floc-places",
    "floc-words",
    "streams",
    "nsdgeneral",
    "Kastner2015",
    "HCP_MMP1",
    "corticalsulc",
]
SELECTION = r"^(brain|((lh|rh)\.)?[A-Za-z][A-Za-z0-9-]*(_[A-Za-z0-9]+)?(:[^:]+)?)$"
Selection = Annotated[str, StringConstraints(pattern=SELECTION)]


class Series(Entry):
    """Windows of the preprocessed volumes around each trial, instead of betas."""

    first: int = Field(
        0, ge=-20, le=60, description="First volume, relative to the one in which a trial began."
    )
    last: int = Field(8, ge=-20, le=60, description="Last volume, included.")
    normalise: Literal["none", "run"] = Field(
        "run",
        description="'run': mean 0 and deviation 1 of each voxel over all volumes of a run, "
        "whatever was shown ('none': as published, arbitrary scanner units).",
    )

    def times(self, volume_seconds: float) -> tuple[float, ...]:
        """Return when each volume began, in seconds from that in which the trial began."""
        return tuple(step * volume_seconds for step in range(self.first, self.last + 1))

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"'last' of at least 'first' ({self.first})")
        return self


class Simulation(Entry):
    """A simulated experiment, written in the published layout."""

    seed: int = Field(0, ge=0, description="Seed of everything that is drawn.")
    pictures: int = Field(600, ge=8, le=9000, description="Training pictures.")
    shared: int = Field(
        100, ge=4, le=1000, description="Shared (test) pictures, each shown three times."
    )
    side: Literal[32, 64, 128] = Field(64, description="Side of a picture in pixels.")
    voxels: int = Field(800, ge=10, description="Voxels of visual cortex of each subject.")
    volume: tuple[Extent, Extent, Extent] = Field(
        (20, 16, 10),
        description="Size X x Y x Z of the volume in which the cortex is folded; the cortex fills "
        "at most half of it.",
    )
    sheets: Literal[1, 2] = Field(
        2,
        description="Folded sheets: one in each hemisphere, either with all areas, or a single one "
        "across the volume.",
    )
    vertices: tuple[Vertices, Vertices] = Field(
        (1200, 1100),
        description="Vertices of the left and right surface, where responses lie on a surface; "
        "the cortex fills at most half of either.",
    )
    rest: tuple[Session, ...] = Field(
        (2,),
        description="Sessions whose first and last run are done at rest, in addition to the "
        "others; only series show them.",
    )
    ncsnr_median: float = Field(
        0.7, gt=0, le=5, description="Median over voxels of signal sd / noise sd of one trial."
    )
    ncsnr_log_sd: float = Field(
        0.5, ge=0, le=2, description="Standard deviation over voxels of the log of that ratio."
    )
    reference_pictures: int = Field(
        6000, ge=100, description="Further pictures from which the true moments are computed."
    )


class NsdConfig(Entry):
    """Natural Scenes Dataset (Allen et al. 2022): responses to 73,000 pictures at 7 tesla."""

    name: Literal["nsd"]
    sessions: dict[Subject, Literal["all"] | Session | Sessions] = Field(
        min_length=1,
        description="Subjects, and their sessions: 'all' that were published, a number of first "
        "ones, or a list.",
    )
    trials_per_session: int = Field(750, ge=1, description="Trials of every session.")
    runs_per_session: int = Field(12, ge=1, description="Runs of every session.")
    space: Space = Field("func1pt8mm", description="Where responses lie: a volume or a surface.")
    format: Format | None = Field(
        None,
        description="File format of the betas; by default the usual one of the space.",
    )
    betas: Literal["betas_assumehrf", "betas_fithrf", "betas_fithrf_GLMdenoise_RR"] = Field(
        "betas_fithrf_GLMdenoise_RR", description="Version of the betas (b1, b2, b3)."
    )
    series: Series | None = Field(None, description="Read windows of volumes instead of betas.")
    voxels: tuple[Selection, ...] = Field(
        ("nsdgeneral",),
        min_length=1,
        description="What is read, a union: 'brain', an atlas ('nsdgeneral'), one of its labels "
        "('streams:early'), each with 'lh.' or 'rh.' in front for one hemisphere.",
    )
    atlases: tuple[Atlas, ...] = Field(
        ("prf-visualrois",), description="Atlases whose labels name the regions of the voxels."
    )
    coco: bool = Field(
        False,
        description="Whether captions and objects are read from COCO's annotation files, which "
        "are to lie in coco/annotations/ beside the data.",
    )
    simulate: Simulation | None = Field(
        None, description="Simulate the raw files instead of using downloaded ones."
    )

    def sessions_of(self, subject: str) -> list[int]:
        """Return the numbers of the sessions that are read, ascending, counted from 1."""
        chosen = self.sessions[subject]
        if chosen == "all":
            return list(range(1, SESSIONS[subject] + 1))
        if isinstance(chosen, int):
            return list(range(1, chosen + 1))
        return sorted(chosen)

    def file_format(self) -> Format:
        """Return the format of the betas."""
        return self.format or FORMATS[self.space][0]

    def is_full_length(self) -> bool:
        """Return whether the simulated experiment has the published numbers of everything.

        Its order of trials then has the published counts, whichever sessions are simulated.
        """
        wanted = self.simulate
        return (
            wanted is not None
            and self.trials_per_session == PUBLISHED_TRIALS
            and (wanted.pictures, wanted.shared) == (PUBLISHED_OWN, PUBLISHED_SHARED)
        )

    def rests(self, subject: str, session: int) -> bool:
        """Return whether a session has two more runs, the first and the last, without trials."""
        if self.simulate is not None:
            return session in self.simulate.rest
        return session in RESTING_SESSIONS[subject]

    def recorded_runs(self, subject: str, session: int) -> int:
        """Return the number of runs of a session's series, resting ones included."""
        return self.runs_per_session + 2 * self.rests(subject, session)

    @model_validator(mode="after")
    def _is_published(self) -> Self:
        """Check that such files and sessions exist."""
        if self.format is not None and self.format not in FORMATS[self.space]:
            raise ValueError(f"format: {self.space} is published as {FORMATS[self.space]}")
        if self.series is not None and self.space not in VOLUMES:
            raise ValueError(f"series: volumes were published in {VOLUMES} only")
        for text in self.voxels:
            one = Choice.parse(text)
            if not one.is_brain and one.atlas not in get_args(Atlas):
                raise ValueError(
                    f"voxels: '{text}': no atlas '{one.atlas}'; there are 'brain', "
                    f"{', '.join(get_args(Atlas))}"
                )
            if one.is_brain and (one.label or (one.side and self.space in VOLUMES)):
                raise ValueError(f"voxels: '{text}': there is no such part of the brain mask")
        for subject in self.sessions:
            numbers = self.sessions_of(subject)
            if len(set(numbers)) < len(numbers):
                raise ValueError(f"sessions.{subject}: a session is listed twice")
            published = self.simulate is None or self.is_full_length()
            if published and numbers[-1] > SESSIONS[subject]:
                raise ValueError(f"sessions.{subject}: it has {SESSIONS[subject]} sessions")
        return self

    @model_validator(mode="after")
    def _fits_the_simulation(self) -> Self:
        """Check that the simulated sessions can hold every picture."""
        if self.simulate is None or self.is_full_length():
            return self
        last = [self.sessions_of(subject)[-1] for subject in self.sessions]
        length = self.trials_per_session
        shown, pictures = 3 * self.simulate.shared, self.simulate.pictures
        if min(last) * length < shown + min(last):
            raise ValueError(
                f"the shortest recording has {min(last) * length} trials: too few "
                f"for {shown} trials of shared pictures and some of training pictures in every "
                "session"
            )
        if max(last) * length < shown + pictures:
            raise ValueError(
                f"the longest recording has {max(last) * length} trials: too few "
                f"for {shown} trials of shared and {pictures} of training pictures"
            )
        if max(last) * length > shown + 3 * pictures:
            raise ValueError(
                f"the longest recording has {max(last) * length} trials: too many for {shown} "
                f"trials of shared pictures and at most three of each of {pictures} others"
            )
        return self

    @model_validator(mode="after")
    def _has_room_for_the_cortex(self) -> Self:
        """Check that the simulated voxels fit into the volume or onto the surfaces."""
        if self.simulate is None:
            return self
        wanted = self.simulate
        if self.space in VOLUMES:
            x, y, z = wanted.volume
            # With an odd extent the right half is the smaller one.
            room = (x * y * z if wanted.sheets == 1 else 2 * (x // 2) * y * z) // 2
            where = f"volume of {x} x {y} x {z} voxels"
        else:
            room, where = min(wanted.vertices), f"pair of surfaces of {wanted.vertices} vertices"
        if wanted.voxels > room:
            raise ValueError(
                f"simulate.voxels: a {where} has room for at most {room}, not {wanted.voxels}"
            )
        return self
