"""Where the simulated voxels lie: a folded sheet in a small volume, cut into visual areas."""

from dataclasses import dataclass

import numpy as np

VOLUME_SHAPE = (20, 16, 10)
LARGEST_SHEET = 1600
VOXEL_MM = 1.8
# Area and its share of the sheet, from back to front.
AREAS = {"V1": 0.30, "V2": 0.20, "V3": 0.15, "hV4": 0.15, "ventral": 0.20}


@dataclass(frozen=True)
class Sheet:
    """Voxels of a folded sheet, in C order of the X x Y x Z volume.

    Attributes
    ----------
    mask : ndarray of bool, shape (20, 16, 10)
    area : ndarray of str, shape (v,)
    across, along : ndarray, shape (v,)
        Place within the area (from back to front) and along the sheet, each from 0 to 1.
    """

    mask: np.ndarray
    area: np.ndarray
    across: np.ndarray
    along: np.ndarray


def folded_sheet(voxels: int, rng: np.random.Generator) -> Sheet:
    """Choose the voxels nearest to a folded surface and cut it into bands.

    Parameters
    ----------
    voxels : int
        At most 1600.
    rng : Generator
        Shifts the folds, so that subjects differ.
    """
    x, y, z = np.indices(VOLUME_SHAPE)
    shift = rng.uniform(0, 2 * np.pi)
    surface = 4.5 + 2.6 * np.sin(2 * np.pi * (x + 0.35 * y) / 12 + shift) + 0.08 * (y - x)
    nearest = np.argsort(abs(z - surface).ravel(), kind="stable")[:voxels]
    mask = np.zeros(VOLUME_SHAPE, dtype=bool)
    mask.ravel()[nearest] = True
    _, row, _ = np.nonzero(mask)
    # Voxels are in the order of x already: equal parts of that order are contiguous bands.
    rank = (np.arange(voxels) + 0.5) / voxels
    names, shares = list(AREAS), list(AREAS.values())
    edges = np.concatenate([[0.0], np.cumsum(shares)])
    number = np.clip(np.searchsorted(edges, rank) - 1, 0, len(names) - 1)
    return Sheet(
        mask=mask,
        area=np.array(names)[number],
        across=(rank - edges[number]) / np.array(shares)[number],
        along=(row + 0.5) / VOLUME_SHAPE[1],
    )


def affine() -> np.ndarray:
    """Return the NIfTI affine of the volume: 1.8 mm voxels, the origin near its middle."""
    matrix = np.diag([VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    matrix[:3, 3] = -VOXEL_MM * np.array(VOLUME_SHAPE) / 2
    return matrix
