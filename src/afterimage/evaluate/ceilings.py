"""Noise ceilings from repetitions, as in the NSD data manual.

A response is signal plus independent noise. Repetitions of a picture tell the noise; what
remains of the total variance is signal; and the ceiling is the share of signal in an average.
"""

from typing import Self

import numpy as np

from afterimage.contracts.errors import DataError


class CeilingMoments:
    """Sums that noise ceilings need, collected block by block.

    Memory: one float64 per voxel and distinct stimulus.

    References
    ----------
    Allen et al. (2022), Nature Neuroscience 25:116, and the NSD data manual, "Noise ceiling".
    """

    def __init__(self) -> None:
        self._index: dict[object, int] = {}
        self._sums: np.ndarray | None = None
        self._counts = np.zeros(0, dtype=np.int64)
        self._squares: np.ndarray | None = None

    def add(self, responses: np.ndarray, stimulus_ids: np.ndarray) -> Self:
        """Add trials.

        Parameters
        ----------
        responses : ndarray, shape (n, v)
            Standardised within each session (see :func:`standardised`).
        stimulus_ids : array of labels, shape (n,)
        """
        block = np.asarray(responses, dtype=np.float64)
        names, code = np.unique(np.asarray(stimulus_ids), return_inverse=True)
        rows = np.array([self._index.setdefault(name, len(self._index)) for name in names.tolist()])
        if self._sums is None or self._squares is None:
            self._sums = np.zeros((0, block.shape[1]))
            self._squares = np.zeros(block.shape[1])
        new = len(self._index) - len(self._sums)
        self._sums = np.pad(self._sums, ((0, new), (0, 0)))
        self._counts = np.pad(self._counts, (0, new))
        np.add.at(self._sums, rows[code], block)
        np.add.at(self._counts, rows[code], 1)
        self._squares += (block * block).sum(axis=0)
        return self

    @property
    def repetitions(self) -> np.ndarray:
        """Number of trials of each distinct stimulus."""
        return self._counts

    def ncsnr(self) -> np.ndarray:
        """Return the noise-ceiling signal-to-noise ratio of each voxel, shape (v,).

        ncsnr = sqrt(max(0, total - noise)) / sqrt(noise), with noise the variance within
        stimuli, pooled over those that were repeated, and total the variance of all trials
        (one, if whole sessions are standardised and given). NaN for a constant voxel.

        Raises
        ------
        DataError
            If no stimulus was repeated.
        """
        degrees = int((self._counts - 1).clip(0).sum())
        if degrees == 0 or self._sums is None or self._squares is None:
            raise DataError(
                "noise ceilings need repeated stimuli; every stimulus was shown once.",
                "Remove the noise ceiling from the configuration, or include repetitions.",
            )
        counts = self._counts[:, None]
        within = self._squares - (self._sums**2 / counts).sum(axis=0)
        noise = within / degrees
        n_trials = self._counts.sum()
        total = self._squares / n_trials - (self._sums.sum(axis=0) / n_trials) ** 2
        noise = np.where(noise > 1e-12 * total, noise, np.nan)
        return np.sqrt(np.clip(total - noise, 0, None) / noise)


def nc_percent(ncsnr: np.ndarray, repetitions: np.ndarray) -> np.ndarray:
    """Return the noise ceiling, in percent of variance, of averages over repetitions.

    NC = 100 ncsnr^2 / (ncsnr^2 + mean(1 / n_i)). With A, B and C stimuli of three, two and one
    repetitions the mean is (A/3 + B/2 + C) / (A + B + C).

    Parameters
    ----------
    ncsnr : ndarray, shape (v,)
    repetitions : ndarray of int, shape (n_stimuli,)
        How many trials were averaged for each stimulus.
    """
    noise_share = np.mean(1 / np.asarray(repetitions, dtype=np.float64))
    return 100 * ncsnr**2 / (ncsnr**2 + noise_share)


def ceiling_correlation(percent: np.ndarray) -> np.ndarray:
    """Return the best correlation with noisy averages, sqrt(NC / 100), shape (v,)."""
    return np.sqrt(percent / 100)


def standardised(session: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Subtract each voxel's mean over a session and divide by its standard deviation.

    Parameters
    ----------
    session : ndarray, shape (n, v)
        All responses of one session.
    rows : ndarray of bool, shape (n,)
        Which of them are wanted.

    Returns
    -------
    ndarray of float64, shape (rows.sum(), v)
        A voxel that is constant in the session is zero.
    """
    mean, sd = session.mean(axis=0, dtype=np.float64), session.std(axis=0, dtype=np.float64)
    constant = sd <= 1e-12 * np.maximum(session.max(axis=0), -session.min(axis=0))
    return np.where(constant, 0.0, (session[rows] - mean) / np.where(constant, 1.0, sd))
