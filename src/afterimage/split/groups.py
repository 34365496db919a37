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
        Numbers stay numbers: session 10 comes after session 9. Missing where a picture has no
        category: such trials are neither trained on nor tested.

    Raises
    ------
    DataError
        If no trial has such a group, or some have not and it is not the category.
    """
    labels = shown[GROUP_COLUMN[group]]
    missing = int(labels.isna().sum())
    if missing == len(labels) or (missing and group != "category"):
        raise DataError(
            f"split.group: {missing} of {len(labels)} trials have no '{group}'.",
            "Give the stimuli categories in the data set's file (of the data set 'nsd' by "
            "`coco: true`), or choose another group."
            if group == "category"
            else "Choose another group.",
        )
    return labels
