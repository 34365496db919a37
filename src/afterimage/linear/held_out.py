"""Residuals of rows that are left out, for any penalty.

Three ways lead there, all exact; `problem.py` chooses:

- `identity.py`: the folds share the scaling of the inputs, and one decomposition serves them all;
- `dual_folds.py`: inputs are standardised in each fold, which has a decomposition of its own;
- `primal_folds.py`: few folds of many rows, whose Gram matrices are the full one without theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from afterimage.linear.backend import Array, Backend
from afterimage.linear.decomposition import CHUNK


@dataclass
class Batch:
    """Targets on the device.

    Attributes
    ----------
    values : array, shape (n, q), or None
        Without their means if there is an intercept; None once only coordinates are needed.
    mean : ndarray of float64, shape (q,)
        Zero without an intercept.
    total : ndarray of float64, shape (q,)
        Sums of the squared values.
    coordinates : array, shape (r, q), or None
        In the decomposition of all rows; None until they are asked for.
    """

    values: Array | None
    mean: np.ndarray
    total: np.ndarray
    coordinates: Array | None = None

    def parts(self) -> Iterator["Batch"]:
        """Yield targets some at a time."""
        for start in range(0, len(self.mean), CHUNK):
            part = slice(start, start + CHUNK)
            values, coordinates = (
                None if own is None else own[:, part] for own in (self.values, self.coordinates)
            )
            yield Batch(values, self.mean[part], self.total[part], coordinates)


@dataclass(frozen=True)
class Piece:
    """Residuals of some left-out rows at one penalty.

    Attributes
    ----------
    rows : ndarray of int, shape (folds, size)
        Whole folds.
    place : int
        Of the penalty in the grid.
    columns : slice or ndarray of int
        Targets of the batch.
    residuals : array, shape (folds * size, columns)
    """

    rows: np.ndarray
    place: int
    columns: slice | np.ndarray
    residuals: Array


@dataclass(frozen=True)
class Errors:
    """Squared errors of some left-out rows at one penalty.

    Attributes
    ----------
    place : int
        Of the penalty in the grid.
    columns : slice or ndarray of int
        Targets of the batch.
    values : ndarray of float64, shape (columns,)
        Summed over the rows.
    """

    place: int
    columns: slice | np.ndarray
    values: np.ndarray


class HeldOut(Protocol):
    """Predicts left-out rows for each penalty of a grid.

    Attributes
    ----------
    needs_values : bool
        Whether coordinates in the decomposition of all rows are not enough.
    one_by_one : bool
        Whether penalties asked for one after the other cost no more than together. If they do,
        what a batch needs is kept until the next one, and batches should be small.
    """

    needs_values: bool
    one_by_one: bool

    def residuals(self, batch: Batch, wanted: np.ndarray) -> Iterator[Piece]:
        """Yield the residuals of every row, for each penalty and target that is wanted.

        Parameters
        ----------
        batch : Batch
            With coordinates, or with values where these are needed.
        wanted : ndarray of bool, shape (a, q)
        """
        ...

    def squared_errors(self, batch: Batch, wanted: np.ndarray) -> Iterator[Errors]:
        """Yield the same residuals squared and summed, which may cost less."""
        ...


def squared(backend: Backend, pieces: Iterator[Piece]) -> Iterator[Errors]:
    """Square and sum residuals."""
    for piece in pieces:
        values = backend.dots(piece.residuals, piece.residuals)
        yield Errors(piece.place, piece.columns, values)


def chunks(mask: np.ndarray) -> Iterator[slice | np.ndarray]:
    """Cut the targets that are true into pieces of bounded size; neighbours into slices."""
    found = np.flatnonzero(mask)
    for start in range(0, len(found), CHUNK):
        some = found[start : start + CHUNK]
        first, last = int(some[0]), int(some[-1])
        yield slice(first, last + 1) if last - first == len(some) - 1 else some
