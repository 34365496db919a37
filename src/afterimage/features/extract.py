"""Describe every stimulus of a data set once, in batches, into one array file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.annotations import ANNOTATIONS
from afterimage.contracts.arrays import ArrayWriter
from afterimage.contracts.errors import DataError
from afterimage.contracts.progress import progress
from afterimage.contracts.seams import Extractor
from afterimage.features.captions import with_captions


class Pictures(Protocol):
    """What is needed of an `ImageFile`."""

    def rows(self, **key: Sequence) -> np.ndarray:
        """Return row numbers by key."""
        ...

    def image(self, row: int) -> np.ndarray:
        """Decode one row to uint8, shape (height, width, 3)."""
        ...


def extract_features(
    stimuli: pd.DataFrame,
    images: Pictures | None,
    extractor: Extractor,
    writer_path: Path | str,
    batch_size: int = 64,
    provenance: Mapping[str, Any] | None = None,
    annotations: pd.DataFrame | None = None,
) -> None:
    """Stream the features of all stimuli to an array file with the key stimulus_id.

    Memory holds one batch, however many stimuli there are.

    Parameters
    ----------
    stimuli : DataFrame
        Table of stimuli; the file has its rows in its order.
    images : ImageFile or None
        Pictures by stimulus_id; not read for an extractor that needs only the table.
    extractor : Extractor
        Not yet prepared.
    writer_path : Path or str
        The array file to be written.
    batch_size : int
        Stimuli at a time. Changes speed and memory, and results by rounding at most.
    provenance : mapping, optional
        Recorded in the file, beside the extractor's own `details` if it has such.
    annotations : DataFrame, optional
        In the columns of ANNOTATIONS, for an extractor that reads captions.

    Raises
    ------
    DataError
        If there are no stimuli, if one lacks a picture or a caption that is needed, or if a
        feature is not a finite number; it names the stimuli.
    """
    pictures = _needed_pictures(stimuli, images, extractor)
    if extractor.needs == "captions":
        none = pd.DataFrame(columns=ANNOTATIONS.names, dtype=str)
        stimuli = with_captions(stimuli, none if annotations is None else annotations)
    extractor.prepare(stimuli)
    writer = ArrayWriter(
        writer_path,
        keys={"stimulus_id": "string"},
        shape=extractor.shape,
        dims=extractor.dims,
        unit=extractor.unit,
        provenance={**(provenance or {}), **getattr(extractor, "details", {})},
    )
    starts = range(0, len(stimuli), batch_size)
    with writer:
        for start in progress(starts, len(starts), "features"):
            batch = stimuli.iloc[start : start + batch_size]
            ids = batch["stimulus_id"].tolist()
            block = extractor.extract(_read(pictures, ids), batch)
            _check_finite(block, ids, Path(writer_path))
            writer.write({"stimulus_id": ids}, block)


def _needed_pictures(
    stimuli: pd.DataFrame, images: Pictures | None, extractor: Extractor
) -> Pictures | None:
    """Return the pictures if the extractor reads them, after a look at whether all are there."""
    if len(stimuli) == 0:
        raise DataError(
            "stimuli table: there are no stimuli.", "Check what the data set's entry selects."
        )
    if extractor.needs != "image":
        return None
    bare = stimuli["stimulus_id"] if images is None else stimuli.query("width == 0")["stimulus_id"]
    if len(bare):
        raise DataError(
            f"stimuli table: {len(bare)} of {len(stimuli)} stimuli have no picture, such as "
            f"{bare.tolist()[:5]}, and extractor '{_name(extractor)}' reads pictures.",
            "Give the data set its pictures, or choose an extractor that reads the table "
            "('category', or 'huggingface' with tower: text).",
        )
    return images


def _name(extractor: Extractor) -> str:
    return str(getattr(getattr(extractor, "config", None), "name", type(extractor).__name__))


def _read(pictures: Pictures | None, ids: list[str]) -> list[np.ndarray] | None:
    if pictures is None:
        return None
    return [pictures.image(int(row)) for row in pictures.rows(stimulus_id=ids)]


def _check_finite(block: np.ndarray, ids: list[str], path: Path) -> None:
    finite = np.isfinite(block.reshape(len(block), -1)).all(axis=1)
    if not finite.all():
        names = [name for name, good in zip(ids, finite, strict=True) if not good]
        raise DataError(
            f"{path}: features of {len(names)} stimuli hold NaN or infinity, such as {names[:5]}.",
            "Look at these pictures; if they are sound, the extractor or its weights are not.",
        )
