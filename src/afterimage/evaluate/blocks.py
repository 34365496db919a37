"""Which held-out rows depend on each other, so that a permutation must keep them together."""

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError

Blocks = str | int


def block_labels(
    keys: pd.DataFrame, trials: pd.DataFrame, splits: pd.DataFrame, blocks: Blocks
) -> np.ndarray | None:
    """Return the block of each predicted row, numbered in the order of presentation.

    Parameters
    ----------
    keys : DataFrame
        Columns fold, stimulus_id, trial_id (the first of those averaged) and n_trials, a row per
        prediction; within a fold in the order of presentation.
    trials : DataFrame
        In the columns of TRIALS, of the subject, in the order of presentation.
    splits : DataFrame
        In the columns of SPLITS.
    blocks : str or int
        "stimulus": rows of a stimulus belong together and nothing else. "run" or "session": rows
        presented in the same one. A number: as many consecutive rows of a run and a fold (fewer at
        its end). A row that is a mean over several runs (sessions) belongs to none of them, and
        is a block of its own.

    Returns
    -------
    ndarray of int, shape (n,), or None
        None for "stimulus".

    Raises
    ------
    DataError
        If a row's trial is not among the trials.
    """
    if blocks == "stimulus":
        return None
    keys = keys.reset_index(drop=True)
    place = pd.Index(trials["trial_id"]).get_indexer(keys["trial_id"])
    if (place < 0).any():
        raise DataError(
            f"predictions: no such trial: {keys.loc[place < 0, 'trial_id'].head(3).tolist()}.",
            "They belong to other trials: delete them and run snakemake again.",
        )
    unit = ["session"] if blocks == "session" else ["session", "run"]
    own = _single_units(keys, trials, splits, unit, place)
    if isinstance(blocks, int):
        own = _cut(keys, own, place, blocks)
    earliest = pd.Series(place).groupby(own).transform("min")
    found: np.ndarray = pd.factorize(earliest, sort=True)[0]
    return found


def _single_units(
    keys: pd.DataFrame,
    trials: pd.DataFrame,
    splits: pd.DataFrame,
    unit: list[str],
    place: np.ndarray,
) -> np.ndarray:
    """Return the run or session of each row as a number; a negative one of its own where several.

    Which trials a mean was taken over follows from the split: all tested ones of the stimulus.
    """
    numbers = trials.groupby(unit, sort=False).ngroup().to_numpy()
    held_out = splits[splits["role"] == "test"].merge(
        trials[["trial_id", "stimulus_id"]].assign(unit=numbers), on="trial_id"
    )
    several = held_out.groupby(["fold", "stimulus_id"])["unit"].nunique()
    row = pd.MultiIndex.from_frame(keys[["fold", "stimulus_id"]])
    is_mean = (keys["n_trials"] > 1).to_numpy()
    spread = is_mean & (several.reindex(row).fillna(1).to_numpy() > 1)
    found: np.ndarray = np.where(spread, -1 - np.arange(len(keys)), numbers[place])
    return found


def _cut(keys: pd.DataFrame, unit: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    """Cut the rows of each run (and fold) into blocks of so many consecutive ones.

    Rows that are means over several runs stand where their stimulus was first presented, and are
    cut with the others of that order.
    """
    rows = pd.DataFrame({"fold": keys["fold"], "unit": np.maximum(unit, -1), "place": place})
    order = rows.sort_values(["fold", "unit", "place"])
    number = order.groupby(["fold", "unit"]).cumcount() // size
    labels = order.assign(number=number).groupby(["fold", "unit", "number"], sort=False).ngroup()
    found: np.ndarray = labels.sort_index().to_numpy()
    return found
