"""Targets as they are read: those that are not finite, or do not vary, are set aside."""

from typing import NamedTuple

import numpy as np

from afterimage.linear.matrix import Matrix, whole


class Read(NamedTuple):
    """Some targets in memory.

    Attributes
    ----------
    values : ndarray, shape (n, k)
        A copy; zero where a target is undefined.
    undefined : ndarray of bool, shape (k,)
        Targets with values that are not finite.
    constant : ndarray of bool, shape (k,)
        Targets that do not vary, undefined ones too.
    """

    values: np.ndarray
    undefined: np.ndarray
    constant: np.ndarray


def finite(targets: Matrix, part: slice, dtype: str) -> Read:
    """Read some targets.

    Parameters
    ----------
    targets : Matrix, shape (n, q)
    part : slice
        Of the targets.
    dtype : str
    """
    values = whole(targets, part)
    # They are written into: what is a view of something else has to be copied first.
    values = np.array(values, dtype=dtype, copy=None if values.base is None else True)
    # Infinite and missing values have no finite spread.
    spread = np.ptp(values, axis=0)
    undefined = ~np.isfinite(spread)
    if undefined.any():
        values[:, undefined] = 0
    return Read(values, undefined, undefined | (spread == 0))
