"""Normalisation of responses by centre and spread: over training trials, or by group of trials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import pandas as pd

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.models.statistics import Statistics, centre_and_spread

Mode = Literal["none", "train", "session_train", "run_train", "session_all", "run_all"]
# The columns of TRIALS that tell the groups of a mode apart; other modes know one group.
GROUPED = {"session": ("session",), "run": ("session", "run")}
INSTEAD = {
    "train": "none",
    "session_train": "train, or to session_all (which uses test responses)",
    "run_train": "session_train or train, or to run_all (which uses test responses)",
    "session_all": "train",
    "run_all": "session_all, session_train or train",
}


def unit_of(mode: str) -> str:
    """Return "session" or "run" if a mode normalises within each, else ""."""
    unit = mode.partition("_")[0]
    return unit if unit in GROUPED else ""


def uses_test_responses(mode: str) -> bool:
    """Tell whether means and deviations are taken over all trials, test trials included."""
    return mode.endswith("_all")


def group_labels(mode: str, trials: pd.DataFrame) -> np.ndarray:
    """Return the group of each trial: numbers of session (and run), int64, shape (n, 1 or 2).

    A mode without groups puts all trials into one, labelled 0.
    """
    if not unit_of(mode):
        return np.zeros((len(trials), 1), np.int64)
    return trials[list(GROUPED[unit_of(mode)])].to_numpy(np.int64)


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, in each group of trials.

    Attributes
    ----------
    mode : str
        See :func:`fit_normalisation`.
    groups : ndarray of int64, shape (g, k)
        The label of each group, as :func:`group_labels` gives it; sorted. None under "none".
    mean, sd : ndarray of float64, shape (g, v)
        Or median and distance of the quartiles; in the unit of the responses. A channel that does
        not vary in a group has sd 0 and is 0 there after normalisation, so no model can use it.
    """

    mode: str
    groups: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    def labels(self, trials: pd.DataFrame) -> np.ndarray:
        """Return the group of each trial, in the columns of ``groups``."""
        return group_labels(self.mode, trials)

    def apply(self, values: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return (values - mean) / sd as float32.

        Parameters
        ----------
        values : ndarray, shape (n, v)
        labels : ndarray of int, shape (n, k)
            The group of each row, from :meth:`labels`.

        Raises
        ------
        DataError
            Naming the sessions or runs whose mean and deviation are unknown.
        """
        if self.mode == "none":
            return np.asarray(values, dtype=np.float32)
        index = self._index_of(labels)
        result = np.empty(values.shape, dtype=np.float32)
        for row in np.unique(index):
            here = index == row
            varies = self.sd[row] > 0
            gain = np.where(varies, 1.0 / np.where(varies, self.sd[row], 1.0), 0.0)
            result[here] = (values[here] - self.mean[row]) * gain
        return result

    def _index_of(self, labels: np.ndarray) -> np.ndarray:
        known = pd.MultiIndex.from_arrays(list(self.groups.T))
        index = known.get_indexer(pd.MultiIndex.from_arrays(list(labels.T)))
        if (index < 0).any():
            refuse(self.mode, "no", np.unique(labels[index < 0], axis=0))
        return index

    def steps(self, part: slice, total: int) -> Self:
        """Return the normalisation of some time steps of responses that have so many in all."""
        if self.mode == "none":
            return self
        parts = (
            values.reshape(len(values), total, -1)[:, part].reshape(len(values), -1)
            for values in (self.mean, self.sd)
        )
        return type(self)(self.mode, self.groups, *parts)

    def response_sd(self) -> np.ndarray | None:
        """Return the deviation that one unit stands for (v,), a mean over groups; or None.

        Weights for normalised inputs, divided by it, are weights for responses in their own
        unit: what a comparison with the truth of a simulation needs.
        """
        return None if self.mode == "none" else self.sd.mean(axis=0)

    def constant_channels(self) -> int:
        """Return how many channels do not vary in some group."""
        return int((self.sd == 0).any(axis=0).sum()) if len(self.sd) else 0

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that was fitted."""
        return {"groups": self.groups, "mean": self.mean, "sd": self.sd}

    @classmethod
    def restore(cls, mode: str, tensors: Mapping[str, np.ndarray]) -> Self:
        """Rebuild a normalisation from its state."""
        return cls(mode, tensors["groups"], tensors["mean"], tensors["sd"])


def fit_normalisation(
    mode: str,
    read: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    labels: np.ndarray,
    statistics: Statistics = "moments",
    pooled_steps: int = 1,
) -> Normalisation:
    """Fit a normalisation on some trials, read in blocks.

    Parameters
    ----------
    mode : str
        "none"; over training trials: "train", "session_train", "run_train"; over all trials:
        "session_all", "run_all".
    read : callable
        Returns the responses (k, v) of k row numbers.
    rows : ndarray of int, shape (n,)
        The trials that the mode looks at.
    labels : ndarray of int, shape (n, k)
        The group of each, from :func:`group_labels`.
    statistics : str
        What centre and spread are: see :func:`afterimage.models.statistics.centre_and_spread`.
    pooled_steps : int
        Of a response whose time steps share them; 1 if each value has its own.

    Raises
    ------
    ConfigError
        If there is no such mode.
    DataError
        If a group has a single trial: its deviation is unknown.
    """
    if mode not in get_args(Mode):
        raise ConfigError(
            f"normalise: expected one of {list(get_args(Mode))}, found '{mode}'.",
            "Correct the model's entry.",
        )
    if mode == "none":
        return Normalisation(mode, np.zeros((0, 1), np.int64), np.zeros((0, 0)), np.zeros((0, 0)))
    groups, members, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    if (counts < 2).any():
        refuse(mode, "a single", groups[counts < 2])
    measured = [
        centre_and_spread(statistics, read, rows[members.ravel() == group], pooled_steps)
        for group in range(len(groups))
    ]
    mean, sd = (np.stack(parts) for parts in zip(*measured, strict=True))
    return Normalisation(mode, groups, mean, sd)


def refuse(mode: str, found: str, groups: np.ndarray) -> None:
    """Raise a DataError that names groups with too few trials, and what to do instead."""
    trial = "trial" if uses_test_responses(mode) else "training trial"
    unit = unit_of(mode)
    names = [
        ", ".join(f"{column} {number}" for column, number in zip(GROUPED[unit], group, strict=True))
        for group in (groups if unit else ())
    ]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    where = f" in {'; '.join(names[:5])}{more}" if names else ""
    each = f" in every {unit}" if unit else ""
    raise DataError(
        f"normalisation '{mode}': {found} {trial}{where}, so mean and deviation are unknown.",
        f"Choose a split with several training trials{each}, or set responses.normalise to "
        f"{INSTEAD[mode]}.",
        names,
    )
