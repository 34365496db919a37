"""The places that a simulated recording fills: a brain in a volume, or two whole surfaces."""

from dataclasses import dataclass

import numpy as np

from afterimage.ingest.simulated.sheet import Sheet, is_right

# Half axes of the brain as shares of the volume: about a third of the volume is brain.
BRAIN_SIZE = 0.42


@dataclass(frozen=True)
class Grid:
    """The volume or the pair of surfaces that holds a sheet.

    Attributes
    ----------
    shape : tuple of int
        X, Y, Z, or the numbers of vertices of the left and the right surface.
    brain : ndarray of int
        Places that hold data (see :class:`afterimage.ingest.simulated.sheet.Sheet`), ascending.
    cortex : ndarray of int
        Places of grey matter: the sheet and what lies next to it.
    """

    shape: tuple[int, ...]
    brain: np.ndarray
    cortex: np.ndarray

    @property
    def size(self) -> int:
        """Number of places."""
        return int(sum(self.shape) if len(self.shape) == 2 else np.prod(self.shape))

    @property
    def right(self) -> np.ndarray:
        """Which places lie in the right hemisphere, shape (size,)."""
        return is_right(np.arange(self.size), self.shape)

    def columns(self, places: np.ndarray) -> np.ndarray:
        """Return the positions of some places among those of the brain."""
        return np.searchsorted(self.brain, places)


def grid_around(sheet: Sheet) -> Grid:
    """Put a liberal brain around a sheet; a surface is brain everywhere."""
    if len(sheet.shape) == 2:
        everywhere = np.arange(sum(sheet.shape))
        return Grid(sheet.shape, everywhere, everywhere)
    from scipy.ndimage import binary_dilation

    mask = np.zeros(sheet.shape, dtype=bool)
    mask.ravel()[sheet.places] = True
    cortex = binary_dilation(mask)
    axes = (((np.arange(n) - (n - 1) / 2) / (BRAIN_SIZE * n)) ** 2 for n in sheet.shape)
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    brain = (x + y + z <= 1) | cortex
    return Grid(sheet.shape, np.flatnonzero(brain), np.flatnonzero(cortex))


def affine(shape: tuple[int, ...], millimetres: float) -> np.ndarray:
    """Return the NIfTI affine of a volume whose origin is near its middle."""
    matrix = np.diag([millimetres, millimetres, millimetres, 1.0])
    matrix[:3, 3] = -millimetres * np.array(shape) / 2
    return matrix
