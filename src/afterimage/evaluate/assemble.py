"""From files to the pairs that metrics compare: rows joined by key, means of training rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import training_stimuli
from afterimage.evaluate.pair import Pair

BLOCK = 256


@dataclass(frozen=True)
class Shown:
    """What was shown to one subject, and with which role.

    Attributes
    ----------
    trials, splits, stimuli : DataFrame
        In the columns of their tables; trials of one subject.
    """

    trials: pd.DataFrame
    splits: pd.DataFrame
    stimuli: pd.DataFrame

    def training_stimuli(self, fold: int) -> list[str]:
        """Return the training stimuli of a fold, each once, sorted."""
        return training_stimuli(self.splits, self.trials, fold, with_validation=True)

    def categories(self, stimulus_ids: np.ndarray) -> np.ndarray:
        """Return the category of each stimulus, None where it has none."""
        known = self.stimuli.set_index("stimulus_id")["category"]
        return known.reindex(stimulus_ids).to_numpy(dtype=object)


def training_means(values: ArrayFile, shown: Shown, folds: np.ndarray) -> dict[int, np.ndarray]:
    """Return the mean over the training stimuli of each fold, float64, shape (q,).

    The file is read in blocks, so memory does not grow with the number of stimuli.
    """
    means = {}
    for fold in sorted(set(np.asarray(folds).tolist())):
        rows = values.stimulus_rows(shown.training_stimuli(fold), fold)
        total = np.zeros(int(np.prod(values.shape, dtype=np.int64)))
        for start in range(0, len(rows), BLOCK):
            part = values.read(rows[start : start + BLOCK])
            total += part.reshape(len(part), -1).sum(axis=0, dtype=np.float64)
        means[fold] = total / len(rows)
    return means


def actual_values(values: ArrayFile, keys: pd.DataFrame) -> np.ndarray:
    """Return the true values of each predicted row, shape (n, q)."""
    result = np.empty((len(keys), int(np.prod(values.shape, dtype=np.int64))), dtype=np.float32)
    for fold, part in keys.reset_index(drop=True).groupby("fold"):
        rows = values.stimulus_rows(part["stimulus_id"].tolist(), int(str(fold)))
        result[part.index.to_numpy()] = values.read(rows).reshape(len(rows), -1)
    return result


def feature_pair(
    predicted: np.ndarray,
    keys: pd.DataFrame,
    values: ArrayFile,
    shown: Shown,
    means: Mapping[int, np.ndarray],
    *,
    space_per_fold: bool,
    resolution: float = 0.0,
) -> Pair:
    """Put decoded values beside the true ones.

    Parameters
    ----------
    predicted : ndarray, shape (n, ...)
    keys : DataFrame
        Columns fold and stimulus_id, a row per prediction.
    values : ArrayFile
        True values by stimulus (and fold, if they depend on the split).
    shown : Shown
    means : mapping of fold to ndarray
        From :func:`training_means`.
    space_per_fold : bool
        Whether values of two folds live in different spaces and cannot be compared.
    resolution : float
        Step in which the predictions are stored.
    """
    keys = keys.reset_index(drop=True)
    ids = keys["stimulus_id"].to_numpy()
    folds = keys["fold"].to_numpy()
    return Pair(
        predicted.reshape(len(keys), -1),
        actual_values(values, keys),
        ids,
        categories=shown.categories(ids),
        folds=folds,
        means=means,
        pools=folds if space_per_fold else None,
        resolution=resolution,
    )


def refits_of(keys: pd.DataFrame) -> Iterator[np.ndarray]:
    """Yield the row numbers of each null refit."""
    if "refit" not in keys:
        raise DataError(
            "the file of null refits has no key 'refit'.", "Delete it and run snakemake again."
        )
    refits = keys["refit"].to_numpy()
    for refit in np.unique(refits):
        yield np.flatnonzero(refits == refit)


def null_pairs(
    null: ArrayFile | None, make: Callable[[np.ndarray, pd.DataFrame], Pair]
) -> Iterator[Pair]:
    """Yield the pair of each null refit, one in memory at a time."""
    if null is None:
        return
    for rows in refits_of(null.keys):
        yield make(null.read(rows), null.keys.iloc[rows])
