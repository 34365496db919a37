"""The area under the ROC curve, from how many items each item outdoes."""

import numpy as np


def wins(evidence: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Count the items that each item outdoes; ties and undefined comparisons count one half.

    An item ties with itself.

    Parameters
    ----------
    evidence : ndarray, shape (n,)
        For one category; NaN where undefined.
    counts : ndarray, shape (draws, n)
        How often each item is there.

    Returns
    -------
    ndarray, shape (draws, n)
    """
    evidence = np.asarray(evidence, dtype=np.float64)
    undefined = np.isnan(evidence)
    order = np.argsort(evidence, kind="stable")  # the undefined ones come last
    ordered = evidence[order[: len(order) - undefined.sum()]]
    below = np.pad(np.cumsum(counts[:, order], axis=1), ((0, 0), (1, 0)))
    first = np.where(undefined, 0, np.searchsorted(ordered, evidence, "left"))
    last = np.where(undefined, len(ordered), np.searchsorted(ordered, evidence, "right"))
    unknown = below[:, -1:] - below[:, [len(ordered)]]
    return (below[:, first] + below[:, last] + unknown) / 2


def macro_area(sums: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the mean over categories of the area under the curve, each against all others.

    Area of a category of m items among n: (sum of its items' wins - m^2 / 2) / (m (n - m)). What
    its items win among themselves is m^2 / 2, whatever the evidence.

    Parameters
    ----------
    sums, sizes : ndarray, shape (draws, categories)
        Sum of the wins of each category's items, for the evidence of that category; their number.

    Returns
    -------
    ndarray, shape (draws,)
        Over the categories with items on both sides; NaN where there is none.

    References
    ----------
    Hanley & McNeil (1982), Radiology 143:29-36.
    """
    pairs = sizes * (sizes.sum(axis=1, keepdims=True) - sizes)
    present = pairs > 0
    areas = np.where(present, (sums - sizes**2 / 2) / np.where(present, pairs, 1), 0.0)
    number = present.sum(axis=1)
    return np.where(number > 0, areas.sum(axis=1) / np.maximum(number, 1), np.nan)
