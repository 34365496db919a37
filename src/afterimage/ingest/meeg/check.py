"""Whether listed steps can follow one another; for the configurations of adapters.

A configuration writes ``preprocess: Preprocess`` for recordings that are cut here, and
``preprocess: EpochSteps`` for epochs that were cut by others.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from afterimage.ingest.meeg.presets import steps_of
from afterimage.ingest.meeg.steps import (
    ON_EPOCHS,
    ON_RUNS,
    Bandpass,
    Baseline,
    Crop,
    Epoch,
    Notch,
    Preset,
    Resample,
    Step,
)

TOLERANCE = 1e-9  # seconds: of decimal fractions, not of samples


def checked_steps(chosen: Preset | tuple[Step, ...]) -> Preset | tuple[Step, ...]:
    """Check the steps of a preset or of a list: exactly one ``epoch``, and a possible order.

    Raises
    ------
    ValueError
        With all mistakes.
    """
    steps = steps_of(chosen)
    _raise_if_any([*_order_mistakes(steps), *_band_mistakes(steps), *_window_mistakes(steps)])
    return chosen


def checked_epoch_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Check steps that are done to epochs which come already cut.

    Raises
    ------
    ValueError
        With all steps that need the continuous recording.
    """
    _raise_if_any(
        f"step {number} ('{step.step}') needs the continuous recording; these are epochs"
        for number, step in enumerate(steps, 1)
        if not isinstance(step, (*ON_EPOCHS, Resample))
    )
    return steps


def _raise_if_any(mistakes: Sequence[str] | Iterator[str]) -> None:
    found = list(mistakes)
    if found:
        raise ValueError("; ".join(found))


def _order_mistakes(steps: Sequence[Step]) -> Iterator[str]:
    places = [number for number, step in enumerate(steps, 1) if isinstance(step, Epoch)]
    if len(places) != 1:
        yield f"exactly one step 'epoch' cuts the recording, found {len(places)}"
        return
    for number, step in enumerate(steps, 1):
        if isinstance(step, ON_RUNS) and number > places[0]:
            yield f"step {number} ('{step.step}') stands before 'epoch': it is done to a whole run"
        if isinstance(step, ON_EPOCHS) and number < places[0]:
            yield f"step {number} ('{step.step}') stands after 'epoch': it is done to epochs"


def _band_mistakes(steps: Sequence[Step]) -> Iterator[str]:
    """Find filters that come after a resampling which left nothing to filter."""
    half = float("inf")
    for number, step in enumerate(steps, 1):
        if isinstance(step, Resample):
            half = step.rate / 2
        for hertz in frequencies_of(step):
            if hertz >= half:
                yield (
                    f"step {number} ('{step.step}'): {hertz:g} Hz is not below half the sampling "
                    f"rate ({half:g} Hz)"
                )


def frequencies_of(step: Step) -> tuple[float, ...]:
    """Return the frequencies in Hz that a step names, each below half the sampling rate."""
    if isinstance(step, Notch):
        return step.frequencies
    if isinstance(step, Bandpass):
        return tuple(hertz for hertz in (step.low, step.high) if hertz is not None)
    return ()


def _window_mistakes(steps: Sequence[Step]) -> Iterator[str]:
    """Find baselines and crops that reach outside the window as it is at their place."""
    window: Epoch | Crop | None = None
    for number, step in enumerate(steps, 1):
        if isinstance(step, (Baseline, Crop)) and window is not None:
            first = window.first if step.first is None else step.first
            if first < window.first - TOLERANCE or step.last > window.last + TOLERANCE:
                yield (
                    f"step {number} ('{step.step}'): {first:g} to {step.last:g} s is not within "
                    f"the epoch ({window.first:g} to {window.last:g} s)"
                )
            elif step.last < first:
                yield f"step {number} ('{step.step}'): it ends ({step.last:g} s) before it begins"
        if isinstance(step, (Epoch, Crop)):
            window = step


Preprocess = Annotated[
    Preset | Annotated[tuple[Step, ...], Field(min_length=1)], AfterValidator(checked_steps)
]
EpochSteps = Annotated[tuple[Step, ...], AfterValidator(checked_epoch_steps)]
