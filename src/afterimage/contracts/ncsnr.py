"""The table of noise-ceiling signal-to-noise ratios: what repetitions say about each channel."""

import numpy as np

from afterimage.contracts.tables import Column, TableSchema

NCSNR = TableSchema(
    "ncsnr",
    (
        Column("step", "int32", "", "0-based index into the dimensions before the channels"),
        Column("channel", "int32", "", "0-based index into the last dimension of the responses"),
        Column("mean", "float64", "see responses", "over all trials", nullable=True),
        Column("ncsnr", "float64", "", "sd of the signal over sd of the noise of a trial", True),
        Column("released", "float64", "", "the value that the data set's authors released", True),
        Column("x", "float64", "mm", "coordinate of the channel, if known", nullable=True),
        Column("y", "float64", "mm", "coordinate of the channel, if known", nullable=True),
        Column("z", "float64", "mm", "coordinate of the channel, if known", nullable=True),
    ),
    key=("step", "channel"),
)


def nc_percent(ncsnr: np.ndarray, repetitions: np.ndarray) -> np.ndarray:
    """Return the noise ceiling, in percent of variance, of averages over repetitions.

    NC = 100 ncsnr^2 / (ncsnr^2 + mean(1 / n_i)). With A, B and C stimuli of three, two and one
    repetitions the mean is (A/3 + B/2 + C) / (A + B + C).

    Parameters
    ----------
    ncsnr : ndarray, shape (v,)
    repetitions : ndarray of int, shape (n_stimuli,)
        How many trials were averaged for each stimulus.

    References
    ----------
    NSD Data Manual, "Noise ceiling".
    """
    noise_share = np.mean(1 / np.asarray(repetitions, dtype=np.float64))
    return 100 * ncsnr**2 / (ncsnr**2 + noise_share)
