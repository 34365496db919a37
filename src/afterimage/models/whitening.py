"""Multivariate noise normalisation: sensors are made to have uncorrelated noise of variance one.

References
----------
Guggenmos, Sterzer & Cichy (2018), Multivariate pattern analysis for MEG, NeuroImage 173: within
each condition, the covariance over time of each epoch, shrunk (Ledoit & Wolf 2004); as the authors
of THINGS-EEG2 use it, but always from training trials only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError

Mode = Literal["none", "train", "session_train"]
BLOCK_ROWS = 128
SMALLEST = 1e-10  # of the largest eigenvalue: what is below is no noise but a lost rank


@dataclass(frozen=True)
class Whitening:
    """The square root of the inverse noise covariance, of all trials or of each session.

    Attributes
    ----------
    sessions : ndarray of int64, shape (g,)
        One entry, 0, if all trials share a matrix.
    matrices : ndarray of float64, shape (g, s, s)
        Symmetric.
    """

    sessions: np.ndarray
    matrices: np.ndarray

    def apply(self, values: np.ndarray, session: np.ndarray) -> np.ndarray:
        """Whiten responses.

        Parameters
        ----------
        values : ndarray, shape (n, t * s)
        session : ndarray of int, shape (n,)
            Of each row; looked at only if sessions differ.

        Returns
        -------
        ndarray of float32, shape (n, t * s)
        """
        sensors = self.matrices.shape[1]
        result = np.empty(values.shape, dtype=np.float32)
        for label in np.unique(self.labels(session)):
            here = self.labels(session) == label
            matrix = self.matrices[self._row(label)]
            steps = values[here].reshape(-1, sensors) @ matrix
            result[here] = steps.reshape(here.sum(), -1)
        return result

    def labels(self, session: np.ndarray) -> np.ndarray:
        """Return which matrix each trial of a session takes."""
        return np.asarray(session) if self.sessions.any() else np.zeros(len(session), np.int64)

    def _row(self, label: int) -> int:
        found = np.flatnonzero(self.sessions == label)
        if not len(found):
            raise DataError(
                f"responses.whiten: no training trial in session {label}, so its noise is unknown.",
                "Choose responses.whiten: train, or a split with training trials in every session.",
            )
        return int(found[0])

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted."""
        return {"sessions": self.sessions, "matrices": self.matrices}

    @classmethod
    def restore(cls, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild it from its state."""
        return cls(tensors["sessions"], tensors["matrices"])


def fit_whitening(
    mode: Mode,
    read: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    session: np.ndarray,
    stimulus: np.ndarray,
    steps: int,
) -> Whitening | None:
    """Estimate the noise of the sensors from training trials.

    Parameters
    ----------
    mode : str
        "none"; "train": one matrix; "session_train": one for each session.
    read : callable
        Returns the responses (k, t * s) of k row numbers.
    rows, session, stimulus : ndarray, shape (n,)
        Of the training trials.
    steps : int
        Time steps t of a response.

    Raises
    ------
    ShapeError
        If responses have no time axis: an epoch's covariance is over time.
    """
    if mode == "none":
        return None
    if steps < 2:
        raise ShapeError(
            "responses.whiten: responses have no time axis, over which noise is measured.",
            "Leave responses.whiten out; responses.normalise scales each channel.",
        )
    label = np.asarray(session) if mode == "session_train" else np.zeros(len(rows), np.int64)
    groups = np.unique(label)
    matrices = [
        _inverse_root(_noise(read, rows[label == group], stimulus[label == group], steps))
        for group in groups
    ]
    return Whitening(groups.astype(np.int64), np.stack(matrices))


def _noise(
    read: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, stimulus: np.ndarray, steps: int
) -> np.ndarray:
    """Average shrunk covariances over the epochs of each stimulus, then over stimuli."""
    _, place, counts = np.unique(stimulus, return_inverse=True, return_counts=True)
    weights = 1 / (counts[place] * len(counts))
    total: np.ndarray | float = 0.0
    for start in range(0, len(rows), BLOCK_ROWS):
        block = read(rows[start : start + BLOCK_ROWS]).astype(np.float64)
        epochs = block.reshape(len(block), steps, -1)
        for weight, epoch in zip(weights[start : start + BLOCK_ROWS], epochs, strict=True):
            total = total + weight * shrunk_covariance(epoch)
    return np.asarray(total)


def shrunk_covariance(epoch: np.ndarray) -> np.ndarray:
    """Return the covariance over time of one epoch, shrunk after each sensor was scaled.

    Parameters
    ----------
    epoch : ndarray, shape (t, s)

    Returns
    -------
    ndarray, shape (s, s)
        Of Ledoit and Wolf, for sensors of unit variance, in the epoch's own scale again.
    """
    from sklearn.covariance import ledoit_wolf

    deviation = epoch.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1.0)
    covariance, _ = ledoit_wolf((epoch - epoch.mean(axis=0)) / scale, assume_centered=True)
    return np.asarray(covariance * scale[:, None] * scale[None])


def _inverse_root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    kept = values > SMALLEST * values[-1]
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T)
