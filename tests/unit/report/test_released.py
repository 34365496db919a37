import numpy as np
import pandas as pd

from afterimage.report.released import released_lines


def table(measured, released):
    return pd.DataFrame({"ncsnr": measured, "released": released})


def test_agreement_is_told_per_subject_and_only_where_there_is_a_release():
    measured = np.array([0.2, 0.4, 0.6, np.nan])
    lines = released_lines(
        {
            "subj01": table(measured, measured + 0.01),
            "subj02": table(measured, np.nan),
        }
    )
    assert len(lines) == 1
    assert lines[0].startswith("subj01: noise-ceiling ratios of 3 channels")
    assert "r 1.000, median difference 0.010" in lines[0]
