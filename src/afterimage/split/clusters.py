"""Clusters of stimuli that an extractor describes alike, so that whole clusters are held out."""

from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.clusters import CLUSTERS
from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import derive_seed

STARTS = 4
COLUMNS = 256


def cluster_stimuli(features: ArrayFile, settings: dict[str, Any], seed: int) -> pd.DataFrame:
    """Cluster every stimulus of a data set by its features; no brain data are looked at.

    Parameters
    ----------
    features : ArrayFile
        Key ``stimulus_id``; dimensions of a stimulus beyond the first are flattened.
    settings : dict
        The validated section ``split.clusters``.
    seed : int
        The experiment's.

    Returns
    -------
    DataFrame
        In the columns of ``CLUSTERS``.

    Raises
    ------
    DataError
        If a feature is not finite, or fewer stimuli differ than there should be clusters.
    """
    values = features.read().reshape(len(features), -1)
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        names = features.keys["stimulus_id"][~finite].head(5).tolist()
        raise DataError(
            f"{features.path}: {int((~finite).sum())} stimuli have features that are not finite, "
            f"such as {names}.",
            "They cannot be clustered: choose another extractor in split.clusters.",
        )
    count = settings["count"]
    labels, distances = k_means(standardise(values), min(count, len(values)), seed)
    distinct = len(np.unique(labels))
    if distinct < count:
        raise DataError(
            f"split.clusters.count: expected at most {distinct}: no more stimuli differ in "
            f"'{settings['extractor']}'. Found: {count}.",
            "Ask for fewer clusters, or choose another extractor.",
        )
    return pd.DataFrame(
        {
            "stimulus_id": features.keys["stimulus_id"],
            "cluster": labels.astype("int32"),
            "distance": distances,
        }
    )[CLUSTERS.names]


def standardise(values: np.ndarray) -> np.ndarray:
    """Give each feature mean 0 and standard deviation 1 over the stimuli; a constant one is 0.

    Features of one extractor can differ in scale by orders of magnitude, and k-means would see
    the largest alone.
    """
    result = np.empty_like(values)
    for start in range(0, values.shape[1], COLUMNS):
        block = values[:, start : start + COLUMNS].astype(np.float64)
        # The mean of equal numbers can miss them by a rounding, which a division would inflate.
        varies = np.ptp(block, axis=0) > 0
        block -= block.mean(axis=0)
        spread = np.where(varies, block.std(axis=0), np.inf)
        result[:, start : start + COLUMNS] = block / spread
    return result


def k_means(values: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the sum of squared distances to the centres of clusters.

    Parameters
    ----------
    values : ndarray, shape (n_stimuli, n_features)
    count : int
        Number of clusters.
    seed : int

    Returns
    -------
    labels : ndarray of int, shape (n_stimuli,)
    distances : ndarray of float64, shape (n_stimuli,)
        To the stimulus's own centre.

    References
    ----------
    Lloyd (1982), started by k-means++ (Arthur & Vassilvitskii, 2007), the best of ``STARTS``.
    """
    from sklearn.cluster import KMeans

    # scikit-learn takes seeds of 32 bits.
    state = derive_seed(seed, "split", "clusters") % 2**32
    model = KMeans(count, n_init=STARTS, random_state=state).fit(values)
    distances = np.empty(len(values))
    for cluster, centre in enumerate(model.cluster_centers_):
        own = model.labels_ == cluster
        distances[own] = np.linalg.norm(values[own].astype(np.float64) - centre, axis=1)
    return model.labels_, distances
