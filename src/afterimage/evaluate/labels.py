"""Category accuracy of decoded labels."""

import numpy as np


def accuracy_table(decoded: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return what each decoded label scores if each item's label were the right one.

    Parameters
    ----------
    decoded : ndarray, shape (n, n_classes)
        Evidence for each class, such as a decoded one-hot vector.
    actual : ndarray, shape (m, n_classes)
        One-hot labels.

    Returns
    -------
    ndarray, shape (n, m)
        1 for the right class, 0 for a wrong one; 1 / c where c classes share the maximum and the
        right one is among them; 1 / n_classes where the evidence is undefined.
    """
    decoded = np.asarray(decoded, dtype=np.float64)
    undefined = np.isnan(decoded).any(axis=1)
    best = decoded == np.max(decoded, axis=1, keepdims=True)
    best[undefined] = True
    share = best / best.sum(axis=1, keepdims=True)
    return share[:, np.argmax(actual, axis=1)]


def classes_present(actual: np.ndarray) -> int:
    """Return the number of classes that one-hot labels contain."""
    return len(np.unique(np.argmax(actual, axis=1))) if len(actual) else 0
