"""Undo a decoder's shrinkage, dimension by dimension, from training stimuli alone.

A regression's predictions vary less than what they predict: the standard deviation of the best
linear prediction is the correlation times that of the target. Pictures made from them are pale.
The gain that restores the spread must not come from the predictions that are to be judged, which
would use the test set as a whole for each of its pictures, nor from predictions of the very rows
that the decoder was fitted on, which hardly shrink. It comes from predictions of training stimuli
that were left out of the fit.
"""

from dataclasses import dataclass

import numpy as np

from afterimage.generate.checks import checked
from afterimage.models.flat import flattened


@dataclass(frozen=True)
class Spread:
    """An affine map per dimension: ``centre + gain * (decoded - decoded_mean)``.

    Attributes
    ----------
    centre, decoded_mean, gain : ndarray, shape (k,)
    """

    centre: np.ndarray
    decoded_mean: np.ndarray
    gain: np.ndarray

    def apply(self, decoded: np.ndarray) -> np.ndarray:
        """Return decoded values (n, k) with the spread of the training stimuli, float64."""
        return self.centre + self.gain * (decoded - self.decoded_mean)


def fit_spread(training: np.ndarray, held_out: np.ndarray, largest_gain: float) -> Spread:
    """Fit mean and gain so that held-out predictions get the spread of the true values.

    gain_j = min(sd(training_j) / sd(held_out_j), largest_gain); 1 where the true values are
    constant. The bound is for dimensions of which the decoder knows next to nothing: their
    predictions are noise of a tiny deviation, which an unbounded gain would blow up to full size.
    With the bound g they stay small, and every dimension decoded with r > 1/g is fully restored.

    Parameters
    ----------
    training : ndarray, shape (m, *shape)
        True values of training stimuli.
    held_out : ndarray, shape (k, *shape)
        Predictions of training stimuli by models that did not see them.
    largest_gain : float

    Returns
    -------
    Spread

    Raises
    ------
    DataError
        If a left-out prediction is not finite.
    ShapeError
        If they are of another target.
    """
    true = flattened(training).astype(np.float64)
    decoded = checked(held_out, true.shape[1], "left-out predictions").astype(np.float64)
    sd, decoded_sd = true.std(axis=0), decoded.std(axis=0)
    bounded = largest_gain * decoded_sd <= sd
    gain = np.where(bounded, largest_gain, sd / np.where(bounded, 1.0, decoded_sd))
    gain[sd == 0] = 1.0
    return Spread(true.mean(axis=0), decoded.mean(axis=0), gain)
