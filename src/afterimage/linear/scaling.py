"""Centre and gain of input columns, over some rows."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.linear.matrix import Matrix, row_blocks

# A column that varies less than this many roundings of its mean holds one value.
ROUNDINGS = 16


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
        scaled: np.ndarray = values - mean
        scaled *= gain
        return scaled


@dataclass(frozen=True)
class Moments:
    """Counts, sums and squared deviations of the columns over some rows.

    Attributes
    ----------
    centre : ndarray of float64, shape (p,)
        What deviations are from: the mean over all rows.
    rounding : float
        Relative precision of the inputs: 1.2e-7 in float32, 2.2e-16 in float64.
    counts : ndarray of int, shape (k,)
    sums, squares : ndarray of float64, shape (k, p)
        Of the deviations within each fold.
    """

    centre: np.ndarray
    rounding: float
    counts: np.ndarray
    sums: np.ndarray
    squares: np.ndarray

    def scaling(self, *, intercept: bool, standardise: bool, without: int | None = None) -> Scaling:
        """Return the scaling by all rows, or by those of all folds but one.

        Parameters
        ----------
        intercept : bool
            Whether the mean is subtracted; without it nothing is.
        standardise : bool
            Whether columns are divided by their standard deviation (n in the denominator).
        without : int, optional
            Place of the fold that is not looked at.
        """
        count, total, square = self.counts.sum(), self.sums.sum(axis=0), self.squares.sum(axis=0)
        if without is not None:
            count = count - self.counts[without]
            total, square = total - self.sums[without], square - self.squares[without]
        shift = total / count
        mean = self.centre + shift
        sd = np.sqrt(np.maximum(square / count - shift**2, 0.0))
        varies = sd > ROUNDINGS * self.rounding * np.abs(mean)
        if standardise:
            gain = np.where(varies, 1 / np.where(varies, sd, 1), 0.0)
        else:
            gain = np.where(varies | (not intercept), 1.0, 0.0)
        return Scaling(mean if intercept else np.zeros(len(mean)), gain)


def measure(inputs: Matrix, folds: np.ndarray | None = None) -> Moments:
    """Measure columns in two passes, in float64, fold by fold.

    Parameters
    ----------
    inputs : Matrix, shape (n, p)
    folds : ndarray of int, shape (n,), optional
        By default all rows are one fold.

    Raises
    ------
    DataError
        If a column is not finite.
    """
    n, p = inputs.shape
    total, rounding = np.zeros(p), float(np.finfo(np.float64).eps)
    for rows in row_blocks(inputs):
        block = np.asarray(inputs[rows, slice(0, p)])
        total += block.sum(axis=0, dtype=np.float64)
        if block.dtype.kind == "f":
            rounding = max(rounding, float(np.finfo(block.dtype).eps))
    centre = total / n
    _check_finite(centre)
    own = np.zeros(n, dtype=int) if folds is None else np.unique(folds, return_inverse=True)[1]
    counts = np.bincount(own.ravel())
    sums, squares = np.zeros((2, len(counts), p))
    for rows in row_blocks(inputs):
        deviations = inputs[rows, slice(0, p)] - centre
        for fold in np.unique(own[rows]):
            some = deviations[own[rows] == fold]
            sums[fold] += some.sum(axis=0)
            squares[fold] += np.einsum("ij,ij->j", some, some)
    return Moments(centre, rounding, counts, sums, squares)


def _check_finite(mean: np.ndarray) -> None:
    """Refuse columns that are not finite; their means are not."""
    wrong = np.flatnonzero(~np.isfinite(mean))
    if len(wrong):
        raise DataError(
            f"ridge: {len(wrong)} of {len(mean)} input columns hold NaN or infinite values, the "
            f"first is column {wrong[0]}.",
            "Exclude those columns or rows: nothing is filled in.",
        )
