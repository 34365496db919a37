"""Noise ceilings as measured here beside those that the data set's authors released."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from afterimage.report.words import count, number


def released_lines(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Compare the ratios of each subject whose data came with a release.

    Parameters
    ----------
    tables : mapping of subject to DataFrame
        In the columns of NCSNR.

    Returns
    -------
    list of str
        A sentence per subject; nothing for those without a release.
    """
    lines = []
    for subject, table in tables.items():
        both = table.dropna(subset=["ncsnr", "released"])
        if len(both) < 2:
            continue
        difference = (both["ncsnr"] - both["released"]).abs()
        r = float(np.corrcoef(both["ncsnr"], both["released"])[0, 1])
        lines.append(
            f"{subject}: noise-ceiling ratios of {count(len(both))} channels against the released "
            f"ones: r {number(r, 3)}, median difference {number(float(difference.median()), 3)}, "
            f"largest {number(float(difference.max()), 3)}. They agree exactly only if all "
            "published sessions are read."
        )
    return lines
