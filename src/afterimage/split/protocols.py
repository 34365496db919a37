"""Split protocols: which trials train, validate and test in each fold."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import rng
from afterimage.contracts.splits import SPLITS

GROUP_COLUMN = {
    "stimulus": "stimulus_id",
    "source": "source_id",
    "category": "category",
    "run": "run",
    "session": "session",
    "trial": "trial_id",
}


def make_splits(
    trials: pd.DataFrame,
    stimuli: pd.DataFrame,
    published: pd.Series,
    protocol: dict[str, Any],
    seed: int,
) -> pd.DataFrame:
    """Give each trial a role in each fold.

    Parameters
    ----------
    trials : DataFrame
        Trials of all subjects, with the columns of the trials table.
    stimuli : DataFrame
        With source_id and category.
    published : Series of str, indexed by trial_id
        Roles under the published split; empty if there is none.
    protocol : dict
        The validated `split` section.
    seed : int
        The experiment's.

    Returns
    -------
    DataFrame
        In the columns of the splits table.

    Raises
    ------
    DataError
        If a fold would have no training or no test trials, or the data lack what is asked for.
    """
    frame = trials.merge(stimuli[["stimulus_id", "source_id", "category"]], on="stimulus_id")
    frame["published_role"] = frame["trial_id"].map(published.to_dict())
    folds = PROTOCOLS[protocol["protocol"]](frame, protocol, seed)
    parts = []
    for fold, (roles, group) in enumerate(folds):
        roles = carve_validation(frame, roles, protocol["validation"], seed)
        _check_fold(roles, fold, protocol["protocol"])
        parts.append(
            pd.DataFrame(
                {
                    "trial_id": frame["trial_id"],
                    "fold": np.int32(fold),
                    "role": roles,
                    "group": group.astype(str),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[SPLITS.names].astype({"fold": "int32"})


def _check_fold(roles: np.ndarray, fold: int, protocol: str) -> None:
    counts = pd.Series(roles).value_counts().sort_index()
    found = ", ".join(f"{count} {role}" for role, count in counts.items()) or "no trials at all"
    for role in ("train", "test"):
        if role not in counts:
            raise DataError(
                f"split.protocol {protocol}: fold {fold} has no {role} trials. Found: {found}.",
                "Choose another protocol, or check how the data set's file in config/datasets/ "
                "names its published roles.",
            )


Folds = list[tuple[np.ndarray, pd.Series]]


def as_published(frame: pd.DataFrame, protocol: dict[str, Any], seed: int) -> Folds:
    """Use the roles that came with the data; one fold."""
    roles = frame["published_role"]
    if roles.isna().any():
        raise DataError(
            f"split: {int(roles.isna().sum())} of {len(roles)} trials have no published role.",
            "The data set has no published split: choose kfold, leave_out or holdout.",
        )
    return [(roles.to_numpy(dtype=object), frame["stimulus_id"])]


def kfold(frame: pd.DataFrame, protocol: dict[str, Any], seed: int) -> Folds:
    """Cut the groups, in random order, into folds that are the test set in turn."""
    pool = np.ones(len(frame), dtype=bool)
    if protocol["pool"] == "train":
        pool = (frame["published_role"] == "train").to_numpy()
    group = _groups(frame, protocol["group"])
    names = np.array(sorted(group[pool].unique()))
    count = protocol["folds"]
    if len(names) < count:
        raise DataError(
            f"split.folds: expected at most the {len(names)} groups ('{protocol['group']}') of the "
            f"data. Found: {count}.",
            "Ask for fewer folds, or group by something finer.",
        )
    order = rng(seed, "split", "kfold").permutation(names)
    fold_of = {name: i % count for i, name in enumerate(order)}
    number = group.map(fold_of).to_numpy()
    return [
        (np.where(~pool, "unused", np.where(number == fold, "test", "train")).astype(object), group)
        for fold in range(count)
    ]


def leave_out(frame: pd.DataFrame, protocol: dict[str, Any], seed: int) -> Folds:
    """Make one fold per group, in sorted order, with that group as the test set."""
    group = _groups(frame, protocol["group"])
    names = sorted(group.unique())
    if len(names) < 2:
        raise DataError(
            f"split.group: the data have a single {protocol['group']} ('{names[0]}').",
            "Leave-one-out needs at least two; choose another group or protocol.",
        )
    return [(np.where(group == name, "test", "train").astype(object), group) for name in names]


def holdout(frame: pd.DataFrame, protocol: dict[str, Any], seed: int) -> Folds:
    """Draw a share of the groups as the test set; one fold."""
    group = _groups(frame, protocol["group"])
    names = np.array(sorted(group.unique()))
    drawn = rng(seed, "split", "holdout").permutation(names)
    test = set(drawn[: max(1, round(protocol["test"] * len(names)))])
    return [(np.where(group.isin(test), "test", "train").astype(object), group)]


PROTOCOLS: dict[str, Callable[[pd.DataFrame, dict[str, Any], int], Folds]] = {
    "published": as_published,
    "kfold": kfold,
    "leave_out": leave_out,
    "holdout": holdout,
}


def _groups(frame: pd.DataFrame, group: str) -> pd.Series:
    column = frame[GROUP_COLUMN[group]]
    if column.isna().any():
        raise DataError(
            f"split.group: {int(column.isna().sum())} trials have no '{group}'.",
            "Give the stimuli a category in the data set's file, or choose another group.",
        )
    return column


def carve_validation(frame: pd.DataFrame, roles: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Turn a share of the training stimuli into validation stimuli, sources kept together.

    A source (the tile of a photograph) goes as a whole, so that validation is as far from
    training as the test is.
    """
    if share == 0:
        return roles
    train = roles == "train"
    sources = np.array(sorted(frame.loc[train, "source_id"].unique()))
    drawn = rng(seed, "split", "validation").permutation(sources)
    chosen = set(drawn[: max(1, round(share * len(sources)))])
    result = roles.copy()
    result[train & frame["source_id"].isin(chosen).to_numpy()] = "val"
    return result
