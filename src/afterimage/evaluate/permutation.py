"""Permutation of the test pairing: how often a pairing by chance does as well.

A score table holds what every prediction would score against every picture. Another pairing
of predictions and pictures only reads other entries of it, so no draw recomputes a similarity.
"""

import numpy as np

ROUNDING = 1e-9
CHUNK_ELEMENTS = 1 << 22


def random_pairings(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return random permutations of n stimuli.

    Returns
    -------
    ndarray of int32, shape (draws, n)
    """
    ordered = np.broadcast_to(np.arange(n, dtype=np.int32), (draws, n))
    return rng.permuted(ordered, axis=1)


def picked_sums(table: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sum the entries that each draw picks, one per row.

    Parameters
    ----------
    table : ndarray, shape (n, m)
    columns : ndarray of int, shape (draws, n)

    Returns
    -------
    ndarray, shape (draws,)
        ``sum_i table[i, columns[d, i]]``
    """
    rows = np.arange(len(table))
    step = max(1, CHUNK_ELEMENTS // max(1, len(table)))
    return np.concatenate(
        [table[rows, columns[low : low + step]].sum(axis=1) for low in range(0, len(columns), step)]
        or [np.zeros(0)]
    )


def permutation_p_value(observed: float, null: np.ndarray) -> float:
    """Return (1 + #{null >= observed}) / (1 + draws), one-sided.

    The observed pairing is one of the possible ones, hence the ones. Differences in the last
    bits, from another order of summation, count as equal.

    Parameters
    ----------
    observed : float
    null : ndarray, shape (draws,)

    Returns
    -------
    float
        NaN if the score is undefined or nothing was drawn.

    References
    ----------
    Phipson & Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    if len(null) == 0 or np.isnan(observed):
        return float("nan")
    as_good = null >= observed - ROUNDING * max(1.0, abs(observed))
    return float((1 + np.count_nonzero(as_good)) / (1 + len(null)))
