"""Differences between the targets of an encoder, region by region, in words."""

import pandas as pd

from afterimage.report.rows import WHOLE, records
from afterimage.report.words import count, interval, number, p_value

HEAD = ["subject", "encoder", "region", "channels", "difference of", "r", "p", "q"]


def compared_lines(compared: pd.DataFrame) -> list[list[str]]:
    """Return a line per subject, encoder, region and pair of targets.

    Parameters
    ----------
    compared : DataFrame
        In the columns of COMPARED.
    """
    return [
        [
            str(row["subject"]),
            str(row["model"]),
            "all channels" if row["roi"] == WHOLE else str(row["roi"]),
            count(row["n"]),
            f"{row['first']} less {row['second']}",
            f"{number(row['difference'])} {interval(row['ci_low'], row['ci_high'])}",
            p_value(row["p_value"]),
            p_value(row["q_value"]),
        ]
        for row in records(compared)
    ]
