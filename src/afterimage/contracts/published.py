"""The table of published splits: a role for each trial under each split that has a name."""

from collections.abc import Sequence

import pandas as pd

from afterimage.contracts.tables import Column, TableSchema, read_table

PUBLISHED = TableSchema(
    "published",
    (
        Column("split", "string", "", "name of the published split"),
        Column("trial_id", "string", "", "the trial"),
        Column("role", "string", "", "train, val, test or unused"),
    ),
    key=("split", "trial_id"),
)


def read_published(paths: Sequence[str], version: str) -> pd.Series:
    """Read the roles of several subjects' trials under one published split.

    Parameters
    ----------
    paths : sequence of str
    version : str
        Name of the split; "default" is the one that the data set lists first.

    Returns
    -------
    Series of str, indexed by trial_id
        Empty if no subject has such a split.
    """
    table = pd.concat([read_table(path, PUBLISHED) for path in paths], ignore_index=True)
    if version == "default" and len(table):
        version = table["split"].iloc[0]
    return table[table["split"] == version].set_index("trial_id")["role"]
