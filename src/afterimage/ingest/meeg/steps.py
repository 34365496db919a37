"""The steps of preprocessing, in the order in which a configuration lists them.

Steps before ``epoch`` are done to a whole run, steps after it to its epochs. Nothing here is
fitted on several trials: scaling, clamping and whitening come after the split.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry

Hertz = Annotated[float, Field(gt=0, le=100_000)]
Seconds = Annotated[float, Field(ge=-60, le=60)]


class Notch(Entry):
    """Take line noise out of a run, by a zero-phase FIR filter at each frequency."""

    step: Literal["notch"]
    frequencies: tuple[Hertz, ...] = Field(min_length=1, description="In Hz, harmonics included.")


class Bandpass(Entry):
    """Filter a run by MNE's zero-phase FIR filter."""

    step: Literal["bandpass"]
    low: Hertz | None = Field(None, description="Lower edge of the pass band in Hz.")
    high: Hertz | None = Field(None, description="Upper edge of the pass band in Hz.")

    @model_validator(mode="after")
    def _is_band(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("'low', 'high' or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"'high' above 'low' ({self.low} Hz)")
        return self


class Resample(Entry):
    """Change the sampling rate; MNE's low-pass at half the new rate comes first."""

    step: Literal["resample"]
    rate: Hertz = Field(description="Samples per second.")


class Reference(Entry):
    """Subtract the mean of all chosen EEG sensors."""

    step: Literal["reference"]
    kind: Literal["average"] = Field("average", description="The mean of all chosen sensors.")


class Compensate(Entry):
    """Bring CTF recordings to a grade of gradient compensation."""

    step: Literal["compensate"]
    grade: Literal[0, 1, 2, 3] = Field(description="0: none, 3: third order.")


class Maxwell(Entry):
    """Signal-space separation, by MNE, within each run."""

    step: Literal["maxwell"]
    duration: float | None = Field(None, gt=0, description="Seconds of tSSS buffers; none: SSS.")


class Projections(Entry):
    """Apply the projections (SSP) that are stored in the file."""

    step: Literal["projections"]


class Ica(Entry):
    """Take out components that follow the eyes or the heart, fitted within each run.

    It looks at the recording only, never at what was shown; but at test trials too.
    """

    step: Literal["ica"]
    components: int = Field(
        20,
        ge=11,
        le=200,
        description="Components that are fitted. One is taken out if its correlation lies more "
        "than 3 SD above those of all; with fewer than 11 none can.",
    )
    follow: tuple[str, ...] = Field(
        min_length=1, description="Names of the EOG or ECG channels that mark a component."
    )
    seed: int = Field(0, ge=0, description="Of the decomposition's start.")


class Epoch(Entry):
    """Cut a window around each onset; both ends are included."""

    step: Literal["epoch"]
    first: Seconds = Field(description="Seconds from the onset to the window's first sample.")
    last: Seconds = Field(description="Seconds from the onset to the window's last sample.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last <= self.first:
            raise ValueError(f"'last' after 'first' ({self.first} s)")
        return self


class Baseline(Entry):
    """Subtract the mean of a part of each epoch from each sensor; or divide by its SD too."""

    step: Literal["baseline"]
    first: Seconds | None = Field(None, description="In seconds; by default the epoch's start.")
    last: Seconds = Field(0.0, description="In seconds; included, as in MNE.")
    kind: Literal["mean", "zscore"] = Field("mean", description="'zscore' divides by the SD too.")


class Decimate(Entry):
    """Keep every n-th sample of the epochs, counted from the onset, without a filter."""

    step: Literal["decimate"]
    factor: int = Field(ge=2, le=1000, description="1200 Hz and 6 make 200 Hz.")


class Crop(Entry):
    """Keep a part of each epoch, both ends included."""

    step: Literal["crop"]
    first: Seconds = Field(description="In seconds from the onset.")
    last: Seconds = Field(description="In seconds from the onset.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last <= self.first:
            raise ValueError(f"'last' after 'first' ({self.first} s)")
        return self


class Reject(Entry):
    """Leave out epochs in which a sensor spans more than a limit from its lowest to its highest.

    A kind of sensor without a limit is not looked at. How many were left out is counted in the
    report.
    """

    step: Literal["reject"]
    eeg: float | None = Field(None, gt=0, description="In volts: 100 microvolts are 1.0e-4.")
    mag: float | None = Field(None, gt=0, description="In tesla: 4000 femtotesla are 4.0e-12.")
    grad: float | None = Field(None, gt=0, description="In tesla per metre.")

    @model_validator(mode="after")
    def _has_limit(self) -> Self:
        if not self.limits():
            raise ValueError("'eeg', 'mag' or 'grad'")
        return self

    def limits(self) -> dict[str, float]:
        """Return the limit of each kind of sensor that has one."""
        given = {"eeg": self.eeg, "mag": self.mag, "grad": self.grad}
        return {kind: limit for kind, limit in given.items() if limit is not None}


class Autoreject(Entry):
    """Repair bad sensors of single epochs by autoreject, within each run; leave out the rejected.

    How many were left out is counted in the report.
    """

    step: Literal["autoreject"]
    seed: int = Field(0, ge=0, description="Of its cross-validation.")


Step = Annotated[
    Notch
    | Bandpass
    | Resample
    | Reference
    | Compensate
    | Maxwell
    | Projections
    | Ica
    | Epoch
    | Baseline
    | Decimate
    | Crop
    | Reject
    | Autoreject,
    Field(discriminator="step"),
]
ON_RUNS = (Notch, Bandpass, Reference, Compensate, Maxwell, Projections, Ica)
ON_EPOCHS = (Baseline, Decimate, Crop, Reject, Autoreject)
# Each sensor by itself: such steps are done to some sensors at a time, in bounded memory.
ONE_SENSOR = (Notch, Bandpass, Resample, Epoch, Baseline, Decimate, Crop)
# What is done with a trial whose window reaches outside the recording.
Incomplete = Literal["error", "drop"]
Preset = Literal["things_meg", "benchetrit", "neuralbench", "nice"]
