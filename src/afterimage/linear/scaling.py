"""Centre and gain of input columns, over some rows."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.linear.matrix import Matrix, row_blocks

# Of the mean: a column that varies less holds one value.
CONSTANT = 1e-6


@dataclass(frozen=True)
class Scaling:
    """What is subtracted from each input column, and what it is then multiplied by.

    Attributes
    ----------
    mean, gain : ndarray of float64, shape (p,)
        The gain is 0 for columns that do not vary: they have no part in the fit.
    """

    mean: np.ndarray
    gain: np.ndarray

    def apply(self, values: np.ndarray, columns: slice = slice(None)) -> np.ndarray:
        """Return (values - mean) * gain of some columns, in the precision of the values."""
        mean, gain = (one[columns].astype(values.dtype) for one in (self.mean, self.gain))
        return (values - mean) * gain


def fit_scaling(
    inputs: Matrix, *, intercept: bool, standardise: bool, left_out: np.ndarray | None = None
) -> Scaling:
    """Measure columns in two passes, in float64.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    intercept : bool
        Whether the mean is subtracted; without it nothing is.
    standardise : bool
        Whether columns are divided by their standard deviation (n in the denominator).
    left_out : ndarray of int, optional
        Rows that are not looked at.

    Raises
    ------
    DataError
        If a column is not finite.
    """
    n, p = inputs.shape
    used = np.ones(n, dtype=bool)
    if left_out is not None:
        used[left_out] = False
    total = np.zeros(p)
    for rows in row_blocks(inputs):
        total += inputs[rows, slice(0, p)][used[rows]].sum(axis=0, dtype=np.float64)
    mean = total / used.sum()
    _check_finite(mean)
    square = np.zeros(p)
    for rows in row_blocks(inputs):
        square += np.square(inputs[rows, slice(0, p)][used[rows]] - mean).sum(axis=0)
    sd = np.sqrt(square / used.sum())
    varies = sd > CONSTANT * np.abs(mean)
    if standardise:
        gain = np.where(varies, 1 / np.where(varies, sd, 1), 0.0)
    else:
        gain = np.where(varies | (not intercept), 1.0, 0.0)
    return Scaling(mean if intercept else np.zeros(p), gain)


def _check_finite(mean: np.ndarray) -> None:
    """Refuse columns that are not finite; their means are not."""
    wrong = np.flatnonzero(~np.isfinite(mean))
    if len(wrong):
        raise DataError(
            f"ridge: {len(wrong)} of {len(mean)} input columns hold NaN or infinite values, the "
            f"first is column {wrong[0]}.",
            "Exclude those columns or rows: nothing is filled in.",
        )
