"""Means, deviations and a fingerprint of training rows, read in blocks."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from afterimage.models.training import TrainingData

BLOCK_ROWS = 512


@dataclass(frozen=True)
class Moments:
    """Mean and inverse standard deviation of columns; the inverse is 0 for constant columns."""

    mean: np.ndarray
    gain: np.ndarray

    def standardise(self, values: np.ndarray) -> np.ndarray:
        """Return (values - mean) * gain, float32."""
        return ((values - self.mean) * self.gain).astype(np.float32)

    def restore(self, standardised: np.ndarray) -> np.ndarray:
        """Undo :meth:`standardise`, float32; constant columns return to their mean."""
        varies = self.gain > 0
        sd = np.where(varies, 1.0 / np.where(varies, self.gain, 1.0), 0.0)
        return (standardised * sd + self.mean).astype(np.float32)


def blocks(n: int) -> list[np.ndarray]:
    """Cut row numbers 0 .. n - 1 into blocks."""
    return [np.arange(low, min(low + BLOCK_ROWS, n)) for low in range(0, n, BLOCK_ROWS)]


def column_moments(read: Callable[[np.ndarray], np.ndarray], n: int) -> Moments:
    """Return the moments of n rows in two passes, in float64."""
    parts = blocks(n)
    mean = np.asarray(sum(read(rows).sum(axis=0, dtype=np.float64) for rows in parts)) / n
    square = np.asarray(sum(np.square(read(rows) - mean).sum(axis=0) for rows in parts)) / n
    sd = np.sqrt(square)
    varies = sd > 1e-6 * np.abs(mean)
    return Moments(mean, np.where(varies, 1.0 / np.where(varies, sd, 1.0), 0.0))


def with_common_scale(moments: Moments) -> Moments:
    """Return the same means with one scale for all columns, 1 / root mean variance."""
    varies = moments.gain > 0
    if not varies.any():
        return moments
    variance = np.where(varies, 1.0 / np.square(np.where(varies, moments.gain, 1.0)), 0.0)
    return Moments(moments.mean, np.full_like(moments.gain, 1.0 / np.sqrt(variance.mean())))


def fingerprint(data: TrainingData, *settings: str) -> np.ndarray:
    """Return a SHA-256 (32 bytes, uint8) of all rows, their groups and some settings.

    It tells whether a checkpoint belongs to this very fit.
    """
    digest = hashlib.sha256("\x1f".join(settings).encode())
    side: TrainingData | None = data
    while side is not None:
        digest.update("\x1f".join(str(group) for group in side.groups).encode())
        for rows in blocks(side.n):
            digest.update(side.read_x(rows).tobytes())
            digest.update(side.read_y(rows).tobytes())
        side = side.validation
    return np.frombuffer(digest.digest(), dtype=np.uint8).copy()
