"""Noise ceilings of a recording, from the repetitions of its test stimuli."""

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.ceilings import CeilingMoments, nc_percent, standardised

CEILINGS = TableSchema(
    "ceilings",
    (
        Column("channel", "int32", "", "index into the last response dimension"),
        Column("ncsnr", "float64", "", "noise-ceiling signal-to-noise ratio", nullable=True),
        Column("noise_ceiling", "float64", "%", "share of explainable variance", nullable=True),
    ),
    key=("channel",),
)


def estimate_ceilings(
    responses: ArrayFile, trials: pd.DataFrame, channels: pd.DataFrame, stimulus_ids: set[str]
) -> pd.DataFrame:
    """Estimate each channel's ceiling from trials that are standardised within sessions.

    Parameters
    ----------
    responses : ArrayFile
        With one response dimension.
    trials, channels : DataFrame
        In the columns of their tables.
    stimulus_ids : set of str
        The stimuli whose means are predicted: the ceiling is that of their averages.

    Returns
    -------
    DataFrame
        In the columns of CEILINGS; without values where no stimulus was repeated.
    """
    kept = channels.loc[~channels["excluded"], "channel"].to_numpy()
    table = pd.DataFrame({"channel": channels["channel"], "ncsnr": np.nan, "noise_ceiling": np.nan})
    shown = trials[trials["stimulus_id"].isin(stimulus_ids)]
    repeated = shown["stimulus_id"].duplicated().any()
    if not repeated or len(responses.shape) != 1:
        return table
    moments = CeilingMoments()
    for _, session in trials.groupby("session", sort=True):
        block = responses.read(responses.rows(trial_id=session["trial_id"].tolist()))[:, kept]
        wanted = session["stimulus_id"].isin(stimulus_ids).to_numpy()
        if wanted.any():
            names = session.loc[wanted, "stimulus_id"].to_numpy()
            moments.add(standardised(block, wanted), names)
    ncsnr = moments.ncsnr()
    at = table["channel"].isin(kept)
    table.loc[at, "ncsnr"] = ncsnr
    table.loc[at, "noise_ceiling"] = nc_percent(ncsnr, moments.repetitions)
    return table
