"""Rows and tables in the columns and types that a schema declares."""

from collections.abc import Iterable, Mapping

import pandas as pd

from afterimage.contracts.tables import TableSchema

KINDS = {"string": "object", "int32": "int32", "int64": "int64", "float64": "float64"}


def frame_of(rows: Iterable[Mapping[str, object]], schema: TableSchema) -> pd.DataFrame:
    """Return rows (possibly none) as a table in the columns and types of a schema.

    Parameters
    ----------
    rows : iterable of mapping
        Column to value; a number that is not there is NaN.
    schema : TableSchema
    """
    frame = pd.DataFrame(list(rows), columns=schema.names)
    return frame.astype({column.name: KINDS[column.type] for column in schema.columns})


def stacked(frames: Iterable[pd.DataFrame], schema: TableSchema) -> pd.DataFrame:
    """Return the rows of several tables (possibly none) of one schema, one below the other."""
    # Columns of a table without rows have no types worth keeping; pandas would mix them in.
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frame_of([], schema)
