"""Samples: single trials, or the mean over the repetitions of a stimulus."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from afterimage.contracts.errors import ConfigError

Mode = Literal["none", "stimulus"]
TestMode = Literal["none", "stimulus", "prediction"]


@dataclass(frozen=True)
class Samples:
    """Which trials make up each row that a model sees.

    Attributes
    ----------
    trials : DataFrame
        The trials of all samples, those of a sample one after the other.
    starts : ndarray of int, shape (n,)
        Where each sample's trials begin.
    keys : DataFrame
        One row per sample: ``stimulus_id``, ``trial_id`` (of the first trial) and ``n_trials``.
    """

    trials: pd.DataFrame
    starts: np.ndarray
    keys: pd.DataFrame

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def counts(self) -> np.ndarray:
        """Number of trials of each sample."""
        return self.keys["n_trials"].to_numpy()

    def singles(self) -> "Samples":
        """Return every trial as a sample of its own, in the order of ``trials``."""
        return make_samples(self.trials, "none")

    def members(self, samples: np.ndarray) -> np.ndarray:
        """Return positions in ``trials`` of some samples' trials, sample after sample."""
        counts = self.counts[samples]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(self.starts[samples], counts) + within


def make_samples(trials: pd.DataFrame, mode: Mode) -> Samples:
    """Group the trials of one side of one fold into samples.

    Parameters
    ----------
    trials : DataFrame
        In the columns of ``TRIALS``, in the order of presentation, of one role of one fold:
        nothing is ever averaged across roles or folds.
    mode : str
        "none": a sample is a trial. "stimulus": a sample is the mean of all repetitions of a
        stimulus, in the order of their first presentation.

    Raises
    ------
    ConfigError
        If there is no such mode.
    """
    if mode not in get_args(Mode):
        raise ConfigError(
            f"average: expected one of {list(get_args(Mode))}, found '{mode}'.",
            "Correct the model's entry.",
        )
    trials = trials.reset_index(drop=True)
    if mode == "none":
        sample = np.arange(len(trials))
    else:
        sample = pd.factorize(trials["stimulus_id"])[0]
        order = np.argsort(sample, kind="stable")
        trials, sample = trials.iloc[order].reset_index(drop=True), sample[order]
    starts = np.flatnonzero(np.diff(sample, prepend=-1))
    keys = trials.loc[starts, ["stimulus_id", "trial_id"]].reset_index(drop=True)
    keys["n_trials"] = np.diff(starts, append=len(trials)).astype(np.int32)
    return Samples(trials, starts, keys)


def repetitions_of(samples: Sequence[Samples]) -> dict[str, int]:
    """Return how many samples are the mean of 1, 2, ... trials, ready for JSON."""
    found = np.bincount(np.concatenate([part.counts for part in samples]), minlength=2)[1:]
    return {str(trials): int(number) for trials, number in enumerate(found, start=1)}


def averaged(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the means of consecutive rows, summed in float64.

    Parameters
    ----------
    values : ndarray of float32, shape (n, q)
    counts : ndarray of int, shape (k,)
        How many rows go into each mean; n in all.

    Returns
    -------
    ndarray of float32, shape (k, q)
    """
    if len(counts) == len(values):
        return values
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat(values, starts, axis=0, dtype=np.float64)
    return (sums / counts[:, None]).astype(np.float32)
