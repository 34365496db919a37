"""Who competes with whom: the galleries of an identification."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gallery:
    """Predictions and the pictures that are candidates for each of them.

    Attributes
    ----------
    rows : ndarray of int, shape (b,)
        Rows of the predictions.
    pictures : ndarray of int, shape (m,)
        One row of the actual values per distinct stimulus: a stimulus that was predicted several
        times is one candidate.
    truth : ndarray of int, shape (b,)
        Column of each prediction's own picture, an index into ``pictures``.
    """

    rows: np.ndarray
    pictures: np.ndarray
    truth: np.ndarray


def galleries(
    stimulus_ids: np.ndarray,
    pools: np.ndarray | None = None,
    largest: int | None = None,
    smallest: int = 2,
) -> list[Gallery]:
    """Divide items into galleries.

    Parameters
    ----------
    stimulus_ids : array of labels, shape (n,)
    pools : array of labels, shape (n,), optional
        Only items of one pool compete: a category, or a fold that has a feature space of its own.
    largest : int, optional
        Deal the stimuli of a larger pool out into galleries of about this size.
    smallest : int
        Leave out pools of fewer stimuli: an item without a wrong candidate cannot be identified.

    Returns
    -------
    list of Gallery
        In sorted order of the pools. Items whose pool is missing (None or NaN) are left out.
    """
    ids = np.asarray(stimulus_ids)
    result = []
    for members in _pools(len(ids), pools):
        for rows in _deal(ids, members, largest):
            _, first, truth = np.unique(ids[rows], return_index=True, return_inverse=True)
            if len(first) >= smallest:
                result.append(Gallery(rows, rows[first], truth))
    return result


def _pools(n: int, pools: np.ndarray | None) -> Iterator[np.ndarray]:
    if pools is None:
        yield np.arange(n)
        return
    # A missing label is the one value that differs from itself, or None.
    labels = np.array(
        ["" if label is None or label != label else f"={label}" for label in np.asarray(pools)],
        dtype=object,
    )
    for label in sorted(set(labels) - {""}):
        yield np.flatnonzero(labels == label)


def _deal(ids: np.ndarray, members: np.ndarray, largest: int | None) -> Iterator[np.ndarray]:
    """Deal the stimuli round robin in the order of their ids, two at least to each part."""
    stimuli, code = np.unique(ids[members], return_inverse=True)
    parts = 1
    if largest is not None:
        parts = max(1, min(-(-len(stimuli) // largest), len(stimuli) // 2))
    for part in range(parts):
        yield members[code % parts == part]
