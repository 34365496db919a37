"""A simulated cortical surface: two spheres, with the visual areas around their back poles."""

import numpy as np

from afterimage.ingest.simulated.average import average_sphere, average_white, is_average
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


def unit_spheres(space: str, vertices: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices of the left and right surface on unit spheres, the back poles at -y.

    Vertices of the real mesh are those that figures draw: a patch of them is a patch of cortex.
    """
    if is_average(space, vertices):
        return average_sphere("left"), average_sphere("right")
    left, right = vertices
    return sphere(left), sphere(right)


def white_surfaces(
    space: str, vertices: tuple[int, int]
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return the points in mm and the triangles of the left and of the right surface."""
    if is_average(space, vertices):
        return average_white("left"), average_white("right")
    both = unit_spheres(space, vertices)
    middles = (-1.05, 1.05)
    return tuple(
        (RADIUS_MM * (points + np.array([middle, 0, 0])), triangles(points))
        for points, middle in zip(both, middles, strict=True)
    )


def surface_sheet(
    voxels: int, spheres: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> Sheet:
    """Choose the vertices around the back poles and cut them into rings.

    Parameters
    ----------
    voxels : int
        Of both hemispheres together.
    spheres : tuple of ndarray, shape (vertices, 3)
        The left and the right surface on unit spheres (see :func:`unit_spheres`).
    rng : Generator
        Turns the map, so that subjects differ.
    """
    vertices = (len(spheres[0]), len(spheres[1]))
    points = np.concatenate(spheres)
    right = is_right(np.arange(len(points)), vertices)
    chosen = []
    for side, count in ((False, voxels - voxels // 2), (True, voxels // 2)):
        mine = np.flatnonzero(right == side)
        chosen.append(np.sort(mine[np.argsort(points[mine, 1], kind="stable")[:count]]))
    places = np.concatenate(chosen)
    area, across = bands(points[places, 1], right[places])
    turn = np.arctan2(points[places, 2], points[places, 0]) / (2 * np.pi) + rng.uniform()
    return Sheet(vertices, places, area, across, along=turn % 1)
