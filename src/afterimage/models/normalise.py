"""Normalisation of responses, fitted on training rows only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError

Mode = Literal["none", "train", "session_train"]
BLOCK_ROWS = 512
# A channel whose standard deviation is below this share of its mean holds one float32 value.
CONSTANT = 1e-6


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, of all training rows or of each session.

    Attributes
    ----------
    mode : str
        "none", "train" or "session_train".
    sessions : ndarray of int64, shape (s,)
        Sorted. One entry, 0, under "train", none under "none".
    mean, sd : ndarray of float64, shape (s, v)
        In the unit of the responses. A channel that does not vary in the training rows has sd 0
        and is 0 after normalisation, so no model can use it.
    """

    mode: Mode
    sessions: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    def apply(self, values: np.ndarray, sessions: np.ndarray) -> np.ndarray:
        """Return (values - mean) / sd as float32.

        Parameters
        ----------
        values : ndarray, shape (n, v)
        sessions : ndarray of int, shape (n,)
            The session of each row.

        Raises
        ------
        DataError
            Naming the sessions without training rows.
        """
        if self.mode == "none":
            return np.asarray(values, dtype=np.float32)
        index = self._index_of(np.asarray(sessions))
        result = np.empty(values.shape, dtype=np.float32)
        for row in np.unique(index):
            here = index == row
            varies = self.sd[row] > 0
            gain = np.where(varies, 1.0 / np.where(varies, self.sd[row], 1.0), 0.0)
            result[here] = (values[here] - self.mean[row]) * gain
        return result

    def _index_of(self, sessions: np.ndarray) -> np.ndarray:
        if self.mode == "train":
            return np.zeros(len(sessions), dtype=np.int64)
        absent = np.setdiff1d(sessions, self.sessions)
        if len(absent):
            raise DataError(
                f"normalisation 'session_train': no training trial in session(s) "
                f"{absent.tolist()}, so their mean and deviation are unknown.",
                "Choose a split with training trials in every session, or normalise: train.",
            )
        return np.searchsorted(self.sessions, sessions)

    def response_sd(self) -> np.ndarray | None:
        """Return the deviation that one unit stands for (v,), a mean over sessions; or None.

        Weights for normalised inputs, divided by it, are weights for responses in their own
        unit: what a comparison with the truth of a simulation needs.
        """
        return None if self.mode == "none" else self.sd.mean(axis=0)

    def constant_channels(self) -> int:
        """Return how many channels do not vary in the training rows of some session."""
        return int((self.sd == 0).any(axis=0).sum()) if len(self.sd) else 0

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted."""
        return {"sessions": self.sessions, "mean": self.mean, "sd": self.sd}

    @classmethod
    def restore(cls, mode: Mode, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild a normalisation from its state."""
        return cls(mode, tensors["sessions"], tensors["mean"], tensors["sd"])


def fit_normalisation(
    mode: Mode, read: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, sessions: np.ndarray
) -> Normalisation:
    """Fit a normalisation on training rows, read in blocks.

    Parameters
    ----------
    mode : str
        "none", "train" (over all training rows) or "session_train" (within each session).
    read : callable
        Returns the responses (k, v) of k row numbers.
    rows : ndarray of int, shape (n,)
        The training rows.
    sessions : ndarray of int, shape (n,)

    Raises
    ------
    ConfigError
        If there is no such mode.
    DataError
        If a session has a single training row: its deviation is unknown.
    """
    if mode not in get_args(Mode):
        raise ConfigError(
            f"normalise: expected one of {list(get_args(Mode))}, found '{mode}'.",
            "Correct the model's entry.",
        )
    if mode == "none":
        return Normalisation(mode, *(np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros((0, 0))))
    labels = np.asarray(sessions) if mode == "session_train" else np.zeros(len(rows), np.int64)
    names, counts = np.unique(labels, return_counts=True)
    if (counts < 2).any():
        raise DataError(
            f"normalisation '{mode}': a single training trial in session(s) "
            f"{names[counts < 2].tolist()}, so the deviation is unknown.",
            "Choose a split with several training trials in every session, or normalise: none.",
        )
    moments = [_moments(read, rows[labels == name]) for name in names]
    mean, sd = (np.stack(parts) for parts in zip(*moments, strict=True))
    return Normalisation(mode, names.astype(np.int64), mean, sd)


def _moments(
    read: Callable[[np.ndarray], np.ndarray], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (n in the denominator) of rows, in two passes."""
    blocks = [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]
    mean = sum(read(block).sum(axis=0, dtype=np.float64) for block in blocks) / len(rows)
    square = sum(np.square(read(block) - mean).sum(axis=0) for block in blocks) / len(rows)
    sd = np.sqrt(square)
    return mean, np.where(sd > CONSTANT * np.abs(mean), sd, 0.0)
