"""Training rows as the linear engine reads them: from files, where they are many."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from afterimage.linear.matrix import Matrix
from afterimage.models.training import TrainingData

# Above this, rows are read from the array file, or from a copy of what is computed from it.
IN_MEMORY_BYTES = 512 << 20
BLOCK_ROWS = 512


class TargetColumns:
    """Values of the stimulus side, straight from their file.

    Parameters
    ----------
    data : TrainingData
        Whose outputs belong to the stimulus.
    """

    def __init__(self, data: TrainingData) -> None:
        self._data = data
        self.shape = (data.n, data.widths[1])

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        rows = np.arange(self.shape[0])[piece[0]]
        return self._data.read_y_columns(rows, piece[1])


def input_matrix(data: TrainingData, work: Path | None) -> Matrix:
    """Return the inputs (n, p): in memory, or copied row by row to a scratch file if large."""
    return _kept(data.read_x, data.n, data.widths[0], work, "inputs")


def target_matrix(data: TrainingData, work: Path | None) -> Matrix:
    """Return the outputs (n, q): in memory, or read by column from a file if large."""
    if _large(data.n, data.widths[1]) and data.stimulus_side == "y":
        return TargetColumns(data)
    return _kept(data.read_y, data.n, data.widths[1], work, "targets")


def weight_array(shape: tuple[int, int], work: Path | None) -> np.ndarray:
    """Return room for float32 weights: in memory, or in a scratch file if large."""
    if work is None or not _large(*shape):
        return np.empty(shape, dtype=np.float32)
    return _scratch(work / "weights", shape)


def _kept(
    read: Callable[[np.ndarray], np.ndarray], n: int, width: int, work: Path | None, name: str
) -> np.ndarray:
    if work is None or not _large(n, width):
        return read(np.arange(n))
    copied = _scratch(work / name, (n, width))
    for start in range(0, n, BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, n))
        copied[rows] = read(rows)
    return copied


def _large(n: int, width: int) -> bool:
    return 4 * n * width > IN_MEMORY_BYTES


def _scratch(path: Path, shape: tuple[int, int]) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    return np.memmap(path, np.float32, "w+", shape=shape)
