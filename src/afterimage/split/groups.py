"""Groups: what a protocol keeps on one side of the split."""

import pandas as pd

from afterimage.contracts.errors import DataError

GROUP_COLUMN = {
    "stimulus": "stimulus_id",
    "source": "source_id",
    "category": "category",
    "cluster": "cluster",
    "run": "run",
    "session": "session",
    "trial": "trial_id",
}


def label_trials(shown: pd.DataFrame, group: str) -> pd.Series:
    """Return the group of each trial, the same for all subjects.

    Parameters
    ----------
    shown : DataFrame
        Of :meth:`afterimage.split.inputs.SplitInputs.shown`.
    group : str
        A key of ``GROUP_COLUMN``.

    Returns
    -------
    Series
        Numbers stay numbers: session 10 comes after session 9.

    Raises
    ------
    DataError
        If a trial has no such group.
    """
    labels = shown[GROUP_COLUMN[group]]
    if labels.isna().any():
        raise DataError(
            f"split.group: {int(labels.isna().sum())} trials have no '{group}'.",
            "Give the stimuli a category in the data set's file, or choose another group.",
        )
    return labels
