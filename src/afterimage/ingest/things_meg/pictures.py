"""The pictures of THINGS that the subjects saw."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from afterimage.contracts.errors import DataError
from afterimage.contracts.stimuli import Stimulus
from afterimage.ingest.things_meg import layout

REMEDY = "Download and unpack the pictures of THINGS: docs/datasets/things_meg.md says how."
ENDINGS = (".jpg", ".png")
SHOWN = 3


def pictures_seen(tables: Sequence[pd.DataFrame]) -> list[str]:
    """Return the file stems of all pictures in some tables of trials, sorted."""
    return sorted({stem for table in tables for stem in table["stem"][~table["is_catch"]]})


def picture_files(root: Path, images: str, stems: Sequence[str]) -> list[str]:
    """Return where pictures lie, relative to the root, in the given order.

    Raises
    ------
    DataError
        If some are missing, with their number.
    """
    if not (root / images).is_dir():
        raise DataError(f"{root / images}: the folder of the pictures is missing.", REMEDY)
    found = [_file_of(root, images, stem) for stem in stems]
    missing = [stem for stem, name in zip(stems, found, strict=True) if name is None]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        named = ", ".join(f"{layout.concept_of(stem)}/{stem}.jpg" for stem in missing[:SHOWN])
        raise DataError(
            f"{root / images}: {len(missing)} of {len(stems)} pictures that were shown are "
            f"missing: {named}{more}.",
            REMEDY,
            missing,
        )
    return [name for name in found if name is not None]


def read_pictures(root: Path, images: str, stems: Sequence[str]) -> Iterator[Stimulus]:
    """Yield pictures one at a time; their source and their category is the concept."""
    for stem, name in zip(stems, picture_files(root, images, stems), strict=True):
        try:
            with Image.open(root / name) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
            raise DataError(
                f"{root / name}: not a complete picture ({error}).", "Download it again."
            ) from error
        concept = layout.concept_of(stem)
        yield Stimulus(stem, concept, concept, pixels)


def _file_of(root: Path, images: str, stem: str) -> str | None:
    names = (f"{images}/{layout.concept_of(stem)}/{stem}{ending}" for ending in ENDINGS)
    return next((name for name in names if (root / name).is_file()), None)
