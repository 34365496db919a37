"""Which voxel of a volume shows which row of a table."""

import numpy as np
import pandas as pd

from afterimage.contracts.geometry import Geometry
from afterimage.evaluate.maps import fill
from afterimage.report.voxel_grid import voxel_grid

AXES = ["x", "y", "z"]


def placed_voxels(placed: pd.DataFrame, geometry: Geometry | None) -> tuple[np.ndarray, np.ndarray]:
    """Return which row of a table, from 1, each voxel of a volume shows, and its affine.

    Parameters
    ----------
    placed : DataFrame
        Columns index, x, y and z, without missing coordinates.
    geometry : Geometry or None
        Without one, the grid is found from the coordinates.

    Returns
    -------
    where : ndarray of int, shape (X, Y, Z)
        0: none.
    affine : ndarray, shape (4, 4)
    """
    rows = np.arange(1, len(placed) + 1)
    if geometry is not None:
        where = fill(geometry, placed["index"].to_numpy(dtype=np.int64), rows)
        return np.nan_to_num(where).astype(np.int32), np.array(geometry.affine)
    grid = voxel_grid(placed[AXES].to_numpy(dtype=np.float64))
    where = np.zeros(grid.shape, dtype=np.int32)
    where[tuple(grid.index.T)] = rows
    return where, grid.affine


def has_coordinates(channels: pd.DataFrame) -> bool:
    """Return whether any channel's place is known, so that a map can be drawn."""
    return bool(channels[AXES].notna().all(axis=1).any())
