"""Epochs in which a sensor spans too much: blinks, movements, loose electrodes."""

from collections.abc import Sequence

import numpy as np

from afterimage.ingest.meeg.steps import Reject

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
