"""Rows of the metrics table as they are printed, in the page and in the tables of papers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from afterimage.report.rows import marked, records
from afterimage.report.words import MISSING, count, interval, metric_label, number, p_value

HEADS = {
    "subject": "Subject",
    "roi": "Channels",
    "model": "Model",
    "generator": "Generator",
    "target": "Target or space",
    "metric": "Metric",
    "value": "Value",
    "interval": "95% interval",
    "chance": "Chance",
    "null_mean": "Null",
    "prior": "Prior",
    "p_value": "p",
    "ceiling": "Ceiling",
    "n": "n",
    "unit": "Unit",
}


def printed_table(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the lines of a printed table; the model bears the transductive mark.

    Parameters
    ----------
    rows : DataFrame
        In the columns of METRICS, with ``prior`` if that is printed.
    columns : sequence of str
        Keys of HEADS: columns of the rows, or ``interval`` for its two ends.
    """
    head = [HEADS[column] for column in columns]
    return head, [[_printed(row, column) for column in columns] for row in records(rows)]


def _printed(row: Mapping[str, Any], column: str) -> str:
    if column == "interval":
        return interval(row["ci_low"], row["ci_high"])
    value = row[column]
    if column == "model":
        return marked(value, row)
    if column == "metric":
        return metric_label(value)
    if column == "p_value":
        return p_value(value)
    if column == "n":
        return count(value)
    return (value or MISSING) if isinstance(value, str) else number(value)
