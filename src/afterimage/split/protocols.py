"""Split protocols: which trials train and which test in each fold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import rng

# A protocol gets the trials with their column `group`, the settings and the seed. It returns one
# array of roles per fold, each of shape (n_trials,).
Protocol = Callable[[pd.DataFrame, dict[str, Any], int], list[np.ndarray]]


def as_published(shown: pd.DataFrame, settings: dict[str, Any], seed: int) -> list[np.ndarray]:
    """Use the roles that came with the data; one fold."""
    roles = shown["published_role"]
    if roles.isna().any():
        raise DataError(
            f"split: {int(roles.isna().sum())} of {len(roles)} trials have no published role.",
            "The data set has no published split: choose kfold, leave_out or holdout.",
        )
    return [roles.to_numpy(dtype=object)]


def kfold(shown: pd.DataFrame, settings: dict[str, Any], seed: int) -> list[np.ndarray]:
    """Cut the groups, in random order, into folds that are the test set in turn."""
    pool = np.ones(len(shown), dtype=bool)
    if settings["pool"] == "train":
        pool = (shown["published_role"] == "train").to_numpy()
    names = _sorted_groups(shown[pool])
    count = settings["folds"]
    if len(names) < count:
        raise DataError(
            f"split.folds: expected at most the {len(names)} groups ('{settings['group']}') of "
            f"the data. Found: {count}.",
            "Ask for fewer folds, or group by something finer.",
        )
    order = rng(seed, "split", "kfold").permutation(names)
    fold_of = {name: i % count for i, name in enumerate(order)}
    number = shown["group"].map(fold_of).to_numpy()
    return [
        np.where(~pool, "unused", np.where(number == fold, "test", "train")).astype(object)
        for fold in range(count)
    ]


def leave_out(shown: pd.DataFrame, settings: dict[str, Any], seed: int) -> list[np.ndarray]:
    """Make one fold per group, in sorted order, with that group as the test set."""
    names = _sorted_groups(shown)
    if len(names) < 2:
        raise DataError(
            f"split.group: the data have a single {settings['group']} ('{names[0]}').",
            "Leave-one-out needs at least two; choose another group or protocol.",
        )
    return [_test_against_train(shown["group"] == name) for name in names]


def holdout(shown: pd.DataFrame, settings: dict[str, Any], seed: int) -> list[np.ndarray]:
    """Draw a share of the groups as the test set; one fold."""
    names = _sorted_groups(shown)
    drawn = rng(seed, "split", "holdout").permutation(names)
    test = set(drawn[: max(1, round(settings["test"] * len(names)))])
    return [_test_against_train(shown["group"].isin(test))]


PROTOCOLS: dict[str, Protocol] = {
    "published": as_published,
    "kfold": kfold,
    "leave_out": leave_out,
    "holdout": holdout,
}


def _sorted_groups(shown: pd.DataFrame) -> np.ndarray:
    return np.array(sorted(shown["group"].unique()))


def _test_against_train(is_test: pd.Series) -> np.ndarray:
    return np.where(is_test, "test", "train").astype(object)
