"""How well left-out rows are predicted, target by target."""

from collections.abc import Iterator
from typing import Literal, Protocol

import numpy as np

from afterimage.linear.backend import Backend
from afterimage.linear.decomposition import CHUNK
from afterimage.linear.held_out import Batch, Errors, HeldOut, Piece, squared

Scoring = Literal["r2", "correlation"]


class Tally(Protocol):
    """What is known of the scores of a batch."""

    def add(self, piece: Piece) -> None:
        """Take in the residuals of some left-out rows."""
        ...

    def take(self, held_out: HeldOut, batch: Batch, wanted: np.ndarray) -> None:
        """Leave every row out, for each penalty and target that is wanted, (a, q)."""
        ...

    def scores(self) -> np.ndarray:
        """Return the scores of what was taken, shape (a, q)."""
        ...


class SquaredErrors:
    """1 - squared error / squared error of the mean of the fold's training rows.

    Both are summed over all left-out rows.

    Parameters
    ----------
    backend : Backend
    reference : ndarray of float64, shape (q,)
        Squared error of the training means; see :func:`error_of_mean`.
    penalties : int
    """

    def __init__(self, backend: Backend, reference: np.ndarray, penalties: int) -> None:
        self._backend = backend
        self._reference = reference
        self._error = np.zeros((penalties, len(reference)))

    def add(self, piece: Piece) -> None:
        """Add squared residuals."""
        self._take(squared(self._backend, iter([piece])))

    def take(self, held_out: HeldOut, batch: Batch, wanted: np.ndarray) -> None:
        """Add squared errors."""
        self._take(held_out.squared_errors(batch, wanted))

    def _take(self, errors: Iterator[Errors]) -> None:
        for found in errors:
            self._error[found.place, found.columns] += found.values

    def scores(self) -> np.ndarray:
        """Return R2; NaN for targets that do not vary."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found: np.ndarray = 1 - self._error / self._reference
        return found


class FoldCorrelations:
    """Pearson's r between predictions and targets: the mean over folds.

    Parameters
    ----------
    backend : Backend
    batch : Batch
        With values.
    folds : int
    penalties : int
    """

    def __init__(self, backend: Backend, batch: Batch, folds: int, penalties: int) -> None:
        assert batch.values is not None, "correlations need the targets"
        self._backend = backend
        self._values = batch.values
        self._folds = folds
        self._sum = np.zeros((penalties, len(batch.mean)))

    def take(self, held_out: HeldOut, batch: Batch, wanted: np.ndarray) -> None:
        """Correlate left-out rows with their predictions."""
        for piece in held_out.residuals(batch, wanted):
            self.add(piece)

    def add(self, piece: Piece) -> None:
        """Add the correlation within each fold; 0 where a prediction is constant."""
        shape = (*piece.rows.shape, -1)
        actual = self._backend.cast(self._values[:, piece.columns][piece.rows.ravel()], "float64")
        predicted = actual - self._backend.cast(piece.residuals, "float64")
        x, y = predicted.reshape(shape), actual.reshape(shape)
        x, y = x - x.mean(1)[:, None], y - y.mean(1)[:, None]
        sums = [self._backend.get((a * b).sum(1)) for a, b in ((x, y), (x, x), (y, y))]
        self._sum[piece.place, piece.columns] += _pearson(*sums).sum(axis=0)

    def scores(self) -> np.ndarray:
        """Return the mean over folds."""
        return self._sum / self._folds


class RowCorrelation:
    """Pearson's r over all rows at once, where folds are too small for one of their own.

    Parameters
    ----------
    backend : Backend
    batch : Batch
        With values.
    penalties : int
    """

    def __init__(self, backend: Backend, batch: Batch, penalties: int) -> None:
        assert batch.values is not None, "correlations need the targets"
        self._backend = backend
        self._values = batch.values
        # Of predictions and values: sums, squares and products.
        self._sums = np.zeros((5, penalties, len(batch.mean)))

    def take(self, held_out: HeldOut, batch: Batch, wanted: np.ndarray) -> None:
        """Correlate left-out rows with their predictions."""
        for piece in held_out.residuals(batch, wanted):
            self.add(piece)

    def add(self, piece: Piece) -> None:
        """Add sums of predictions, values, their squares and products."""
        y = self._backend.cast(self._values[:, piece.columns][piece.rows.ravel()], "float64")
        x = y - self._backend.cast(piece.residuals, "float64")
        for row, part in enumerate((x, y, x * x, y * y, x * y)):
            self._sums[row, piece.place, piece.columns] += self._backend.get(part.sum(0))

    def scores(self) -> np.ndarray:
        """Return r; 0 where predictions are constant."""
        n = len(self._values)
        x, y, xx, yy, xy = self._sums
        return _pearson(xy - x * y / n, xx - x * x / n, yy - y * y / n)


def tally_for(
    scoring: Scoring,
    backend: Backend,
    batch: Batch,
    folds: np.ndarray,
    penalties: int,
    *,
    intercept: bool,
) -> Tally:
    """Start counting for a batch.

    Parameters
    ----------
    scoring : {"r2", "correlation"}
    backend : Backend
    batch : Batch
        With values.
    folds : ndarray of int, shape (n,)
    penalties : int
    intercept : bool
        Whether the mean is predicted without inputs; if not, zero is.
    """
    if scoring == "r2":
        return SquaredErrors(backend, error_of_mean(backend, batch, folds, intercept), penalties)
    counts = np.unique(folds, return_counts=True)[1]
    if counts.min() < 3:
        return RowCorrelation(backend, batch, penalties)
    return FoldCorrelations(backend, batch, len(counts), penalties)


def error_of_mean(backend: Backend, batch: Batch, folds: np.ndarray, intercept: bool) -> np.ndarray:
    """Return the squared error of each fold's training mean, summed over left-out rows, (q,)."""
    if not intercept:
        return batch.total
    assert batch.values is not None, "means of folds need the targets"
    n, counts = len(folds), np.unique(folds, return_counts=True)[1]
    order = np.argsort(folds, kind="stable")
    starts = np.cumsum(counts) - counts
    error = batch.total.copy()
    # Of a fold with sum S of values around their mean, the training mean is -S / (n - count).
    weight = 2 / (n - counts) + counts / (n - counts) ** 2
    for start in range(0, len(error), CHUNK):
        part = slice(start, start + CHUNK)
        values = backend.get(batch.values[:, part])[order]
        sums = np.add.reduceat(values, starts, axis=0, dtype=np.float64)
        error[part] += weight @ sums**2
    return error


def _pearson(product: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    norm = np.sqrt(np.maximum(x, 0) * np.maximum(y, 0))
    return np.where(norm > 0, product / np.where(norm > 0, norm, 1), 0.0)
