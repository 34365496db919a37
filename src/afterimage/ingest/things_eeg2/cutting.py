"""Windows of the continuous recordings, in pieces that fit into memory."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from afterimage.ingest.meeg.grid import parts_of
from afterimage.ingest.meeg.run import Epochs, cut_run
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import ONE_SENSOR, Step
from afterimage.ingest.things_eeg2.continuous import Continuous
from afterimage.ingest.things_eeg2.events import Events
from afterimage.ingest.things_eeg2.fields import afresh
from afterimage.ingest.things_eeg2.sensors import info_of

TRIALS_AT_ONCE = 64


def cut_events(
    recording: Continuous, events: Events, steps: Sequence[Step], sensors: Sensors
) -> Iterator[Epochs]:
    """Yield the epochs of one file's trials, in their order.

    If nothing is done before cutting, and nothing to several epochs together, stretches of the
    recording are read one after another; else the whole file is preprocessed at once.

    Parameters
    ----------
    recording : Continuous
    events : Events
    steps : sequence of Step
    sensors : Sensors
    """
    before, epoch, after = parts_of(steps)
    alone = not before and all(isinstance(step, ONE_SENSOR) for step in after)
    count = TRIALS_AT_ONCE if alone else len(events.samples)
    margin = [int(np.ceil(abs(edge) * recording.rate)) + 1 for edge in (epoch.first, epoch.last)]
    for start in range(0, len(events.samples), count):
        samples = events.samples[start : start + count]
        first, last = 0, recording.samples
        if alone:
            first = max(0, int(samples[0]) - margin[0])
            last = min(recording.samples, int(samples[-1]) + margin[1] + 1)
        raw = _stretch(recording, first, last)
        yield cut_run(raw, samples - first, steps, sensors, str(recording.path))


def _stretch(recording: Continuous, first: int, last: int) -> Any:
    """Return samples from ``first`` to before ``last``, as MNE has them; not copied if float64."""
    import mne

    info = info_of(recording.names, recording.kinds, recording.rate)
    with info._unlock():
        info["highpass"], info["lowpass"] = recording.band
    return mne.io.RawArray(afresh(recording.values)[:, first:last], info, verbose="error")
