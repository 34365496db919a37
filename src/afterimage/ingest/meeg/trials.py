"""Cuts the trials of a run, and hands over what was learnt and which trials are left out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from afterimage.contracts.parts import Findings
from afterimage.ingest.meeg.run import Epochs, cut_run
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.silent import SilentSensors
from afterimage.ingest.meeg.steps import Incomplete, Step
from afterimage.ingest.meeg.windows import windows_outside

OUTSIDE = "the window reaches outside the recording"


def cut_trials(
    raw: Any,
    onsets: tuple[Sequence[str], np.ndarray],
    steps: Sequence[Step],
    sensors: Sensors,
    where: str,
    incomplete: Incomplete,
    found: Findings,
) -> tuple[list[str], Epochs]:
    """Cut a run as :func:`cut_run` does, for an adapter that reads it as a whole.

    Parameters
    ----------
    raw : mne.io.BaseRaw
    onsets : (sequence of str, ndarray of int, shape (n,))
        Ids of the trials, and their samples; 0 is the first one of the file.
    steps : sequence of Step
    sensors : Sensors
    where : str
        The file, for messages.
    incomplete : {"error", "drop"}
        What is done with trials whose windows reach outside the recording.
    found : Findings
        What was learnt is added, and which trials are left out.

    Returns
    -------
    trial_ids : list of str
        Of the epochs.
    epochs : Epochs

    Raises
    ------
    DataError
        As :func:`cut_run` says.
    """
    ids, samples = np.array(onsets[0], dtype=object), np.asarray(onsets[1], dtype=np.int64)
    if incomplete == "drop":
        outside = windows_outside(raw, samples, steps)
        found.exclude(ids[outside].tolist(), OUTSIDE)
        ids, samples = ids[~outside], samples[~outside]
    epochs = cut_run(raw, samples, steps, sensors, where)
    silent = SilentSensors(sensors.names)
    silent.see(epochs.values)
    found.tell(silent.notes())
    return hand_over(ids.tolist(), epochs, found), epochs


def hand_over(trial_ids: Sequence[str], epochs: Epochs, found: Findings) -> list[str]:
    """Add what was learnt of epochs, and return the ids of those that are there.

    Parameters
    ----------
    trial_ids : sequence of str
        Of all onsets.
    epochs : Epochs
    found : Findings
    """
    ids = np.array(trial_ids, dtype=object)
    found.tell(epochs.notes)
    for reason in dict.fromkeys(epochs.reasons[~epochs.kept].tolist()):
        found.exclude(ids[epochs.reasons == reason].tolist(), reason)
    kept: list[str] = ids[epochs.kept].tolist()
    return kept
