"""Predictions z-scored over the test set and given the spread of the training targets.

Several published decoders do so (Brain-Diffuser, Brain Captioning). A prediction then depends on
all other test items: it could not be made for one picture alone, and its scores are marked
"transductive" wherever they stand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, Protocol

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.models.folds import SubjectData, fitted_roles, needs_validation
from afterimage.models.prediction_inputs import Inputs, Predict
from afterimage.models.rows import Rows
from afterimage.models.side_by_side import stimulus_rows
from afterimage.models.statistics import CONSTANT, centre_and_spread

Rescale = Literal["none", "test"]


def rescale_record(rescale: Rescale) -> dict[str, Any]:
    """Return what the model's card and the provenance of its predictions say.

    Nothing where nothing was rescaled: such files are what they were before there was a choice.
    """
    return {} if rescale == "none" else {"rescale": rescale, "transductive": True}


@dataclass(frozen=True)
class Moments:
    """Number, mean and sum of squared deviations of rows, in float64.

    Attributes
    ----------
    n : int
    mean, squares : ndarray, shape (q,)
    """

    n: int
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, blocks: Iterable[np.ndarray]) -> "Moments":
        """Return the moments of rows that come in blocks of shape (k, q), each seen once.

        References
        ----------
        Chan, Golub & LeVeque (1983), The American Statistician 37, equation 2.1.
        """
        return reduce(cls._with, map(cls._of_block, blocks))

    @classmethod
    def _of_block(cls, block: np.ndarray) -> "Moments":
        mean = block.mean(axis=0, dtype=np.float64)
        # In place: a block of published size takes a gigabyte.
        deviations = block - mean
        return cls(len(block), mean, np.einsum("ij,ij->j", deviations, deviations))

    def _with(self, other: "Moments") -> "Moments":
        n = self.n + other.n
        step = other.mean - self.mean
        between = np.square(step) * (self.n * other.n / n)
        return Moments(n, self.mean + step * (other.n / n), self.squares + other.squares + between)

    @property
    def sd(self) -> np.ndarray:
        """Standard deviations, n in the denominator; 0 where float32 holds one value only."""
        sd = np.sqrt(self.squares / self.n)
        return np.where(sd > CONSTANT * np.abs(self.mean), sd, 0.0)


class Rescaling(Protocol):
    """What becomes of the predictions of one fold."""

    def predictions(self, inputs: Inputs, predict: Predict) -> Iterator[Rows]:
        """Predict a fold's test side, block by block."""
        ...

    def held_out(self, values: np.ndarray) -> np.ndarray:
        """Return predictions of left-out training rows, shape (n, q), treated alike."""
        ...


class AsPredicted:
    """Predictions are left as the model makes them."""

    def predictions(self, inputs: Inputs, predict: Predict) -> Iterator[Rows]:
        """Predict a fold's test side, block by block."""
        return inputs.predictions(predict)

    def held_out(self, values: np.ndarray) -> np.ndarray:
        """Return the values."""
        return values


@dataclass(frozen=True)
class OverTheSet:
    """Predictions are z-scored over their set and given the spread of the training targets.

    (value - mean over the set) / SD over the set * SD of the targets + mean of the targets; a
    value that does not vary over the set becomes the mean of the targets.

    Attributes
    ----------
    mean, sd : ndarray of float64, shape (q,)
        Of the targets of a fold's training stimuli, each stimulus counted once; n in the
        denominator. Shuffling the training pairs leaves them as they are.
    where : str
        The file and the fold, for errors.
    """

    mean: np.ndarray
    sd: np.ndarray
    where: str

    def predictions(self, inputs: Inputs, predict: Predict) -> Iterator[Rows]:
        """Predict a fold's test side twice: for its mean and SD, and to rescale it by them.

        Memory holds one block, whatever the size of the test side.

        Raises
        ------
        DataError
            If the test side has fewer than two rows.
        """
        if len(inputs.keys) < 2:
            raise DataError(
                f"{self.where}: expected at least 2 test rows, over whose SD predictions are "
                f"rescaled (rescale: test). Found: {len(inputs.keys)}.",
                "Remove 'rescale' from the model, or choose a split with larger test sides.",
            )
        over = Moments.of(rows.values for rows in inputs.predictions(predict))
        for rows in inputs.predictions(predict):
            yield Rows(rows.keys, self._rescaled(rows.values, over))

    def held_out(self, values: np.ndarray) -> np.ndarray:
        """Rescale left-out training rows over themselves: a generator finds no shrinkage to undo.

        The test side has no part in it.
        """
        return self._rescaled(values, Moments.of([values]))

    def _rescaled(self, values: np.ndarray, over: Moments) -> np.ndarray:
        sd = over.sd
        gain = np.where(sd > 0, self.sd / np.where(sd > 0, sd, 1.0), 0.0)
        result = values - over.mean
        result *= gain
        result += self.mean
        return result.astype(np.float32)


def rescaling(rescale: Rescale, model_class: Any, subject: SubjectData, fold: int) -> Rescaling:
    """Return what becomes of a decoder's predictions of one fold.

    Parameters
    ----------
    rescale : "none" or "test"
    model_class : type
        Decides whether validation stimuli are training stimuli.
    subject : SubjectData
    fold : int
    """
    if rescale == "none":
        return AsPredicted()
    samples = subject.training_samples(fold, fitted_roles(needs_validation(model_class)))
    shown = sorted({name for one in samples for name in one.keys["stimulus_id"]})
    rows = stimulus_rows(subject.values, shown, fold)
    mean, sd = centre_and_spread("moments", rows.read, np.arange(len(rows)), 1)
    return OverTheSet(mean, sd, f"{subject.responses.path}, fold {fold}")
