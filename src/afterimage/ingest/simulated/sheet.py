"""Where the simulated voxels of a volume lie: on folded sheets, cut into visual areas."""

from dataclasses import dataclass

import numpy as np

# Area and its share of a sheet, from back to front.
AREAS = {"V1": 0.30, "V2": 0.20, "V3": 0.15, "hV4": 0.15, "ventral": 0.20}
# The size that the folds below are drawn for; other volumes stretch them.
DRAWN_FOR = (20, 16, 10)


@dataclass(frozen=True)
class Sheet:
    """Visual cortex: voxels of a volume, or vertices of two surfaces.

    Attributes
    ----------
    shape : tuple of int
        X, Y, Z of the volume, or the numbers of vertices of the left and the right surface.
    places : ndarray of int, shape (v,)
        In C order of the volume, or vertices with the right ones after the left ones; ascending.
    area : ndarray of str, shape (v,)
    across, along : ndarray, shape (v,)
        Place within the area (from back to front) and along the sheet, each from 0 to 1.
    """

    shape: tuple[int, ...]
    places: np.ndarray
    area: np.ndarray
    across: np.ndarray
    along: np.ndarray


def folded_sheet(
    voxels: int, shape: tuple[int, int, int], sheets: int, rng: np.random.Generator
) -> Sheet:
    """Choose the voxels nearest to folded surfaces and cut them into bands.

    Parameters
    ----------
    voxels : int
        At most half of the volume.
    shape : tuple of int
        X, Y, Z.
    sheets : int
        1: one sheet, its bands from left to right. 2: one in each half, its bands from the middle
        outwards, so that either hemisphere has all areas.
    rng : Generator
        Shifts the folds, so that subjects differ.
    """
    mask = np.zeros(shape, dtype=bool)
    x = np.arange(shape[0])
    if sheets == 1:
        from_back = x.astype(float)
        _fold(mask, x * DRAWN_FOR[0] / shape[0], voxels, rng)
    else:
        from_back = abs(x - (shape[0] - 1) / 2)
        stretched = from_back * 2 * DRAWN_FOR[0] / shape[0]
        middle = -(-shape[0] // 2)
        _fold(mask[:middle], stretched[:middle], voxels - voxels // 2, rng)
        _fold(mask[middle:], stretched[middle:], voxels // 2, rng)
    column, row, level = np.nonzero(mask)
    right = is_right(np.flatnonzero(mask), shape) & (sheets == 2)
    depth = from_back[column]
    if sheets == 2:
        # A steep fold has many voxels at one distance from the middle.
        depth += level / shape[2]
    area, across = bands(depth, right)
    return Sheet(
        shape=shape,
        places=np.flatnonzero(mask),
        area=area,
        across=across,
        along=(row + 0.5) / shape[1],
    )


def bands(depth: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut each hemisphere into bands of equal depth, in the order and shares of the areas.

    Parameters
    ----------
    depth : ndarray, shape (v,)
        From back to front.
    right : ndarray of bool, shape (v,)

    Returns
    -------
    area : ndarray of str, shape (v,)
    across : ndarray, shape (v,)
        Place within the area, from 0 to 1.
    """
    rank = np.empty(len(depth))
    for side in (False, True):
        mine = np.flatnonzero(right == side)
        order = mine[np.argsort(depth[mine], kind="stable")]
        rank[order] = (np.arange(len(mine)) + 0.5) / max(len(mine), 1)
    names, shares = list(AREAS), list(AREAS.values())
    edges = np.concatenate([[0.0], np.cumsum(shares)])
    number = np.clip(np.searchsorted(edges, rank) - 1, 0, len(names) - 1)
    return np.array(names)[number], (rank - edges[number]) / np.array(shares)[number]


def is_right(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Tell which places lie in the right hemisphere: the second half of X, or surface."""
    if len(shape) == 2:
        return places >= shape[0]
    return places // (shape[1] * shape[2]) >= shape[0] / 2


def _fold(mask: np.ndarray, x: np.ndarray, voxels: int, rng: np.random.Generator) -> None:
    """Mark the voxels nearest to a wavy surface; ``x`` are the coordinates of the first axis."""
    y = np.arange(mask.shape[1]) * DRAWN_FOR[1] / mask.shape[1]
    z = np.arange(mask.shape[2]) * DRAWN_FOR[2] / mask.shape[2]
    x, y, z = np.meshgrid(x, y, z, indexing="ij", sparse=True)
    shift = rng.uniform(0, 2 * np.pi)
    surface = 4.5 + 2.6 * np.sin(2 * np.pi * (x + 0.35 * y) / 12 + shift) + 0.08 * (y - x)
    nearest = np.argsort(abs(z - surface).ravel(), kind="stable")[:voxels]
    # Not `ravel`: the mask may be a part of a larger one.
    mask[np.unravel_index(nearest, mask.shape)] = True
