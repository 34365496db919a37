"""Steps that are done to a whole run."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.parts import Note
from afterimage.ingest.meeg.head import head_centre
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import (
    ONE_SENSOR,
    Bandpass,
    Compensate,
    Ica,
    Maxwell,
    Notch,
    Projections,
    Reference,
    Resample,
    Step,
)

# What such a step looks at beside the chosen sensors.
WHOLE_ARRAY = (Compensate, Maxwell, Projections)
FOLLOWED = ("eog", "ecg")


def filtered(raw: Any, step: Step) -> None:
    """Do a step that takes each sensor by itself to loaded data, as MNE's methods do it."""
    if isinstance(step, Notch):
        raw.notch_filter(list(step.frequencies), verbose="warning")
    elif isinstance(step, Bandpass):
        raw.filter(step.low, step.high, verbose="warning")
    else:
        assert isinstance(step, Resample)
        # Onsets are mapped in windows.py; an empty table keeps MNE from looking for them.
        raw.resample(step.rate, events=np.empty((0, 3), dtype=np.int64), verbose="warning")


def mixed(
    raw: Any, steps: Sequence[Step], sensors: Sensors, where: str
) -> tuple[Any, Sequence[Step], list[Note]]:
    """Do all steps up to the last one that mixes sensors, on the loaded run.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Not changed.
    steps : sequence of Step
        Those before ``epoch``.
    sensors : Sensors
    where : str

    Returns
    -------
    raw : mne.io.BaseRaw
        The same one if no step mixes sensors.
    steps : sequence of Step
        What is left to do, each sensor by itself.
    notes : list of Note
    """
    last = max((i for i, s in enumerate(steps, 1) if not isinstance(s, ONE_SENSOR)), default=0)
    notes: list[Note] = []
    if last:
        raw = _loaded(raw, steps[:last], sensors)
    for step in steps[:last]:
        if isinstance(step, ONE_SENSOR):
            filtered(raw, step)
        else:
            raw = _mixed_by(raw, step, sensors, where, notes)
    return raw, steps[last:], notes


def _loaded(raw: Any, steps: Sequence[Step], sensors: Sensors) -> Any:
    """Load the chosen sensors and those that the steps look at, as one piece."""
    import mne

    wanted = {*sensors.names}
    for step in steps:
        if isinstance(step, Ica):
            _check_there(raw, step.follow)
            wanted |= {*step.follow}
        if isinstance(step, WHOLE_ARRAY):
            rows = mne.pick_types(raw.info, meg=True, eeg=True, ref_meg=True, exclude=())
            wanted |= {raw.ch_names[row] for row in rows}
    picks = [row for row, name in enumerate(raw.ch_names) if name in wanted]
    return piece(raw, picks)


def piece(raw: Any, picks: Sequence[int]) -> Any:
    """Return some channels of a run in memory, as float64 and without seams between its files."""
    import mne

    info = mne.pick_info(raw.info, picks, verbose="error")
    loaded = mne.io.RawArray(
        raw.get_data(picks=list(picks)), info, first_samp=raw.first_samp, verbose="error"
    )
    # Filters stop at gaps of the acquisition, which annotations mark.
    annotations = raw.annotations.copy()
    if annotations.orig_time is None:
        annotations.onset -= raw.first_time  # which MNE adds again
    return loaded.set_annotations(annotations, emit_warning=False)


def _check_there(raw: Any, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in raw.ch_names]
    if missing:
        kinds = zip(raw.ch_names, raw.get_channel_types(), strict=True)
        others = [name for name, kind in kinds if kind in FOLLOWED]
        raise ConfigError(
            f"preprocess: 'ica' follows {', '.join(missing)}, which the recording does not have.",
            f"Channels of eyes and heart in the file: {', '.join(others) or 'none'}.",
        )


def _mixed_by(raw: Any, step: Step, sensors: Sensors, where: str, notes: list[Note]) -> Any:
    try:
        return MIXING[type(step)](raw, step, sensors, notes)
    except (RuntimeError, ValueError) as error:
        raise DataError(
            f"{where}: the step '{step.step}' cannot be done: {error}",
            "Leave the step out of `preprocess`, or correct the recording.",
        ) from error


def _reference(raw: Any, step: Step, sensors: Sensors, notes: list[Note]) -> Any:
    eeg = [n for n, kind in zip(sensors.names, sensors.kinds, strict=True) if kind == "eeg"]
    if not eeg:
        raise ValueError("no EEG sensor is chosen")
    return raw.set_eeg_reference(eeg, verbose="warning")


def _compensate(raw: Any, step: Step, sensors: Sensors, notes: list[Note]) -> Any:
    assert isinstance(step, Compensate)
    return raw.apply_gradient_compensation(step.grade, verbose="warning")


def _maxwell(raw: Any, step: Step, sensors: Sensors, notes: list[Note]) -> Any:
    from mne.preprocessing import maxwell_filter

    assert isinstance(step, Maxwell)
    if not {"mag", "grad"} & {*raw.get_channel_types()}:
        raise ValueError("the recording has no MEG sensors")
    origin = head_centre(raw.info, notes)
    return maxwell_filter(raw, origin=origin, st_duration=step.duration, verbose="warning")


def _project(raw: Any, step: Step, sensors: Sensors, notes: list[Note]) -> Any:
    if not raw.info["projs"]:
        raise ValueError("the file holds no projections")
    return raw.apply_proj(verbose="warning")


def _ica(raw: Any, step: Step, sensors: Sensors, notes: list[Note]) -> Any:
    from afterimage.ingest.meeg.components import without_components

    assert isinstance(step, Ica)
    return without_components(raw, step, sensors, notes)


MIXING: dict[type, Callable[[Any, Step, Sensors, list[Note]], Any]] = {
    Reference: _reference,
    Compensate: _compensate,
    Maxwell: _maxwell,
    Projections: _project,
    Ica: _ica,
}
