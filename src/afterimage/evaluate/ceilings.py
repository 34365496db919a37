"""Noise ceilings of test averages: the best score that a perfect encoder could reach."""

import numpy as np
import pandas as pd

from afterimage.contracts.ncsnr import nc_percent
from afterimage.contracts.tables import Column, TableSchema

CEILINGS = TableSchema(
    "ceilings",
    (
        Column("step", "int32", "", "index into the dimensions before the last one"),
        Column("channel", "int32", "", "index into the last response dimension"),
        Column("ncsnr", "float64", "", "noise-ceiling signal-to-noise ratio", nullable=True),
        Column("noise_ceiling", "float64", "%", "share of explainable variance", nullable=True),
    ),
    key=("step", "channel"),
)


def ceilings_table(
    ncsnr: pd.DataFrame, trials: pd.DataFrame, splits: pd.DataFrame, average_test: str
) -> pd.DataFrame:
    """Turn a recording's ratios into the ceilings of what one experiment tests on.

    Parameters
    ----------
    ncsnr : DataFrame
        In the columns of NCSNR.
    trials, splits : DataFrame
        Of one subject.
    average_test : str
        "none" if single trials are predicted, else averages over the repetitions of a stimulus.

    Returns
    -------
    DataFrame
        In the columns of CEILINGS, by step and channel.
    """
    tested = trials["trial_id"].isin(splits.loc[splits["role"] == "test", "trial_id"])
    shown = trials.loc[tested, "stimulus_id"]
    counts = shown.value_counts().to_numpy() if average_test != "none" else np.ones(len(shown))
    table = ncsnr[["step", "channel", "ncsnr"]].sort_values(["step", "channel"], ignore_index=True)
    ratio = table["ncsnr"].to_numpy()
    percent = nc_percent(ratio, counts) if len(counts) else np.full(len(table), np.nan)
    return table.assign(noise_ceiling=percent)


def by_channel(ceilings: pd.DataFrame) -> pd.DataFrame:
    """Return the ceilings of responses without further dimensions, indexed by channel."""
    return ceilings[ceilings["step"] == 0].set_index("channel")


def of_places(ceilings: pd.DataFrame, step: np.ndarray, channel: np.ndarray) -> pd.DataFrame:
    """Return the ceilings of some steps and channels, a row for each; NaN where there is none."""
    wanted = pd.MultiIndex.from_arrays([step, channel])
    return ceilings.set_index(["step", "channel"]).reindex(wanted)


def ceiling_correlation(percent: np.ndarray) -> np.ndarray:
    """Return the best correlation with noisy averages, sqrt(NC / 100), shape (v,)."""
    return np.sqrt(percent / 100)
