"""The mesh of FreeSurfer's average brain (fsaverage5), which comes with nilearn."""

from typing import Any, Literal

import numpy as np

VERTICES = 10_242

Side = Literal["left", "right"]


def is_average(space: str, vertices: tuple[int, int]) -> bool:
    """Return whether two surfaces are those of the mesh."""
    return space == "fsaverage" and vertices == (VERTICES, VERTICES)


def average_sphere(side: Side) -> np.ndarray:
    """Return the vertices on the unit sphere, turned until the occipital pole lies at -y.

    Returns
    -------
    ndarray, shape (10242, 3)
        x, y (to the front), z (upwards).
    """
    points = np.asarray(_mesh("sphere", side).coordinates, dtype=np.float64)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    # The rearmost point of the folded surface; FreeSurfer's sphere has it below its own pole.
    pole = points[average_white(side)[0][:, 1].argmin()]
    return points @ _turn(pole, np.array([0.0, -1.0, 0.0])).T


def average_white(side: Side) -> tuple[np.ndarray, np.ndarray]:
    """Return points (in mm) and triangles of the white surface, (10242, 3) and (20480, 3)."""
    mesh = _mesh("white_matter", side)
    return np.asarray(mesh.coordinates, dtype=np.float64), np.asarray(mesh.faces)


def _turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the smallest rotation of one unit vector onto another that is not its opposite.

    References
    ----------
    Rodrigues' formula, with the sine and cosine taken from the two products.
    """
    x, y, z = np.cross(start, end)
    across = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + across + across @ across / (1 + start @ end)


def _mesh(name: str, side: Side) -> Any:
    from nilearn.datasets import load_fsaverage

    return load_fsaverage("fsaverage5")[name].parts[side]
