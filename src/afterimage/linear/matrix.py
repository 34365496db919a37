"""Matrices that are read a piece at a time: arrays in memory, rows of memory-mapped files."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

BLOCK_BYTES = 64 << 20


class Matrix(Protocol):
    """Something with rows and columns, of which pieces can be read."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        ...

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        """Return some rows of some columns; both slices have a step of one."""
        ...


class SomeRows:
    """Some rows of a matrix, in ascending order.

    Parameters
    ----------
    matrix : Matrix, shape (n, p)
    rows : ndarray of int, shape (k,)
    """

    def __init__(self, matrix: Matrix, rows: np.ndarray) -> None:
        self._matrix = matrix
        self._rows = rows
        self.shape = (len(rows), matrix.shape[1])

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        rows = self._rows[piece[0]]
        first, last = int(rows[0]), int(rows[-1])
        return self._matrix[slice(first, last + 1), piece[1]][rows - first]


def row_blocks(matrix: Matrix) -> Iterator[slice]:
    """Cut the rows into blocks of bounded size."""
    n, p = matrix.shape
    size = max(1, BLOCK_BYTES // (8 * max(p, 1)))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def column_blocks(matrix: Matrix, width: int | None = None) -> Iterator[slice]:
    """Cut the columns into blocks of bounded size, or of so many columns."""
    n, q = matrix.shape
    size = width or max(1, BLOCK_BYTES // (8 * max(n, 1)))
    for start in range(0, q, size):
        yield slice(start, min(start + size, q))


def whole(matrix: Matrix, part: slice) -> np.ndarray:
    """Return all rows of some columns."""
    return matrix[slice(0, matrix.shape[0]), part]
