"""Windows of the continuous recordings, in pieces that fit into memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from afterimage.ingest.meeg.grid import parts_of
from afterimage.ingest.meeg.run import Epochs, cut_run, epoch_times
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import ONE_SENSOR, Step
from afterimage.ingest.things_eeg2.continuous import Continuous
from afterimage.ingest.things_eeg2.events import Events
from afterimage.ingest.things_eeg2.fields import afresh
from afterimage.ingest.things_eeg2.layout import MONTAGE
from afterimage.ingest.things_eeg2.sensors import info_of

TRIALS_AT_ONCE = 64
SENSORS_AT_ONCE = 8  # of the whole recording that is mapped: what was read of it stays in memory


def cut_events(
    recording: Continuous, events: Events, steps: Sequence[Step], sensors: Sensors
) -> Iterator[Epochs]:
    """Yield the epochs of one file's trials, in their order.

    If nothing is done before cutting, stretches of the recording are read one after another; if
    sensors are filtered, some sensors of the whole recording; if they are mixed, all of them.

    Parameters
    ----------
    recording : Continuous
    events : Events
    steps : sequence of Step
    sensors : Sensors

    Yields
    ------
    Epochs
        Of some trials.
    """
    before, _, _ = parts_of(steps)
    if not all(isinstance(step, ONE_SENSOR) for step in steps):
        raw = _stretch(recording, 0, recording.samples)
        raw.set_montage(MONTAGE, on_missing="ignore")  # some steps look at the sensors' places
        yield cut_run(raw, events.samples, steps, sensors, str(recording.path))
    elif before:
        yield _cut_by_sensors(recording, events.samples, steps, sensors)
    else:
        for start in range(0, len(events.samples), TRIALS_AT_ONCE):
            samples = events.samples[start : start + TRIALS_AT_ONCE]
            yield _cut_stretch(recording, samples, steps, sensors)


def _cut_by_sensors(
    recording: Continuous, samples: np.ndarray, steps: Sequence[Step], sensors: Sensors
) -> Epochs:
    times = epoch_times(steps, recording.rate)
    values = np.empty((len(samples), len(times), len(sensors.names)), dtype=np.float32)
    for first in range(0, len(sensors.names), SENSORS_AT_ONCE):
        some = slice(first, first + SENSORS_AT_ONCE)
        own = Sensors(
            sensors.names[some], sensors.kinds[some], sensors.millimetres[some], sensors.layout
        )
        # These files mark no segment as bad: each piece has an epoch of each trial.
        raw = _stretch(recording, 0, recording.samples)
        piece = cut_run(raw, samples, steps, own, str(recording.path))
        values[:, :, some] = piece.values
    return replace(piece, values=values)


def _cut_stretch(
    recording: Continuous, samples: np.ndarray, steps: Sequence[Step], sensors: Sensors
) -> Epochs:
    """Cut trials that follow each other from the part of the recording that holds them."""
    _, epoch, _ = parts_of(steps)
    before, after = (int(np.ceil(abs(t) * recording.rate)) + 1 for t in (epoch.first, epoch.last))
    first = max(0, int(samples[0]) - before)
    last = min(recording.samples, int(samples[-1]) + after + 1)
    raw = _stretch(recording, first, last)
    return cut_run(raw, samples - first, steps, sensors, str(recording.path))


def _stretch(recording: Continuous, first: int, last: int) -> Any:
    """Return samples from ``first`` to before ``last``, as MNE has them; not copied if float64."""
    import mne

    info = info_of(recording.names, recording.kinds, recording.rate)
    with info._unlock():
        info["highpass"], info["lowpass"] = recording.band
    return mne.io.RawArray(afresh(recording.values)[:, first:last], info, verbose="error")
