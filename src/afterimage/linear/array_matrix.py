"""A memory-mapped Arrow file as a matrix: what is asked for is read, the rest stays on disk."""

import numpy as np

from afterimage.contracts.arrays import ArrayFile


class ArrayMatrix:
    """Rows of an array file, flattened.

    Parameters
    ----------
    file : ArrayFile
    rows : ndarray of int, shape (n,), optional
        Which rows, in which order, such as ``file.rows(stimulus_id=...)``; by default all.
    """

    def __init__(self, file: ArrayFile, rows: np.ndarray | None = None) -> None:
        self._file = file
        self._rows = np.arange(len(file)) if rows is None else np.asarray(rows)
        self.shape = (len(self._rows), int(np.prod(file.shape, dtype=np.int64)))

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        return self._file.read_columns(self._rows[piece[0]], piece[1])
