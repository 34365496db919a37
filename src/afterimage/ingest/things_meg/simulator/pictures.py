"""The simulated pictures: concepts are groups of pictures of one category."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from afterimage.contracts.files import write_text, written
from afterimage.ingest.simulated.pictures import CATEGORIES, Pictures, draw_experiment, joined
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import Simulation

JPEG_QUALITY = 95


@dataclass(frozen=True)
class Shown:
    """All pictures of the experiment, concept by concept.

    Attributes
    ----------
    pictures : Pictures
    stems : list of str
        File names without their endings; a test picture is the last of its concept.
    concept : ndarray of int, shape (n,)
        0-based.
    exemplar : ndarray of int, shape (n,)
        1-based; those of test pictures come after all others.
    is_test : ndarray of bool, shape (n,)
    """

    pictures: Pictures
    stems: list[str]
    concept: np.ndarray
    exemplar: np.ndarray
    is_test: np.ndarray


def draw_pictures(wanted: Simulation) -> Shown:
    """Draw all pictures, no two alike; those of test concepts from other photographs.

    Raises
    ------
    DataError
        If a photograph is missing, or not enough different pictures can be drawn.
    """
    each, test = wanted.exemplars, wanted.test_images
    spare = len(CATEGORIES)
    training, shared = draw_experiment(
        (wanted.concepts - test + spare) * each,
        (test + spare) * (each + 1),
        wanted.side,
        wanted.seed,
    )
    groups = _groups(training, each, wanted.concepts - test)
    groups += _groups(shared, each + 1, test)
    names = [f"{name}{number:04d}" for number, (name, _) in enumerate(groups, 1)]
    order = np.argsort(names, kind="stable").tolist()
    stems, concept, exemplar = [], [], []
    for place, row in enumerate(order):
        for number in range(1, len(groups[row][1]) + 1):
            stems.append(f"{names[row]}_{number:02d}{'s' if number > each else 'b'}")
            concept.append(place)
            exemplar.append(number)
    pictures = joined([groups[row][1] for row in order])
    numbers = np.array(exemplar)
    return Shown(pictures, stems, np.array(concept), numbers, numbers > each)


def write_pictures(root: Path, images: str, shown: Shown, ending: str) -> None:
    """Write one file for each picture, and the list of all."""
    for stem, image in zip(shown.stems, shown.pictures.images, strict=True):
        path = root / images / layout.concept_of(stem) / f"{stem}.{ending}"
        with written(path) as temporary:
            Image.fromarray(image).save(temporary, quality=JPEG_QUALITY)
    write_text(root / layout.IMAGE_PATHS, "".join(f"{line}\n" for line in _paths(shown)))


def _paths(shown: Shown) -> Iterator[str]:
    for stem in shown.stems:
        yield f"images/{layout.concept_of(stem)}/{stem}.jpg"


def _groups(pictures: Pictures, size: int, count: int) -> list[tuple[str, Pictures]]:
    """Return so many groups of pictures of one category each, with its name."""
    categories, groups = np.array(pictures.categories), []
    for category in CATEGORIES:
        rows = np.flatnonzero(categories == category)
        for start in range(0, len(rows) - size + 1, size):
            groups.append((category, pictures.rows(rows[start : start + size])))
    # Every category is there, also among few.
    places = np.linspace(0, len(groups) - 1, count).round().astype(int)
    return [groups[place] for place in places]
