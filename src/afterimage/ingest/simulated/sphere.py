"""A simulated cortical surface: two spheres, with the visual areas around their back poles."""

import numpy as np

from afterimage.ingest.simulated.sheet import Sheet, bands, is_right

RADIUS_MM = 60.0
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def sphere(vertices: int) -> np.ndarray:
    """Spread points evenly over the unit sphere.

    Parameters
    ----------
    vertices : int

    Returns
    -------
    ndarray, shape (vertices, 3)
        x, y (to the front), z (upwards).

    References
    ----------
    González (2010), Measurement of areas on a sphere using Fibonacci and latitude-longitude
    lattices, Mathematical Geosciences 42.
    """
    number = np.arange(vertices)
    height = 1 - (2 * number + 1) / vertices
    angle = GOLDEN_ANGLE * number
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(angle), across * np.sin(angle), height], axis=1)


def triangles(points: np.ndarray) -> np.ndarray:
    """Join points on a sphere to triangles that are seen anticlockwise from outside.

    Returns
    -------
    ndarray of int, shape (2 * vertices - 4, 3)
    """
    from scipy.spatial import ConvexHull

    corners = ConvexHull(points).simplices
    a, b, c = points[corners].transpose(1, 0, 2)
    inwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    corners[inwards] = corners[inwards][:, ::-1]
    return corners


def hemisphere_mm(points: np.ndarray, *, right: bool) -> np.ndarray:
    """Place a unit sphere beside the other one, in mm."""
    return RADIUS_MM * (points + np.array([1.05 if right else -1.05, 0, 0]))


def surface_sheet(voxels: int, vertices: tuple[int, int], rng: np.random.Generator) -> Sheet:
    """Choose the vertices around the back poles and cut them into rings.

    Parameters
    ----------
    voxels : int
        Of both hemispheres together.
    vertices : tuple of int
        Of the left and the right surface.
    rng : Generator
        Turns the map, so that subjects differ.
    """
    points = np.concatenate([sphere(count) for count in vertices])
    right = is_right(np.arange(len(points)), vertices)
    chosen = []
    for side, count in ((False, voxels - voxels // 2), (True, voxels // 2)):
        mine = np.flatnonzero(right == side)
        chosen.append(np.sort(mine[np.argsort(points[mine, 1], kind="stable")[:count]]))
    places = np.concatenate(chosen)
    area, across = bands(points[places, 1], right[places])
    turn = np.arctan2(points[places, 2], points[places, 0]) / (2 * np.pi) + rng.uniform()
    return Sheet(vertices, places, area, across, along=turn % 1)
