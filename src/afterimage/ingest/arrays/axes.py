"""Named axes: from the order of a file to (rows, other dimensions, channels)."""

import math
from dataclasses import dataclass

import numpy as np

VOLUME = ("x", "y", "z")
OTHER = ("time", "frequency")


@dataclass(frozen=True)
class Layout:
    """How the axes of an array are read.

    Attributes
    ----------
    axes : tuple of str
        Of the file.
    shape : tuple of int
        Of the file.
    rows : tuple of str
        The axes that together count trials: ("trial",), ("time",) or ("stimulus", "repetition").
    """

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    rows: tuple[str, ...]

    @property
    def outer(self) -> int:
        """Position of the first row axis: files are read in slices along it."""
        return self.axes.index(self.rows[0])

    @property
    def inner(self) -> int:
        """Rows per step along the outer axis."""
        return math.prod(self.shape[self.axes.index(name)] for name in self.rows[1:])

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.shape[self.outer] * self.inner

    @property
    def others(self) -> tuple[str, ...]:
        """Dimensions beside rows and channels, such as time, in the file's order."""
        return tuple(name for name in self.axes if name in OTHER and name not in self.rows)

    @property
    def channel_axes(self) -> tuple[str, ...]:
        """The axis of channels, or x, y, z, in this order."""
        if set(VOLUME) <= set(self.axes):
            return VOLUME
        used = {*self.rows, *self.others}
        return tuple(name for name in self.axes if name not in used)

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions of one response; the channels are the last one."""
        channel = self.channel_axes
        return (*self.others, "voxel" if len(channel) != 1 else channel[0])

    @property
    def channels(self) -> int:
        """Number of channels, before any mask."""
        return math.prod(self.shape[self.axes.index(name)] for name in self.channel_axes)

    @property
    def item(self) -> tuple[int, ...]:
        """Shape of one response, before any mask."""
        return (*(self.shape[self.axes.index(name)] for name in self.others), self.channels)

    def arrange(self, block: np.ndarray) -> np.ndarray:
        """Bring a slice of the file to the shape (rows, *item)."""
        wanted = (*self.rows, *self.others, *self.channel_axes)
        moved = np.transpose(block, [self.axes.index(name) for name in wanted])
        return moved.reshape(-1, *self.item)


def default_axes(ndim: int, row: str, nifti: bool) -> tuple[str, ...] | None:
    """Return what axes mean where the YAML does not say; None if that would be a guess."""
    if nifti and ndim == 4:
        return (*VOLUME, row)
    return {1: (row,), 2: (row, "voxel")}.get(ndim)


def swapped(axes: tuple[str, ...], row: str, position: int) -> tuple[str, ...]:
    """Return the axes with the row axis at another position, for a remedy."""
    others = [name for name in axes if name != row]
    return (*others[:position], row, *others[position:])
