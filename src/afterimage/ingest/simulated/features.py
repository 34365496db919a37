"""What the simulated voxels see of a picture: coarse colours, orientation energy, category."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from afterimage.contracts.truth import block_means
from afterimage.ingest.simulated.pictures import CATEGORIES, Pictures

COLOUR_SIDE = 16
GABOR_SIDE = 32
GABOR_CYCLES = (2, 4, 8)  # per picture
GABOR_ORIENTATIONS = 4
GABOR_GRID = 8
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class Views:
    """Pictures as the simulated voxels see them.

    Attributes
    ----------
    colour : ndarray of float32, shape (n, 16, 16, 3)
        Values 0 to 1.
    energy : ndarray of float32, shape (n, 3 frequencies, 4 orientations, 64 places)
        Root of the energy of a quadrature pair.
    category : ndarray of float32, shape (n, n_categories)
        One in the column of the picture's category.
    """

    colour: np.ndarray
    energy: np.ndarray
    category: np.ndarray

    def rows(self, order: np.ndarray) -> "Views":
        """Return some rows, in the given order."""
        return Views(self.colour[order], self.energy[order], self.category[order])


def views(pictures: Pictures) -> Views:
    """Describe pictures for :func:`afterimage.ingest.simulated.brain.responses`.

    Parameters
    ----------
    pictures : Pictures
        Their side is a multiple of 32 pixels.
    """
    small = block_means(pictures.images, GABOR_SIDE).astype(np.float32)
    count = len(pictures)
    grey = (small @ LUMA).reshape(count, -1)
    pair = (grey @ _gabor_bank()).reshape(count, 2, -1)
    energy = np.sqrt(pair[:, 0] ** 2 + pair[:, 1] ** 2)
    shown = np.array([CATEGORIES.index(category) for category in pictures.categories], dtype=int)
    return Views(
        colour=block_means(pictures.images, COLOUR_SIDE).astype(np.float32),
        energy=energy.reshape(count, len(GABOR_CYCLES), GABOR_ORIENTATIONS, GABOR_GRID**2),
        category=np.eye(len(CATEGORIES), dtype=np.float32)[shown],
    )


def gabor_places() -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the Gabor filters, each of shape (64,), as fractions of the picture."""
    steps = (np.arange(GABOR_GRID) + 0.5) / GABOR_GRID
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return x.ravel(), y.ravel()


def gabor_orientations() -> np.ndarray:
    """Return the orientations of the filters in radians, shape (4,)."""
    return np.arange(GABOR_ORIENTATIONS) * np.pi / GABOR_ORIENTATIONS


@cache
def _gabor_bank() -> np.ndarray:
    """Return all filters as columns, shape (32 * 32, 2 phases * 3 * 4 * 64), float32.

    References
    ----------
    Kay et al. (2008), Identifying natural images from human brain activity, supplement 5.
    """
    steps = (np.arange(GABOR_SIDE) + 0.5) / GABOR_SIDE
    y, x = (axis.reshape(-1, 1, 1, 1) for axis in np.meshgrid(steps, steps, indexing="ij"))
    cycles = np.array(GABOR_CYCLES, dtype=float).reshape(-1, 1, 1)
    angle = gabor_orientations().reshape(-1, 1)
    right, down = (pixel - place for pixel, place in zip((x, y), gabor_places(), strict=True))
    phase = 2 * np.pi * cycles * (right * np.cos(angle) + down * np.sin(angle))
    envelope = np.exp(-(right**2 + down**2) * (cycles / 0.5) ** 2 / 2)
    filters = []
    for wave in (np.cos(phase), np.sin(phase)):
        # The even filter must not see the mean grey level, and all filters get the same norm.
        plain = envelope * (wave - (wave * envelope).sum(0) / envelope.sum(0))
        filters.append(plain / np.sqrt((plain**2).sum(axis=0)))
    bank = np.stack(filters, axis=1)
    # The far tails of a Gaussian become denormal numbers, which are a hundred times slower.
    bank[abs(bank) < 1e-9] = 0.0
    return bank.reshape(GABOR_SIDE**2, -1).astype(np.float32)
