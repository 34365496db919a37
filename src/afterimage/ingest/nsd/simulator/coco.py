"""The photographs of COCO that the simulated pictures claim to be cut from, and their annotations.

Each picture is the square crop of a larger photograph of its own. Textures hold no objects, as some
photographs of COCO do; and the files tell of photographs that nobody saw.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.files import write_text
from afterimage.contracts.seeds import rng
from afterimage.ingest.nsd.layout import coco_files

SPLITS = ("train2017", "val2017")
VALIDATION_SHARE = 0.1
LARGEST_ID = 581_929
LONG_SIDE, SHORT_SIDE = 640, 480
CAPTIONS = 5  # of every photograph
UNSEEN = 3  # photographs of either split that are no picture
# Of the simulated categories: their number, name and group in COCO, if they are objects at all.
OBJECTS = {
    "face": (1, "person", "person"),
    "house": (6, "house", "building"),
    "tree": (64, "tree", "plant"),
    "shapes": (85, "toy", "indoor"),
    "photo-scene": (90, "landmark", "outdoor"),
}
WORDS = {
    "blob": "a coloured cloud",
    "face": "a person looking at the camera",
    "grating": "a pattern of stripes",
    "house": "a house with a door and two windows",
    "shapes": "a few coloured shapes",
    "tree": "a tree on a meadow",
    "photo-scene": "a scene with several things",
    "photo-texture": "a surface seen from near",
}
SENTENCES = (
    "A picture of {}.",
    "There is {}.",
    "This shows {}.",
    "A view of {} in the middle.",
    "{} fills the picture.",
)


@dataclass(frozen=True)
class Origins:
    """Photographs, one for each picture.

    Attributes
    ----------
    coco_id : ndarray of int, shape (n,)
        All different.
    split : ndarray of str, shape (n,)
        "train2017" or "val2017".
    size : ndarray of int, shape (n, 2)
        Height and width in pixels.
    crop : ndarray, shape (n, 4)
        What was cut off at the top, bottom, left and right, as shares of height and width.
    """

    coco_id: np.ndarray
    split: np.ndarray
    size: np.ndarray
    crop: np.ndarray


def draw_origins(count: int, seed: int) -> Origins:
    """Invent a photograph for each picture, in the order of their numbers.

    Parameters
    ----------
    count, seed : int
    """
    random = rng(seed, "coco")
    upright = random.uniform(size=count) < 0.3
    size = np.where(upright[:, None], (LONG_SIDE, SHORT_SIDE), (SHORT_SIDE, LONG_SIDE))
    lost = 1 - SHORT_SIDE / LONG_SIDE
    first = np.round(random.uniform(0, lost, count) * LONG_SIDE) / LONG_SIDE
    crop = np.zeros((count, 4))
    side = np.where(upright, 0, 2)
    crop[np.arange(count), side] = first
    crop[np.arange(count), side + 1] = np.round(lost - first, 7)
    return Origins(
        coco_id=random.choice(LARGEST_ID, count, replace=False) + 1,
        split=np.array(SPLITS)[(random.uniform(size=count) < VALIDATION_SHARE).astype(int)],
        size=size,
        crop=crop,
    )


def write_annotations(root: Path, origins: Origins, categories: dict[int, str], seed: int) -> None:
    """Write captions and objects of both splits in COCO's structure.

    Parameters
    ----------
    root : Path
    origins : Origins
    categories : dict of int to str
        What the pictures show, by their 0-based number.
    seed : int
    """
    known = sorted(WORDS)
    taken = set(origins.coco_id.tolist())
    free = iter(number for number in range(1, LARGEST_ID) if number not in taken)
    for split in SPLITS:
        shown = [
            (int(origins.coco_id[number]), origins.size[number].tolist(), category)
            for number, category in sorted(categories.items())
            if origins.split[number] == split
        ]
        extra = [(next(free), [SHORT_SIDE, LONG_SIDE], known[number]) for number in range(UNSEEN)]
        random = rng(seed, "coco", split)
        _write_split(root, split, shown + extra, random)


def _write_split(
    root: Path, split: str, photographs: list[tuple[int, list[int], str]], random: Any
) -> None:
    images = [
        {"id": number, "file_name": f"{number:012d}.jpg", "height": size[0], "width": size[1]}
        for number, size, _ in photographs
    ]
    captions: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    for number, size, category in photographs:
        texts = [sentence.format(WORDS[category]) for sentence in SENTENCES[:CAPTIONS]]
        captions += [{"image_id": number, "caption": text} for text in texts]
        if category in OBJECTS:
            objects += _objects(number, size, OBJECTS[category][0], random)
    named = [{"supercategory": g, "id": i, "name": n} for i, n, g in OBJECTS.values()]
    paths = coco_files(split)
    _write(root / paths[0], split, images, _numbered(captions, random))
    _write(root / paths[1], split, images, _numbered(objects, random), categories=named)


def _objects(number: int, size: list[int], category: int, random: Any) -> list[dict[str, Any]]:
    """Draw one to three boxes."""
    found = []
    for share in random.uniform(0.1, 0.9, (int(random.integers(1, 4)), 4)):
        height, width = (
            round(float(s * extent), 2) for s, extent in zip(share, size, strict=False)
        )
        left, top = (
            round(float(s * (extent - own)), 2)
            for s, extent, own in zip(share[2:], size[::-1], (width, height), strict=True)
        )
        corners = [left, top, left + width, top, left + width, top + height, left, top + height]
        found.append(
            {
                "image_id": number,
                "category_id": category,
                "bbox": [left, top, width, height],
                "area": round(width * height, 2),
                "segmentation": [[round(corner, 2) for corner in corners]],
                "iscrowd": 0,
            }
        )
    return found


def _numbered(annotations: list[dict[str, Any]], random: Any) -> list[dict[str, Any]]:
    """Give numbers in a random order: COCO's annotations are not sorted by photograph."""
    order = random.permutation(len(annotations)).tolist()
    return [{**annotations[row], "id": number} for number, row in enumerate(order, start=1)]


def _write(
    path: Path, split: str, images: list[Any], annotations: list[Any], **more: list[Any]
) -> None:
    content = {
        "info": {"description": f"Simulated annotations in the structure of COCO {split}"},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        **more,
    }
    write_text(path, json.dumps(content, separators=(",", ":")) + "\n")
