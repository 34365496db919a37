"""A linear decoder fitted on the first trials only: how it approaches the best one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError
from afterimage.models.folds import SubjectData
from afterimage.models.raw_weights import in_response_units


def learning_curve(
    model_class: Any, config: Entry, subject: SubjectData, *, fold: int, sizes: Sequence[int]
) -> dict[int, np.ndarray]:
    """Fit a linear decoder on the first n training trials in the order of presentation.

    Normalisation is fitted anew on those n trials, as if no other had been recorded.

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
    """
    trials = subject.side(fold, ["train", "val"])["trial_id"].to_numpy()
    n_channels = subject.responses.shape[-1]
    weights = {}
    for size in sorted({min(size, len(trials)) for size in sizes}):
        first = first_trials(subject, trials[:size])
        data, normalisation = first.training("decoder", fold, needs_validation=False)
        state = model_class(config).fit(data, Path()).state()
        if "weights" not in state:
            raise ConfigError(
                "learning_curve.model: the model has no linear weights.",
                "Choose a linear decoder such as ridge.",
            )
        weights[size] = in_response_units(state["weights"], normalisation, subject.kept, n_channels)
    return weights


def first_trials(subject: SubjectData, trial_ids: np.ndarray) -> SubjectData:
    """Return the same subject with some trials only."""
    chosen = subject.trials["trial_id"].isin(trial_ids).to_numpy()
    return replace(subject, trials=subject.trials.loc[chosen])
