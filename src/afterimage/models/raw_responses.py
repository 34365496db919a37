"""Test responses in their own unit: what the truth of a simulation is compared with."""

from dataclasses import dataclass

import numpy as np

from afterimage.models.folds import SubjectData


@dataclass(frozen=True)
class TestResponses:
    """The test side of one fold.

    Attributes
    ----------
    responses : ndarray, shape (n, v)
        Of the used channels, in their own unit, less a constant per channel.
    actual : ndarray, shape (n, q)
        The target's values, flattened.
    stimulus_ids : ndarray, shape (n,)
    n_trials : ndarray of int, shape (n,)
        How many trials each row is the mean of.
    channels : ndarray of int, shape (v,)
        Numbers of the used channels.
    """

    responses: np.ndarray
    actual: np.ndarray
    stimulus_ids: np.ndarray
    n_trials: np.ndarray
    channels: np.ndarray


def raw_test_responses(subject: SubjectData, fold: int) -> TestResponses:
    """Return a fold's test responses without the drift that normalisation removes.

    Normalised as a decoder sees them, then multiplied by the mean deviation over sessions or runs.
    With ``average_test: prediction`` they are averaged here: a linear decoder's mean prediction is
    its prediction of the mean.
    """
    samples = subject.test_samples(fold)
    rows = np.arange(len(samples))
    preparation = subject.fit_preparation(subject.side(fold, ["train", "val"]))
    sd = preparation.normalisation.response_sd()
    normalised = subject.response_rows(samples, preparation).read(rows).astype(np.float64)
    return TestResponses(
        responses=normalised if sd is None else normalised * sd,
        actual=subject.stimulus_rows(samples, fold).read(rows),
        stimulus_ids=samples.keys["stimulus_id"].to_numpy(),
        n_trials=samples.counts,
        channels=subject.kept,
    )
