"""At which times epochs are sampled: from the steps and the recording's rate alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from afterimage.contracts.errors import ConfigError
from afterimage.ingest.meeg.steps import Crop, Decimate, Epoch, Resample, Step

SAME_RATE = 1e-6  # relative; MNE resamples nothing below it


@dataclass(frozen=True)
class Grid:
    """The samples of an epoch.

    Attributes
    ----------
    times : ndarray, shape (t,)
        Seconds from the onset.
    rate : float
        In Hz.
    """

    times: np.ndarray
    rate: float

    @classmethod
    def cut(cls, step: Epoch, rate: float) -> Self:
        """Return the samples of a window, both ends rounded to the nearest sample as MNE does."""
        first, last = round(step.first * rate), round(step.last * rate)
        return cls(np.arange(first, last + 1) / rate, rate)

    @classmethod
    def of(cls, times: Sequence[float]) -> Self:
        """Return the samples of epochs that come with their times, evenly spaced."""
        seconds = np.asarray(times, dtype=np.float64)
        if len(seconds) < 2:
            raise ConfigError("epochs of a single sample have no rate.", "Leave out the steps.")
        # Stored times are rounded; a rate is not 199.99999999999997 Hz.
        return cls(seconds, round((len(seconds) - 1) / (seconds[-1] - seconds[0]), 6))

    def kept(self, step: Step) -> slice:
        """Return which samples a step keeps, without interpolation.

        Raises
        ------
        ConfigError
            If none is left.
        """
        if isinstance(step, Decimate):
            return slice(round(-self.times[0] * self.rate) % step.factor, None, step.factor)
        if isinstance(step, Crop):
            # Half a sample of tolerance, as MNE's.
            low = (round(step.first * self.rate) - 0.5) / self.rate
            high = (round(step.last * self.rate) + 0.5) / self.rate
            inside = np.flatnonzero((self.times >= low) & (self.times <= high))
            if not len(inside):
                raise ConfigError(
                    f"preprocess: 'crop' from {step.first:g} to {step.last:g} s leaves no sample "
                    f"of epochs from {self.times[0]:g} to {self.times[-1]:g} s.",
                    "Correct `first` and `last`, in seconds from the onset.",
                )
            return slice(int(inside[0]), int(inside[-1]) + 1)
        return slice(None)

    def after(self, step: Step) -> "Grid":
        """Return the samples after a step that is done to epochs."""
        if isinstance(step, Resample):
            if is_rate(step.rate, self.rate):
                return self
            count = resampled(len(self.times), self.rate, step.rate)
            return Grid(np.arange(count) / step.rate + self.times[0], step.rate)
        factor = step.factor if isinstance(step, Decimate) else 1
        return Grid(self.times[self.kept(step)], self.rate / factor)


def resampled(count: int, rate: float, new: float) -> int:
    """Return how many samples are left of some after resampling, as MNE counts them."""
    return max(round(new / rate * count), 1)


def is_rate(one: float, other: float) -> bool:
    """Return whether two sampling rates are the same."""
    return abs(one - other) <= SAME_RATE * other


def parts_of(steps: Sequence[Step]) -> tuple[list[Step], Epoch, list[Step]]:
    """Return the steps that are done to a run, the one that cuts it, and those done to epochs.

    Raises
    ------
    ConfigError
        If not exactly one step cuts.
    """
    places = [i for i, step in enumerate(steps) if isinstance(step, Epoch)]
    if len(places) != 1:
        raise ConfigError(
            f"preprocess: exactly one step 'epoch' cuts the recording, found {len(places)}.",
            "List it once: `{step: epoch, first: -0.1, last: 1.0}`.",
        )
    epoch = steps[places[0]]
    assert isinstance(epoch, Epoch)
    return list(steps[: places[0]]), epoch, list(steps[places[0] + 1 :])


def run_rate(before: Sequence[Step], rate: float) -> float:
    """Return a run's sampling rate in Hz after the steps that are done to it."""
    for step in before:
        if isinstance(step, Resample) and not is_rate(step.rate, rate):
            rate = step.rate
    return rate


def epoch_times(steps: Sequence[Step], rate: float) -> tuple[float, ...]:
    """Return the times of the epochs that steps make of a run.

    Parameters
    ----------
    steps : sequence of Step
        Exactly one of them is ``epoch``.
    rate : float
        Of the recording, in Hz.

    Returns
    -------
    tuple of float
        In seconds from the onset.
    """
    before, epoch, after = parts_of(steps)
    grid = Grid.cut(epoch, run_rate(before, rate))
    for step in after:
        grid = grid.after(step)
    return tuple(grid.times.tolist())
