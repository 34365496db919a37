"""Captions and objects of pictures, from COCO's annotation files.

The larger of these files hold half a gigabyte of outlines, so they are streamed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.ingest.nsd.layout import coco_files

SPLITS = ("train2017", "val2017")
REMEDY = (
    "Download annotations_trainval2017.zip from cocodataset.org and unpack it into coco/ beside "
    "nsddata/, or leave out `coco: true`."
)


@dataclass
class CocoPictures:
    """What COCO's annotators said of pictures, by COCO id.

    Attributes
    ----------
    captions : dict of int to list of str
        In the order of the annotations' ids.
    objects : dict of int to list of str
        Names of the categories in a picture, by descending total area.
    """

    captions: dict[int, list[str]] = field(default_factory=dict)
    objects: dict[int, list[str]] = field(default_factory=dict)


def read_coco(root: Path, wanted: Mapping[str, Iterable[int]]) -> CocoPictures:
    """Read the annotations of some pictures.

    Parameters
    ----------
    root : Path
    wanted : mapping of str to iterable of int
        COCO ids of each split, "train2017" or "val2017".

    Raises
    ------
    DataError
        If a file is missing or damaged, or a split is unknown.
    """
    pictures = CocoPictures()
    for split in sorted(wanted):
        if split not in SPLITS:
            raise DataError(f"cocoSplit '{split}': COCO's files are of {SPLITS}.", REMEDY)
        ids = set(wanted[split])
        captions, objects = (root / name for name in coco_files(split))
        pictures.captions.update(_captions(captions, ids))
        pictures.objects.update(_objects(objects, ids))
    return pictures


def _captions(path: Path, ids: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[tuple[int, str]]] = {}
    for image, number, caption in _items(path, "annotations", ("image_id", "id", "caption")):
        if image in ids:
            found.setdefault(image, []).append((number, " ".join(caption.split())))
    return {image: [text for _, text in sorted(texts)] for image, texts in found.items()}


def _objects(path: Path, ids: set[int]) -> dict[int, list[str]]:
    """Order the categories of each picture by the area of all their objects.

    The area is that of the whole COCO picture: what the crop of the experiment cut off counts too.
    """
    areas: dict[int, dict[int, float]] = {}
    for image, number, area in _items(path, "annotations", ("image_id", "category_id", "area")):
        if image in ids:
            own = areas.setdefault(image, {})
            own[number] = own.get(number, 0.0) + float(area)
    # The names stand behind the outlines: a second pass, and no half gigabyte in memory.
    names = dict(_items(path, "categories", ("id", "name")))
    unknown = {number for own in areas.values() for number in own} - set(names)
    if unknown:
        raise DataError(f"{path}: no name for category {min(unknown)}.", REMEDY)
    return {
        image: [names[number] for number in sorted(own, key=lambda n: (-own[n], n))]
        for image, own in areas.items()
    }


def _items(path: Path, key: str, fields: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Stream some fields of the objects in the list under one key of a JSON file."""
    import ijson

    seen = 0
    try:
        with path.open("rb") as stream:
            for item in ijson.items(stream, f"{key}.item", use_float=True):
                seen += 1
                yield tuple(item[name] for name in fields)
    except FileNotFoundError as error:
        raise DataError(f"{path}: COCO's annotations are missing.", REMEDY) from error
    except KeyError as error:
        raise DataError(f"{path}: an entry of '{key}' has no {error}.", REMEDY) from error
    except (OSError, TypeError, ijson.JSONError) as error:
        raise DataError(f"{path}: not a complete file of annotations ({error}).", REMEDY) from error
    if not seen:
        raise DataError(f"{path}: no '{key}' in it.", REMEDY)
