"""Scores of everything that was decoded of one subject, from the files of a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.metrics import METRICS
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.score_decoder import score_decoder
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.summarise import Identity


def score_predictions(
    inputs: Any,
    names: Mapping[str, str],
    *,
    decoders: Sequence[Mapping[str, Any]],
    evaluation: dict[str, Any],
    roi: str,
    seed: int,
) -> pd.DataFrame:
    """Score features and labels, decoder by decoder.

    Parameters
    ----------
    inputs : object
        Paths `splits`, `stimuli`, `trials`; lists `predictions` and `targets` with a path per
        decoder, and `nulls` with a path per decoder that has null refits.
    names : mapping
        The job's wildcards, with `experiment` and `subject`.
    decoders : sequence of mapping
        Keys model, target, null, labels, space_per_fold, from the plan.
    evaluation : dict
        The validated section of that name.
    roi : str
        Whose responses were decoded.
    seed : int
        The experiment's.

    Returns
    -------
    DataFrame
        In the columns of METRICS.
    """
    shown = read_shown(inputs, names["subject"])
    nulls = iter(inputs.nulls)
    tables = [
        score_decoder(
            ArrayFile(predictions),
            ArrayFile(next(nulls)) if row["null"] else None,
            ArrayFile(target),
            shown,
            kind="labels" if row["labels"] else "features",
            space_per_fold=row["space_per_fold"],
            evaluation=evaluation,
            identity=Identity(
                names["experiment"], names["subject"], row["model"], row["target"], roi
            ),
            seed=seed,
        )
        for row, predictions, target in zip(
            decoders, inputs.predictions, inputs.targets, strict=True
        )
    ]
    return stacked(tables, METRICS)
