"""A linear decoder fitted on the first trials only: how it approaches the best one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.models.folds import SubjectData
from afterimage.models.preparation import Preparation
from afterimage.models.raw_weights import in_response_units
from afterimage.models.training import TrainingData


def learning_curve(
    model_class: Any, config: Entry, subject: SubjectData, *, fold: int, sizes: Sequence[int]
) -> dict[int, np.ndarray]:
    """Fit a linear decoder on the first n training trials in the order of presentation.

    Normalisation is fitted anew, as if the recording had ended before the next training trial.

    Parameters
    ----------
    model_class : type
        A decoder whose state has ``weights`` of shape (channels, q).
    config : Entry
    subject : SubjectData
    fold : int
    sizes : sequence of int
        Numbers of training trials; those above what the subject has are left out, and the
        largest possible takes their place.

    Returns
    -------
    dict of int to ndarray, shape (all channels, q)
        Weights for responses in their own unit, for each size, ascending.

    Raises
    ------
    ConfigError
        If the model is not linear.
    DataError
        If the normalisation cannot be fitted on so few trials.
    """
    n_training = len(subject.side(fold, ["train", "val"]))
    n_channels = subject.responses.shape[-1]
    weights = {}
    for size in sorted({min(size, n_training) for size in sizes}):
        data, preparation = first_training(subject, fold, size)
        state = model_class(config).fit(data, Path()).state()
        if "weights" not in state:
            raise ConfigError(
                "learning_curve.model: the model has no linear weights.",
                "Choose a linear decoder such as ridge.",
            )
        weights[size] = in_response_units(
            state["weights"], preparation.normalisation, subject.kept, n_channels
        )
    return weights


def first_training(subject: SubjectData, fold: int, size: int) -> tuple[TrainingData, Preparation]:
    """Return the training side of a recording that ended before its next training trial."""
    training = subject.trials["trial_id"].isin(subject.side(fold, ["train", "val"])["trial_id"])
    ends = [*np.flatnonzero(training), len(subject.trials)]
    begun = replace(subject, trials=subject.trials.iloc[: ends[size]])
    try:
        return begun.training("decoder", fold, needs_validation=False)
    except DataError as error:
        what = f"learning_curve.sizes, {size} trials: {error.what}"
        raise DataError(what, error.remedy, error.details) from error
