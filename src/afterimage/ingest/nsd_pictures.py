"""The pictures of the Natural Scenes Dataset and the table that says what they are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.stimuli import Stimulus
from afterimage.ingest import nsd_layout as layout

REMEDY = "Download it again; pictures and tables must come from the same release."


def read_stimuli(root: Path, numbers: np.ndarray) -> Iterator[Stimulus]:
    """Yield pictures one at a time.

    Parameters
    ----------
    root : Path
    numbers : ndarray of int
        0-based, ascending.

    Raises
    ------
    DataError
        If a file is missing or damaged, or a picture is not in it.
    """
    import h5py

    sources = _sources(root, numbers)
    path = root / layout.PICTURES
    try:
        with h5py.File(path, "r") as file:
            if layout.PICTURE_KEY not in file:
                raise DataError(f"{path}: no '{layout.PICTURE_KEY}' in the file.", REMEDY)
            brick = file[layout.PICTURE_KEY]
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
            for number, (source, category) in zip(numbers.tolist(), sources, strict=True):
                yield Stimulus(layout.stimulus_id(number), source, category, brick[number])
    except OSError as error:
        raise DataError(f"{path}: not a complete HDF5 file ({error}).", REMEDY) from error


def _sources(root: Path, numbers: np.ndarray) -> list[tuple[str, str | None]]:
    """Return source_id and category of some pictures, in their order."""
    published = _table(root / layout.STIMULUS_TABLE, ["nsdId", "cocoId"])
    published["source_id"] = "coco" + published["cocoId"].astype(str)
    published["category"] = None
    known = root / layout.SIDECAR
    if known.exists():
        # A simulation knows more than the published table can say.
        published = _table(known, ["nsdId", "source_id", "category"])
    table = published.set_index("nsdId")
    missing = sorted(set(numbers.tolist()) - set(table.index))
    if missing or not table.index.is_unique:
        what = f"no row for picture {missing[0]}" if missing else "a picture has two rows"
        where = known if known.exists() else root / layout.STIMULUS_TABLE
        raise DataError(f"{where}: {what} (nsdId counts from 0).", REMEDY)
    chosen = table.loc[numbers]
    named = chosen["category"].astype(object).where(chosen["category"].notna(), None)
    return list(zip(chosen["source_id"].astype(str), named, strict=True))


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        return pd.read_csv(path, usecols=columns)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: missing, or without {columns} ({error}).", REMEDY) from error
