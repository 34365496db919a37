"""Bootstrap over stimuli: the spread of a score over other choices of test pictures."""

from collections.abc import Iterator

import numpy as np

CHUNK_ELEMENTS = 1 << 22


def stimulus_counts(
    n_stimuli: int, rng: np.random.Generator, draws: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield how often each bootstrap sample contains each stimulus, a chunk of draws at a time.

    Parameters
    ----------
    n_stimuli : int
    rng : numpy.random.Generator
    draws : int

    Yields
    ------
    slice, ndarray of float64, shape (chunk, n_stimuli)
        Each row sums to ``n_stimuli``.
    """
    step = max(1, CHUNK_ELEMENTS // max(1, n_stimuli))
    for low in range(0, draws, step):
        size = min(step, draws - low)
        drawn = rng.integers(n_stimuli, size=(size, n_stimuli))
        drawn += np.arange(size)[:, None] * n_stimuli
        counts = np.bincount(drawn.ravel(), minlength=size * n_stimuli)
        yield slice(low, low + size), counts.reshape(size, n_stimuli).astype(np.float64)


def resampled_means(
    values: np.ndarray, stimulus_ids: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Return the mean over items of bootstrap samples of stimuli.

    Parameters
    ----------
    values : ndarray, shape (n,)
    stimulus_ids : array of labels, shape (n,)
        Items of one stimulus enter a sample together.
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    ndarray, shape (draws,)
        NaN with fewer than two stimuli: one stimulus says nothing about others.
    """
    stimuli, code = np.unique(np.asarray(stimulus_ids), return_inverse=True)
    result = np.full(draws, np.nan)
    if len(stimuli) < 2:
        return result
    sums = np.bincount(code, weights=values)
    sizes = np.bincount(code).astype(np.float64)
    for part, counts in stimulus_counts(len(stimuli), rng, draws):
        result[part] = (counts @ sums) / (counts @ sizes)
    return result


def percentile_interval(draws: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of bootstrap draws, NaN if nothing was drawn.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    known = draws[~np.isnan(draws)]
    if len(known) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
