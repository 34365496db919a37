"""Epochs in which a sensor spans too much: blinks, movements, loose electrodes."""

from collections.abc import Sequence

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import Reject, Step

TOO_HIGH = "a sensor spans more than the limit of 'reject' in the epoch"


def too_high(values: np.ndarray, step: Reject, kinds: Sequence[str]) -> np.ndarray:
    """Tell in which epochs a sensor's lowest and highest value lie further apart than its limit.

    Parameters
    ----------
    values : ndarray, shape (n, sensors, times)
    step : Reject
    kinds : sequence of str
        Of each sensor: "eeg", "mag" or "grad".

    Returns
    -------
    ndarray of bool, shape (n,)
        As the argument ``reject`` of ``mne.Epochs`` does.
    """
    limits = np.array([step.limits().get(kind, np.inf) for kind in kinds])
    above: np.ndarray = (np.ptp(values, axis=2) > limits).any(axis=1)
    return above


def check_limits(steps: Sequence[Step], sensors: Sensors, where: str) -> None:
    """Refuse a limit for a kind of sensor that is not read: it would reject nothing.

    Raises
    ------
    DataError
        Naming the kinds that are.
    """
    for step in steps:
        if not isinstance(step, Reject):
            continue
        absent = [kind for kind in step.limits() if kind not in sensors.kinds]
        if absent:
            there = ", ".join(sorted(set(sensors.kinds)))
            raise DataError(
                f"{where}: the step 'reject' has a limit for '{absent[0]}', but the sensors that "
                f"are read are of the kind {there}.",
                "Correct `preprocess` (CTF's axial gradiometers are 'mag' in MNE), or `sensors`.",
            )
