"""Crops of the photographs that come inside scikit-image and scikit-learn, tile by tile.

A photograph is cut into tiles with a gutter between them and every crop lies within one tile, so
that two crops of different tiles share no pixel. Tiles, not photographs, are split into training
and test: with whole photographs held out the two sides would be different populations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from afterimage.contracts.errors import DataError

TILE_PIXELS = 150
GUTTER_PIXELS = 4
SMALLEST_CROP = 72
TEST_SHARE = 0.25
SCENE, TEXTURE = "photo-scene", "photo-texture"
SKIMAGE, SKLEARN = ("skimage", "data"), ("sklearn", "datasets/images")

# File, where it lies, what it shows. One picture of the stereo pair only: the other is its double.
PHOTOGRAPHS: tuple[tuple[str, tuple[str, str], str], ...] = (
    ("astronaut.png", SKIMAGE, SCENE),
    ("brick.png", SKIMAGE, TEXTURE),
    ("camera.png", SKIMAGE, SCENE),
    ("cell.png", SKIMAGE, TEXTURE),
    ("chelsea.png", SKIMAGE, SCENE),
    ("china.jpg", SKLEARN, SCENE),
    ("coffee.png", SKIMAGE, SCENE),
    ("coins.png", SKIMAGE, TEXTURE),
    ("flower.jpg", SKLEARN, SCENE),
    ("grass.png", SKIMAGE, TEXTURE),
    ("gravel.png", SKIMAGE, TEXTURE),
    ("hubble_deep_field.jpg", SKIMAGE, TEXTURE),
    ("ihc.png", SKIMAGE, TEXTURE),
    ("moon.png", SKIMAGE, TEXTURE),
    ("motorcycle_left.png", SKIMAGE, SCENE),
    ("page.png", SKIMAGE, TEXTURE),
    ("retina.jpg", SKIMAGE, TEXTURE),
    ("rocket.jpg", SKIMAGE, SCENE),
)


@dataclass(frozen=True)
class Tile:
    """A part of a photograph.

    Attributes
    ----------
    source_id : str
        "photograph/tile", as in the table of stimuli.
    category : str
        What kind of photograph it is.
    pixels : ndarray of uint8, shape (height, width, 3)
    test : bool
        Whether shared (test) pictures are cut from it, or training pictures.
    """

    source_id: str
    category: str
    pixels: np.ndarray
    test: bool


def cut_tiles(rng: np.random.Generator) -> list[Tile]:
    """Cut every photograph into tiles and choose a quarter of each one's tiles for the test.

    Parameters
    ----------
    rng : Generator
        Chooses the test tiles.

    Returns
    -------
    list of Tile
        In the order of photographs, then rows, then columns.

    Raises
    ------
    DataError
        If a photograph is missing or unreadable.
    """
    tiles = []
    for name, place, category in PHOTOGRAPHS:
        pieces = _pieces(_read(_folder(*place) / name))
        count = max(1, round(TEST_SHARE * len(pieces)))
        chosen = set(rng.choice(len(pieces), count, replace=False).tolist())
        stem = Path(name).stem
        tiles += [
            Tile(f"{stem}/{index:02d}", category, pixels, index in chosen)
            for index, pixels in enumerate(pieces)
        ]
    return tiles


def draw_crops(
    tiles: Sequence[Tile], category: str, count: int, side: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[str]]:
    """Draw square crops of tiles of one category, at random place and size.

    Parameters
    ----------
    tiles : sequence of Tile
        The allowed ones.
    category : str
    count : int
    side : int
        Of the pictures, in pixels; crops of 72 to 150 pixels are resized to it.
    rng : Generator

    Returns
    -------
    images : ndarray of uint8, shape (count, side, side, 3)
    sources : list of str
        Tile of each picture.
    """
    # A photograph first, then one of its tiles: large photographs would crowd out the others.
    photographs: dict[str, list[Tile]] = {}
    for tile in tiles:
        if tile.category == category:
            photographs.setdefault(tile.source_id.split("/")[0], []).append(tile)
    allowed = list(photographs.values())
    images = np.empty((count, side, side, 3), dtype=np.uint8)
    sources = []
    for row in range(count):
        choices = allowed[rng.integers(len(allowed))]
        tile = choices[rng.integers(len(choices))]
        height, width = tile.pixels.shape[:2]
        crop = int(rng.integers(min(SMALLEST_CROP, height, width), min(height, width) + 1))
        top, left = (int(rng.integers(extent - crop + 1)) for extent in (height, width))
        piece = Image.fromarray(tile.pixels[top : top + crop, left : left + crop])
        images[row] = np.asarray(piece.resize((side, side), Image.Resampling.BOX))
        sources.append(tile.source_id)
    return images, sources


def _pieces(photograph: np.ndarray) -> list[np.ndarray]:
    """Cut a photograph into tiles of about 150 pixels, leaving a gutter between neighbours."""
    rows, columns = (_spans(extent) for extent in photograph.shape[:2])
    return [photograph[top:bottom, left:right] for top, bottom in rows for left, right in columns]


def _spans(extent: int) -> list[tuple[int, int]]:
    count = max(1, round(extent / TILE_PIXELS))
    edges = np.linspace(0, extent + GUTTER_PIXELS, count + 1).astype(int)
    return [(int(start), int(stop) - GUTTER_PIXELS) for start, stop in pairwise(edges)]


def _read(path: Path) -> np.ndarray:
    package = "scikit-image" if "skimage" in path.parts else "scikit-learn"
    remedy = f"Install {package} again, in the version of requirements.lock."
    try:
        with Image.open(path) as photograph:
            return np.asarray(photograph.convert("RGB"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: the photograph is missing.", remedy) from error
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}: not a readable photograph ({error}).", remedy) from error


@cache
def _folder(package: str, inside: str) -> Path:
    # By path: importing scikit-learn for two photographs would take a second.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"the package '{package}', which holds photographs, is not installed.",
            "Install the packages of requirements.lock.",
        )
    return Path(spec.submodule_search_locations[0]) / inside
