"""The pictures of the Natural Scenes Dataset and what is known of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.stimuli import Stimulus
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.coco import CocoPictures, read_coco
from afterimage.ingest.nsd.stimulus_table import read_stimulus_table
from afterimage.ingest.own_values import refuse_foreign_values

REMEDY = "Download it again; pictures and tables must come from the same release."
# Column of the published table, and the kind of annotation that it becomes.
PUBLISHED = {"cocoId": "coco_id", "cocoSplit": "coco_split", "cropBox": "crop_box"}


def read_stimuli(root: Path, numbers: np.ndarray, coco: bool) -> Iterator[Stimulus]:
    """Yield pictures one at a time.

    Parameters
    ----------
    root : Path
    numbers : ndarray of int
        0-based, ascending.
    coco : bool
        Whether captions and objects are read from COCO's files. A picture's category is then the
        one whose objects cover the largest area of the uncropped picture.

    Raises
    ------
    DataError
        If a file is missing or damaged, or a picture is not in it.
    """
    known, images = _known(root, numbers, coco), _images(root, numbers)
    for number, about, image in zip(numbers.tolist(), known, images, strict=True):
        source, category, said = about
        yield Stimulus(layout.stimulus_id(number), source, category, image, said)


def _images(root: Path, numbers: np.ndarray) -> Iterator[np.ndarray]:
    import h5py

    path = root / layout.PICTURES
    try:
        with h5py.File(path, "r") as file:
            if layout.PICTURE_KEY not in file:
                raise DataError(f"{path}: no '{layout.PICTURE_KEY}' in the file.", REMEDY)
            brick = file[layout.PICTURE_KEY]
            refuse_foreign_values(path, brick)
            if brick.ndim != 4 or brick.shape[3] != 3 or brick.dtype != np.uint8:
                raise ShapeError(
                    f"{path}: {brick.dtype} of shape {brick.shape}, expected uint8 of pictures x "
                    "height x width x 3.",
                    REMEDY,
                )
            if len(numbers) and numbers[-1] >= len(brick):
                raise DataError(
                    f"{path}: {len(brick)} pictures, but picture {numbers[-1]} was shown.", REMEDY
                )
            for number in numbers.tolist():
                yield brick[number]
    except OSError as error:
        raise DataError(f"{path}: not a complete HDF5 file ({error}).", REMEDY) from error


Known = tuple[str, str | None, tuple[tuple[str, str], ...]]


def _known(root: Path, numbers: np.ndarray, coco: bool) -> Iterator[Known]:
    """Yield source_id, category and annotations of some pictures, in their order."""
    path = root / layout.STIMULUS_TABLE
    published = _rows_of(path, read_stimulus_table(path), numbers)
    said = read_coco(root, _by_split(path, published)) if coco else CocoPictures()
    simulated = _simulated(root, numbers)
    columns = [name for name in PUBLISHED if name in published]
    for number, entry in zip(numbers.tolist(), published[columns].to_dict("records"), strict=True):
        coco_id = int(entry["cocoId"])
        objects = said.objects.get(coco_id, [])
        annotations = [
            *((PUBLISHED[name], str(entry[name])) for name in columns),
            *(("caption", text) for text in said.captions.get(coco_id, [])),
            *(("category", name) for name in objects),
        ]
        source, category = f"coco{coco_id}", objects[0] if objects else None
        if simulated is not None:
            source, category = simulated[number]
        yield source, category, tuple(annotations)


def _simulated(root: Path, numbers: np.ndarray) -> dict[int, tuple[str, str | None]] | None:
    """Return source and category by a simulation's own table, which knows more, if it is there."""
    path = root / layout.SIDECAR
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, usecols=["nsdId", "source_id", "category"])
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({error}).", REMEDY) from error
    table = _rows_of(path, table.set_index("nsdId"), numbers)
    named = table["category"].astype(object).where(table["category"].notna(), None)
    pairs = zip(table["source_id"].astype(str), named, strict=True)
    return dict(zip(numbers.tolist(), pairs, strict=True))


def _rows_of(path: Path, table: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    missing = sorted(set(numbers.tolist()) - set(table.index))
    if missing:
        raise DataError(f"{path}: no row for picture {missing[0]} (nsdId counts from 0).", REMEDY)
    return table.loc[numbers]


def _by_split(path: Path, table: pd.DataFrame) -> dict[str, list[int]]:
    if "cocoSplit" not in table:
        raise DataError(f"{path}: no column cocoSplit.", REMEDY)
    return {str(split): own["cocoId"].tolist() for split, own in table.groupby("cocoSplit")}
