"""Configuration of the Natural Scenes Dataset and of its simulated stand-in."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from afterimage.contracts.config.base import Entry

Subject = Annotated[str, StringConstraints(pattern=r"^subj\d\d$")]
Atlas = Literal[
    "prf-visualrois",
    "prf-eccrois",
    "floc-faces",
    "floc-bodies",
    "floc-places",
    "floc-words",
    "streams",
    "Kastner2015",
    "HCP_MMP1",
]
SIMULATED_ATLASES = ("prf-visualrois", "streams")


class Simulation(Entry):
    """A simulated experiment, written in the published layout."""

    seed: int = Field(0, ge=0, description="Seed of everything that is drawn.")
    pictures: int = Field(600, ge=8, le=9000, description="Training pictures.")
    shared: int = Field(
        100, ge=4, le=1000, description="Shared (test) pictures, each shown three times."
    )
    side: Literal[32, 64, 128] = Field(64, description="Side of a picture in pixels.")
    voxels: int = Field(800, ge=10, le=1600, description="Voxels of each subject.")
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
    """Natural Scenes Dataset (Allen et al. 2022): single-trial betas in the 1.8 mm volume."""

    name: Literal["nsd"]
    sessions: dict[Subject, Annotated[int, Field(ge=1, le=99)]] = Field(
        min_length=1, description="Subjects, and how many of their first sessions are read."
    )
    trials_per_session: int = Field(750, ge=1, description="Trials of every session.")
    runs_per_session: int = Field(12, ge=1, description="Runs of every session.")
    betas: Literal["betas_assumehrf", "betas_fithrf", "betas_fithrf_GLMdenoise_RR"] = Field(
        "betas_fithrf_GLMdenoise_RR", description="Version of the betas."
    )
    mask: Literal["nsdgeneral"] = Field(
        "nsdgeneral", description="Atlas whose labels above 0 are the voxels that are read."
    )
    atlases: tuple[Atlas, ...] = Field(
        ("prf-visualrois",), description="Atlases whose labels name the regions of the voxels."
    )
    simulate: Simulation | None = Field(
        None, description="Simulate the raw files instead of using downloaded ones."
    )

    @model_validator(mode="after")
    def _fits_the_simulation(self) -> Self:
        """Check that the simulated sessions can hold every picture."""
        if self.simulate is None:
            return self
        missing = [atlas for atlas in self.atlases if atlas not in SIMULATED_ATLASES]
        if missing:
            raise ValueError(f"a simulation has no atlas {missing[0]}, only {SIMULATED_ATLASES}")
        shown = 3 * self.simulate.shared
        shortest, longest = (
            pick(self.sessions.values()) * self.trials_per_session for pick in (min, max)
        )
        if shortest < shown + min(self.sessions.values()):
            raise ValueError(
                f"the shortest recording has {shortest} trials: too few for {shown} trials of "
                "shared pictures and some of training pictures in every session"
            )
        if longest < shown + self.simulate.pictures:
            raise ValueError(
                f"the longest recording has {longest} trials: too few for {shown} trials of "
                f"shared and {self.simulate.pictures} of training pictures"
            )
        return self
