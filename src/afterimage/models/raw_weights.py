"""Weights of a linear decoder for responses in their own unit: what the truth is compared with."""

import numpy as np

from afterimage.models.normalise import Normalisation


def in_response_units(
    weights: np.ndarray, normalisation: Normalisation, channels: np.ndarray, n_channels: int
) -> np.ndarray:
    """Divide weights by the responses' deviations, and put them at their channels.

    Parameters
    ----------
    weights : ndarray, shape (used channels, q)
        For normalised responses.
    normalisation : Normalisation
        Of sessions or runs, the mean deviation stands for all.
    channels : ndarray of int
        Indices of the used channels.
    n_channels : int
        Of the recording; unused ones get weight 0.

    Returns
    -------
    ndarray of float64, shape (n_channels, q)
    """
    sd = normalisation.response_sd()
    raw = np.zeros((n_channels, weights.shape[1]))
    if sd is None:
        raw[channels] = weights
        return raw
    varies = sd > 0
    gain = np.where(varies, 1.0 / np.where(varies, sd, 1.0), 0.0)
    raw[channels] = weights * gain[:, None]
    return raw
