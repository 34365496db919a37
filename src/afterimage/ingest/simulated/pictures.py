"""The pictures of the simulated experiment: half photographs, half drawn, no two alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.phash import hamming_matrix, phash
from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.photographs import SCENE, TEXTURE, Tile, cut_tiles, draw_crops
from afterimage.ingest.simulated.procedural import PROCEDURAL

# Half of each; objects and scenes are more legible in a reconstruction than textures.
SHARES = {
    "blob": 0.04,
    "face": 0.13,
    "grating": 0.04,
    "house": 0.13,
    "shapes": 0.06,
    "tree": 0.10,
    SCENE: 0.33,
    TEXTURE: 0.17,
}
CATEGORIES = tuple(SHARES)
LARGEST_NEAR_DUPLICATE = 4  # bits of the perceptual hash: the audit's own threshold
SMALLEST_CONTRAST = 0.06  # sd of grey levels: crops of plain sky all have the same hash
BATCH = 64
ROUNDS = 50


@dataclass(frozen=True)
class Pictures:
    """Pictures and what is known of them, row by row.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, side, side, 3)
    sources : list of str
        "photograph/tile" or, for a drawn picture, a name of its own.
    categories : list of str
    """

    images: np.ndarray
    sources: list[str]
    categories: list[str]

    def __len__(self) -> int:
        return len(self.sources)

    def rows(self, order: Sequence[int] | np.ndarray) -> "Pictures":
        """Return some rows, in the given order."""
        return Pictures(
            self.images[order],
            [self.sources[row] for row in order],
            [self.categories[row] for row in order],
        )


def draw_experiment(training: int, shared: int, side: int, seed: int) -> tuple[Pictures, Pictures]:
    """Draw training and shared pictures, from different tiles and no two alike.

    Parameters
    ----------
    training, shared : int
        Numbers of pictures.
    side : int
        In pixels.
    seed : int

    Returns
    -------
    training, shared : Pictures
        All perceptual hashes differ in more than 4 bits, within and between the two.
    """
    tiles = _tiles(seed)
    hashes: list[str] = []
    return (
        _draw_distinct("training", training, [t for t in tiles if not t.test], side, seed, hashes),
        _draw_distinct("shared", shared, [t for t in tiles if t.test], side, seed, hashes),
    )


def draw_reference(count: int, side: int, seed: int) -> Pictures:
    """Draw pictures from the population: the same generator over all tiles.

    Parameters
    ----------
    count, side, seed : int
    """
    tiles = _tiles(seed)
    parts = [
        _draw(category, number, tiles, side, rng(seed, "reference", category))
        for category, number in _numbers(count).items()
    ]
    return joined(parts)


def _tiles(seed: int) -> list[Tile]:
    return cut_tiles(rng(seed, "tiles"))


def _numbers(count: int) -> dict[str, int]:
    """Share pictures out to the categories, largest remainders first."""
    exact = {category: share * count for category, share in SHARES.items()}
    numbers = {category: int(value + 1e-9) for category, value in exact.items()}
    by_remainder = sorted(CATEGORIES, key=lambda category: numbers[category] - exact[category])
    for category in by_remainder[: count - sum(numbers.values())]:
        numbers[category] += 1
    return numbers


def _draw_distinct(
    side_name: str, count: int, tiles: list[Tile], side: int, seed: int, hashes: list[str]
) -> Pictures:
    """Draw pictures that differ from each other and from ``hashes``, which grows."""
    parts = []
    for category, number in _numbers(count).items():
        random = rng(seed, side_name, category)
        missing = number
        for _ in range(ROUNDS):
            drawn = _draw(category, missing, tiles, side, random)
            parts.append(drawn.rows(_unlike(drawn.images, hashes)))
            missing -= len(parts[-1])
            if not missing:
                break
        else:
            raise DataError(
                f"only {number - missing} of {number} different pictures of category "
                f"'{category}' could be drawn.",
                "Ask for fewer pictures, or another seed, in the data set's 'simulate'.",
            )
    pictures = joined(parts)
    mixed = pictures.rows(rng(seed, side_name, "order").permutation(count))
    # A drawn picture is its own source; crops share that of their tile.
    names = [
        source or f"drawn-{category}/{side_name}-{row:04d}"
        for row, (source, category) in enumerate(zip(mixed.sources, mixed.categories, strict=True))
    ]
    return Pictures(mixed.images, names, mixed.categories)


def _unlike(images: np.ndarray, hashes: list[str]) -> list[int]:
    """Return the rows that resemble nothing earlier, and add their hashes to the list."""
    kept = []
    for row, image in enumerate(images):
        new = phash(image)
        if not hashes or hamming_matrix([new], hashes).min() > LARGEST_NEAR_DUPLICATE:
            hashes.append(new)
            kept.append(row)
    return kept


def _draw(
    category: str, count: int, tiles: list[Tile], side: int, random: np.random.Generator
) -> Pictures:
    """Draw pictures of one category that have some contrast."""
    images = np.empty((0, side, side, 3), dtype=np.uint8)
    sources: list[str] = []
    while len(images) < count:
        batch = min(BATCH, count - len(images))
        if category in PROCEDURAL:
            drawn, names = PROCEDURAL[category](batch, side, random), [""] * batch
        else:
            drawn, names = draw_crops(tiles, category, batch, side, random)
        clear = np.flatnonzero(_contrast(drawn) >= SMALLEST_CONTRAST)
        images = np.concatenate([images, drawn[clear]])
        sources += [names[row] for row in clear]
    return Pictures(images, sources, [category] * count)


def _contrast(images: np.ndarray) -> np.ndarray:
    grey = images.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return grey.std(axis=(1, 2)) / 255


def joined(parts: Sequence[Pictures]) -> Pictures:
    """Put pictures one after another."""
    return Pictures(
        np.concatenate([part.images for part in parts]),
        [source for part in parts for source in part.sources],
        [category for part in parts for category in part.categories],
    )
