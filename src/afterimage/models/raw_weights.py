"""Weights of a linear decoder for responses in their own unit: what the truth is compared with."""

from collections.abc import Mapping

import numpy as np

from afterimage.contracts.errors import ConfigError
from afterimage.contracts.modelfiles import part
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
        Under "session_train" the mean deviation over sessions stands for all.
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


def linear_weights(
    tensors: Mapping[str, np.ndarray], fold: int, mode: str, n_channels: int
) -> np.ndarray:
    """Return the weights of a fitted linear decoder in response units.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        Of a model file.
    fold : int
    mode : str
        The normalisation of the model's card: ``card["responses"]["normalise"]``.
    n_channels : int

    Returns
    -------
    ndarray of float64, shape (n_channels, q)

    Raises
    ------
    ConfigError
        If the model has no weights, so is not linear.
    """
    model = part(tensors, f"fold{fold}/model")
    if "weights" not in model:
        raise ConfigError(
            "learning_curve.model: the model has no linear weights.",
            "Choose a linear decoder such as ridge.",
        )
    normalisation = Normalisation.restore(mode, part(tensors, f"fold{fold}/normalisation"))  # type: ignore[arg-type]
    return in_response_units(model["weights"], normalisation, tensors["channels"], n_channels)
