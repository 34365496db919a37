"""Identification: the right picture should be more similar to the prediction than others.

Each function makes a *score table*: entry (i, t) is what prediction i would score if picture t
were the right one. Its diagonal (or the column of the truth) is the observed score, and any
other pairing of predictions and pictures only picks other entries: see ``permutation``.
"""

import numpy as np


def two_way_table(similarity: np.ndarray) -> np.ndarray:
    """Return the share of other candidates that are less similar than each candidate.

    T[i, t] = (#{j != t: S[i, j] < S[i, t]} + #{j != t: tie or undefined} / 2) / (m - 1).

    Parameters
    ----------
    similarity : ndarray, shape (n, m)
        NaN is undefined.

    Returns
    -------
    ndarray, shape (n, m)
        In [0, 1]; NaN throughout if there is only one candidate.
    """
    n_candidates = similarity.shape[1]
    if n_candidates < 2:
        return np.full(similarity.shape, np.nan)
    below, equal, undefined = _compare(similarity)
    ties = equal - 1 + undefined
    score = (below + 0.5 * ties) / (n_candidates - 1)
    return np.where(np.isnan(similarity), 0.5, score)


def top_k_table(similarity: np.ndarray, k: int) -> np.ndarray:
    """Return the probability that each candidate is among the k most similar ones.

    T[i, t] = min(1, max(0, (k - greater) / tied)), the expected hit if candidates that tie with
    t (t itself among them) were put in random order.

    Parameters
    ----------
    similarity : ndarray, shape (n, m)
        Undefined candidates (NaN) tie with all.
    k : int

    Returns
    -------
    ndarray, shape (n, m)
        In [0, 1]; the mean of a row is min(k, m) / m when nothing is undefined.
    """
    n_candidates = similarity.shape[1]
    below, equal, undefined = _compare(similarity)
    greater = n_candidates - undefined - below - equal
    tied = np.maximum(equal + undefined, 1)
    score = np.clip((k - greater) / tied, 0.0, 1.0)
    return np.where(np.isnan(similarity), min(k, n_candidates) / n_candidates, score)


def _compare(similarity: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count for each entry the entries of its row below it and equal to it (itself included).

    The third result is the number of NaN per row, shape (n, 1). Counts at NaN mean nothing.
    """
    n_candidates = similarity.shape[1]
    order = np.argsort(similarity, axis=1)  # NaN is sorted to the end; ties may stand anyhow
    ordered = np.take_along_axis(similarity, order, axis=1)
    position = np.arange(n_candidates)
    starts = np.ones(similarity.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones(similarity.shape, dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, position, 0), axis=1)
    last = np.where(ends, position, n_candidates)[:, ::-1]
    last = np.minimum.accumulate(last, axis=1)[:, ::-1]
    below = np.empty_like(order)
    equal = np.empty_like(order)
    np.put_along_axis(below, order, first, axis=1)
    np.put_along_axis(equal, order, last - first + 1, axis=1)
    return below, equal, np.isnan(similarity).sum(axis=1, keepdims=True)
