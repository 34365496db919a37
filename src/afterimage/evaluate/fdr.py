"""The false discovery rate: how much of what is called significant is expected to be chance."""

import numpy as np


def q_values(p_values: np.ndarray) -> np.ndarray:
    """Return the lowest false discovery rate at which each test would be called significant.

    q_(i) = min over j >= i of p_(j) m / j, for p-values in ascending order.

    Parameters
    ----------
    p_values : ndarray, shape (m,)
        NaN where nothing was tested: such entries do not count among the m.

    Returns
    -------
    ndarray, shape (m,)
        At most 1; NaN where nothing was tested.

    References
    ----------
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, equation 1.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    result = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    falling = tested[np.argsort(-p_values[tested], kind="stable")]
    ranks = np.arange(len(tested), 0, -1)
    result[falling] = np.minimum.accumulate(np.minimum(p_values[falling] * len(tested) / ranks, 1))
    return result
