"""Whether listed steps can follow one another; for the configurations of adapters.

A configuration writes ``preprocess: Preprocess`` for recordings that are cut here, and
``preprocess: EpochSteps`` for epochs that were cut by others. The name of a preset is replaced by
its steps, so that what a job depends on is what is done.

Mistakes are written to follow the word "expected".
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from afterimage.ingest.meeg.presets import PRESETS
from afterimage.ingest.meeg.steps import (
    ON_EPOCHS,
    ON_RUNS,
    Autoreject,
    Bandpass,
    Baseline,
    Crop,
    Epoch,
    Notch,
    Resample,
    Step,
)

TOLERANCE = 1e-9  # seconds: of decimal fractions, not of samples


def checked_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Check the steps of a preset or of a list: exactly one ``epoch``, and a possible order.

    Raises
    ------
    ValueError
        With all mistakes.
    """
    _raise_if_any(
        [
            *_order_mistakes(steps),
            *_band_mistakes(steps),
            *_window_mistakes(steps),
            *_package_mistakes(steps),
        ]
    )
    return steps


def of_preset(value: Any) -> Any:
    """Return the steps of a preset for its name, and anything else as it is.

    Raises
    ------
    ValueError
        If there is no preset of that name.
    """
    if not isinstance(value, str):
        return value
    if value not in PRESETS:
        close = get_close_matches(value, PRESETS, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        raise ValueError(f"a list of steps, or one of {', '.join(PRESETS)}{hint}")
    return PRESETS[value]


def checked_epoch_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Check steps that are done to epochs which come already cut.

    Raises
    ------
    ValueError
        With all steps that need the continuous recording.
    """
    _raise_if_any(
        f"no step '{step.step}' (number {number}): it needs the continuous recording"
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
        yield f"one step 'epoch', which cuts the recording, not {len(places)}"
        return
    for number, step in enumerate(steps, 1):
        if isinstance(step, ON_RUNS) and number > places[0]:
            yield f"step {number} ('{step.step}') before 'epoch': it is done to a whole run"
        if isinstance(step, ON_EPOCHS) and number < places[0]:
            yield f"step {number} ('{step.step}') after 'epoch': it is done to epochs"


def _package_mistakes(steps: Sequence[Step]) -> Iterator[str]:
    """Find steps that need a package which is not installed."""
    wanted = any(isinstance(step, Autoreject) for step in steps)
    if wanted and find_spec("autoreject") is None:
        yield (
            "no step 'autoreject' without its package: pip install 'afterimage[autoreject]', or "
            "leave the step out"
        )


def _band_mistakes(steps: Sequence[Step]) -> Iterator[str]:
    """Find filters that come after a resampling which left nothing to filter."""
    half = float("inf")
    for number, step in enumerate(steps, 1):
        if isinstance(step, Resample):
            half = step.rate / 2
        for hertz in frequencies_of(step):
            if hertz >= half:
                yield (
                    f"step {number} ('{step.step}') below half the sampling rate ({half:g} Hz), "
                    f"not at {hertz:g} Hz"
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
                    f"step {number} ('{step.step}') within the epoch ({window.first:g} to "
                    f"{window.last:g} s), not from {first:g} to {step.last:g} s"
                )
            elif step.last < first:
                yield (
                    f"step {number} ('{step.step}') to end after {first:g} s, not at "
                    f"{step.last:g} s"
                )
        if isinstance(step, (Epoch, Crop)):
            window = step


Preprocess = Annotated[tuple[Step, ...], BeforeValidator(of_preset), AfterValidator(checked_steps)]
EpochSteps = Annotated[tuple[Step, ...], AfterValidator(checked_epoch_steps)]
