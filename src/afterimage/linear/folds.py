"""Folds of cross-validation: whole groups of rows, left out together."""

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.seeds import rng

# Row numbers of the folds of one size, shape (folds, size): equal ones are solved together.
Layout = tuple[np.ndarray, ...]


def group_folds(groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Deal groups to folds of about equally many rows.

    Large groups are dealt first, each to the fold with the fewest rows; equal ones in random order.

    Parameters
    ----------
    groups : ndarray, shape (n,)
        What stays together: the stimulus, session or run of each row.
    count : int
        Number of folds.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        The fold of each row, from 0.

    Raises
    ------
    ConfigError
        If there are fewer than two folds, or fewer groups than folds.
    """
    _, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if not 2 <= count <= len(sizes):
        raise ConfigError(
            f"folds: expected 2 to {len(sizes)}, the number of groups. Found: {count}.",
            "Ask for fewer folds, or group by something finer.",
        )
    drawn = rng(seed, "linear", "folds").permutation(len(sizes))
    fold_of, filled = np.empty(len(sizes), dtype=np.int64), np.zeros(count, dtype=np.int64)
    for group in drawn[np.argsort(-sizes[drawn], kind="stable")]:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of[members.ravel()]


def leave_one_out(groups: np.ndarray) -> np.ndarray:
    """Make each group a fold of its own."""
    return np.unique(groups, return_inverse=True)[1].ravel()


def check_folds(folds: np.ndarray, groups: np.ndarray | None, n: int) -> None:
    """Refuse folds that tear a group apart, or that are not folds.

    Raises
    ------
    DataError
        Naming the first torn group and its folds, or the numbers.
    """
    if folds.shape != (n,) or len(np.unique(folds)) < 2:
        raise DataError(
            f"folds: expected the fold of each of {n} rows, of at least two folds. Found: "
            f"{folds.shape[0] if folds.ndim else 0} entries, {len(np.unique(folds))} folds.",
            "Give one number per row, or a number of folds.",
        )
    if groups is None:
        return
    order = np.lexsort((folds, groups))
    torn = (groups[order][1:] == groups[order][:-1]) & (folds[order][1:] != folds[order][:-1])
    if torn.any():
        name = groups[order][1:][torn][0]
        raise DataError(
            f"folds: group '{name}' has rows in folds "
            f"{', '.join(map(str, np.unique(folds[groups == name])))}.",
            "Keep the rows of a group in one fold: they are not independent.",
        )


def layout_of(folds: np.ndarray) -> Layout:
    """Return the rows of each fold, folds of one size together."""
    _, index, counts = np.unique(folds, return_inverse=True, return_counts=True)
    order = np.argsort(index.ravel(), kind="stable")
    starts = np.cumsum(counts) - counts
    return tuple(
        order[starts[counts == size][:, None] + np.arange(size)] for size in np.unique(counts)
    )
