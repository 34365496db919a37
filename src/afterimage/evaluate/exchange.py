"""Which items may exchange their labels when a permutation asks what chance would do."""

from collections import defaultdict

import numpy as np

ONE_CATEGORY = "one category"


def exchangeable(
    stimulus_ids: np.ndarray, folds: np.ndarray | None, labels: np.ndarray
) -> np.ndarray | None:
    """Return the pool of each item: only stimuli of one pool exchange their labels.

    Stimuli that were held out in the same fold (or folds) are a pool. Folds differ in their share
    of each category, and a decoder without information leans to what is frequent in the other
    folds, hence rare in this one: labels that crossed folds would not undergo the same. Where all
    stimuli of a pool are of one category, as in leave-one-stimulus-out, an exchange within it
    changes nothing; such pools are joined and exchange among themselves.

    Parameters
    ----------
    stimulus_ids, folds, labels : array, shape (n,)
        Of each item. No folds are one fold.

    Returns
    -------
    ndarray of str, shape (n,), or None
        None without folds: all items are one pool.
    """
    if folds is None:
        return None
    held_out, categories = defaultdict(set), defaultdict(set)
    ids = np.asarray(stimulus_ids).tolist()
    for stimulus, fold in zip(ids, np.asarray(folds).tolist(), strict=True):
        held_out[stimulus].add(fold)
    pools = ["+".join(map(str, sorted(held_out[stimulus]))) for stimulus in ids]
    for pool, label in zip(pools, np.asarray(labels).tolist(), strict=True):
        categories[pool].add(label)
    joined = [pool if len(categories[pool]) > 1 else ONE_CATEGORY for pool in pools]
    return np.array(joined, dtype=object)
