"""From coordinates in millimetres back to a volume that can be sliced."""

from dataclasses import dataclass

import numpy as np

# Of the spacing: coordinates are rounded to a thousandth of a millimetre.
TOLERANCE = 0.05


@dataclass(frozen=True)
class VoxelGrid:
    """A box of voxels around the channels.

    Attributes
    ----------
    index : ndarray of int, shape (n, 3)
        Cell of each channel along x, y and z.
    shape : tuple of int
    spacing : ndarray of float, shape (3,)
        In millimetres.
    origin : ndarray of float, shape (3,)
        Coordinates of cell (0, 0, 0) in millimetres.
    """

    index: np.ndarray
    shape: tuple[int, int, int]
    spacing: np.ndarray
    origin: np.ndarray

    @property
    def affine(self) -> np.ndarray:
        """From cells to millimetres, shape (4, 4)."""
        affine = np.diag([*self.spacing, 1.0])
        affine[:3, 3] = self.origin
        return affine


def voxel_grid(coordinates: np.ndarray) -> VoxelGrid:
    """Find the grid on which channels lie.

    Along each axis the spacing is the smallest distance between different coordinates, if all
    others are multiples of it (an axis-aligned volume); otherwise (an oblique volume, or
    electrodes) one cubic cell as wide as the median distance to the nearest neighbour.

    Parameters
    ----------
    coordinates : ndarray, shape (n, 3)
        In millimetres, without NaN, n at least 1.
    """
    steps = [_step(axis) for axis in coordinates.T]
    spacing = np.array(
        [_neighbour_distance(coordinates) if None in steps else step for step in steps],
        dtype=np.float64,
    )
    origin = coordinates.min(axis=0)
    index = np.rint((coordinates - origin) / spacing).astype(np.int64)
    width, depth, height = (int(n) for n in index.max(axis=0) + 1)
    return VoxelGrid(index, (width, depth, height), spacing, origin)


def _step(axis: np.ndarray) -> float | None:
    """Return the spacing of one axis, or None if its coordinates are on no regular grid."""
    distinct = np.unique(np.round(axis, 3))
    if len(distinct) == 1:
        return 1.0
    # An oblique volume of n voxels has about n^(2/3) different coordinates on an axis.
    if len(distinct) > 8 + 4 * len(axis) ** (1 / 3):
        return None
    gaps = np.diff(distinct)
    multiples = gaps / gaps.min()
    regular = np.abs(multiples - np.rint(multiples)).max() <= TOLERANCE
    return float(gaps.min()) if regular else None


def _neighbour_distance(coordinates: np.ndarray) -> float:
    from scipy.spatial import cKDTree

    if len(coordinates) < 2:
        return 1.0
    nearest = cKDTree(coordinates).query(coordinates, k=2)[0][:, 1]
    positive = nearest[nearest > 0]
    return float(np.median(positive)) if len(positive) else 1.0
