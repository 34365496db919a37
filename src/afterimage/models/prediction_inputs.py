"""What a model predicts from: read block by block, averaged before the model or after it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afterimage.models.average import averaged
from afterimage.models.folds import Kind, SubjectData
from afterimage.models.preparation import Preparation
from afterimage.models.rows import Rows, with_fold
from afterimage.models.sources import KeptRows, RowSource

Predict = Callable[[np.ndarray], np.ndarray]

# As many as the chance decoder has draws, so that its draws do not depend on the blocks.
BLOCK_ROWS = 1024
KEPT_BYTES = 256 << 20


@dataclass(frozen=True)
class Inputs:
    """The test side of one fold, as a model sees it.

    Attributes
    ----------
    keys : DataFrame
        One row per prediction that is kept, as in :class:`afterimage.models.rows.Rows`.
    rows : RowSource
        What the model predicts from, in the order of the keys.
    counts : ndarray of int, shape (len(keys),)
        How many consecutive rows are predicted for each, and averaged after the model.
    """

    keys: pd.DataFrame
    rows: RowSource
    counts: np.ndarray

    def predictions(self, predict: Predict) -> Iterator[Rows]:
        """Predict block by block; the repetitions of a stimulus are never torn apart."""
        ends = np.cumsum(self.counts)
        for block in blocks(self.counts):
            rows = np.arange(ends[block][0] - self.counts[block][0], ends[block][-1])
            values = predict(self.rows.read(rows))
            yield Rows(self.keys.iloc[block], averaged(values, self.counts[block]))

    def kept(self) -> "Inputs":
        """Return the same inputs, read once if they are small: to be predicted many times."""
        size = len(self.rows) * self.rows.width * np.dtype(np.float32).itemsize
        return self if size > KEPT_BYTES else replace(self, rows=KeptRows(self.rows))


def blocks(counts: np.ndarray, most: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut samples into consecutive blocks of at most so many rows, or of a single sample."""
    ends = np.cumsum(counts)
    start, done = 0, 0
    while start < len(counts):
        stop = max(start + 1, int(np.searchsorted(ends, done + most, side="right")))
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])


def prediction_inputs(
    kind: Kind, subject: SubjectData, fold: int, preparation: Preparation
) -> Inputs:
    """Return what a model predicts a fold's test samples from.

    With ``average_test: prediction`` a decoder predicts every trial, and the mean over the
    repetitions of a stimulus follows. An encoder predicts the same for each repetition: its
    predictions are those of ``stimulus``, and so are the responses they are compared with.
    """
    samples = subject.test_samples(fold)
    keys, counts = with_fold(samples.keys, fold), samples.counts
    if kind == "decoder" and subject.settings.average_test == "prediction":
        return Inputs(keys, subject.response_rows(samples.singles(), preparation), counts)
    rows = subject.input_rows(kind, samples, fold, preparation)
    return Inputs(keys, rows, np.ones_like(counts))


def measured_inputs(subject: SubjectData, fold: int, preparation: Preparation) -> Inputs:
    """Return a fold's test responses, averaged over repetitions unless single trials count."""
    samples = subject.test_samples(fold)
    rows = subject.response_rows(samples, preparation)
    return Inputs(with_fold(samples.keys, fold), rows, np.ones_like(samples.counts))
