"""Pictures of concepts: training concepts have several exemplars, test concepts one."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from afterimage.contracts.files import write_bytes
from afterimage.ingest.simulated.pictures import CATEGORIES, Pictures, draw_experiment
from afterimage.ingest.things_eeg2.config import Simulation, ThingsEeg2Config
from afterimage.ingest.things_eeg2.layout import PARTITIONS, SHORT, Partition
from afterimage.ingest.things_eeg2.simulator.pickled import save_dictionary

QUALITY = 95


@dataclass(frozen=True)
class Shown:
    """The pictures of one partition, in the order of the conditions.

    Attributes
    ----------
    pictures : Pictures
    folders, files : list of str
        "00001_face001" and "face001_01s.jpg".
    """

    pictures: Pictures
    folders: list[str]
    files: list[str]


def draw_shown(wanted: Simulation) -> dict[Partition, Shown]:
    """Draw the pictures of both partitions; concepts are kinds of one of the eight categories.

    Raises
    ------
    DataError
        If not enough different pictures can be drawn.
    """
    # Some pictures of each category are left over.
    spare = len(CATEGORIES) * (wanted.exemplars - 1)
    training, test = draw_experiment(
        wanted.concepts * wanted.exemplars + spare, wanted.test_concepts, wanted.side, wanted.seed
    )
    groups = _grouped(training.categories, wanted.exemplars)[: wanted.concepts]
    used = [training.categories[group[0]] for group in groups]
    names = _names([*used, *test.categories])
    return {
        "training": _shown(training, groups, names[: len(groups)]),
        "test": _shown(test, [[row] for row in range(len(test))], names[len(groups) :]),
    }


def _grouped(categories: list[str], size: int) -> list[list[int]]:
    """Return rows of one category in groups of a size, by the last row of each group."""
    open_groups: dict[str, list[int]] = {}
    done = []
    for row, category in enumerate(categories):
        group = open_groups.setdefault(category, [])
        group.append(row)
        if len(group) == size:
            done.append(open_groups.pop(category))
    return done


def _names(categories: list[str]) -> list[str]:
    counts = dict.fromkeys(CATEGORIES, 0)
    names = []
    for category in categories:
        counts[category] += 1
        names.append(f"{category}{counts[category]:03d}")
    return names


def _shown(pictures: Pictures, groups: list[list[int]], names: list[str]) -> Shown:
    """Put concepts into the order of their names, and number them."""
    order = sorted(range(len(groups)), key=names.__getitem__)
    rows = [row for place in order for row in groups[place]]
    folders, files = [], []
    for number, place in enumerate(order, 1):
        for exemplar in range(1, len(groups[place]) + 1):
            folders.append(f"{number:05d}_{names[place]}")
            files.append(f"{names[place]}_{exemplar:02d}s.jpg")
    return Shown(pictures.rows(rows), folders, files)


def write_pictures(root: Path, config: ThingsEeg2Config, shown: dict[Partition, Shown]) -> None:
    """Write all pictures as JPEG files, and the file that names them."""
    lists: dict[str, Any] = {}
    for part in PARTITIONS:
        own = shown[part]
        folder = root / config.pictures(part)
        for image, inside, name in zip(own.pictures.images, own.folders, own.files, strict=True):
            write_bytes(folder / inside / name, _jpeg(image))
        start = SHORT[part]
        lists[f"{start}_img_concepts"], lists[f"{start}_img_files"] = own.folders, own.files
        # Numbered otherwise in the published file, too: by the concept's place in THINGS.
        numbers = [f"{1000 + int(name[:5]):05d}{name[5:]}" for name in own.folders]
        lists[f"{start}_img_concepts_THINGS"] = numbers
    save_dictionary(root / config.metadata, lists, None, (), (), header=True)


def _jpeg(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return stream.getvalue()
