"""What can be drawn of a recording's channels, by what is known of their places."""

from typing import Literal

import numpy as np

from afterimage.contracts.geometry import Geometry
from afterimage.report.mesh import has_mesh

MapKind = Literal["views", "no mesh", "slices", "no places"]


def map_kind(geometry: Geometry | None, coordinates: bool) -> MapKind:
    """Return what an encoding figure draws.

    Parameters
    ----------
    geometry : Geometry or None
        Of the recording.
    coordinates : bool
        Whether channels have coordinates.

    Returns
    -------
    {"views", "no mesh", "slices", "no places"}
        Views of a surface, slices of a volume, or why there is neither.
    """
    if has_mesh(geometry):
        return "views"
    if geometry is not None and geometry.kind == "surface":
        return "no mesh"
    return "slices" if coordinates else "no places"


def is_oblique(geometry: Geometry) -> bool:
    """Return whether the voxels of a volume stand askew to the axes of the body."""
    turned = np.abs(np.array(geometry.affine)[:3, :3]) > 0.001
    return bool((turned.sum(axis=0) != 1).any())
