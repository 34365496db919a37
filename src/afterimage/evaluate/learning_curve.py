"""How a linear decoder approaches the best one as training trials are added."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from afterimage.contracts.tables import Column, TableSchema
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.truth import Moments, best_score, decoder_score

CURVE = TableSchema(
    "learning_curve",
    (
        Column("subject", "string", "", "whose responses"),
        Column("n_trials", "int64", "", "training trials, the first ones presented"),
        Column("closed_form_r", "float64", "r", "mean score of the fitted decoder"),
        Column("best_linear_r", "float64", "r", "mean score of the best linear decoder"),
        Column("fraction", "float64", "", "closed_form_r / best_linear_r"),
        Column("excess", "float64", "r", "largest score above the best one; never positive"),
    ),
    key=("subject", "n_trials"),
)


def learning_curve(
    moments: Moments, weights: Mapping[int, np.ndarray], repetitions: float, subject: str
) -> pd.DataFrame:
    """Score decoders fitted on growing numbers of trials, in closed form.

    Parameters
    ----------
    moments : Moments
        Of the channels that the weights are for.
    weights : mapping of int to ndarray, shape (v, q)
        By number of training trials, for responses in their own unit.
    repetitions : float
        How many trials a test response is the mean of.
    subject : str

    Returns
    -------
    DataFrame
        In the columns of CURVE.
    """
    best = best_score(moments, repetitions)
    rows = []
    for size in sorted(weights):
        reached = decoder_score(moments, weights[size], repetitions)
        rows.append(
            {
                "subject": subject,
                "n_trials": size,
                "closed_form_r": reached.mean(),
                "best_linear_r": best.mean(),
                "fraction": reached.mean() / best.mean(),
                "excess": (reached - best).max(),
            }
        )
    return frame_of(rows, CURVE)
