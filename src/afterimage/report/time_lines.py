"""When decoding begins and is best, in words."""

from typing import Any

import numpy as np
import pandas as pd

from afterimage.evaluate.time_resolved import latencies
from afterimage.report.words import MISSING, number

HEAD = ["analysis", "subject", "onset (ms)", "peak (ms)", "score at the peak"]


def latency_lines(scores: pd.DataFrame) -> list[list[str]]:
    """Return a line per analysis and subject.

    Parameters
    ----------
    scores : DataFrame
        In the columns of TIME_RESOLVED.
    """
    found = latencies(scores).sort_values(["analysis", "subject"])
    return [
        [
            str(row["analysis"]),
            str(row["subject"]),
            _milliseconds(row["onset"]),
            _milliseconds(row["peak"]),
            number(float(row["peak_value"]), 3),
        ]
        for _, row in found.iterrows()
    ]


def _milliseconds(seconds: Any) -> str:
    return MISSING if np.isnan(seconds) else number(1000 * float(seconds), 0)
