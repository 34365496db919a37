"""The pictures of THINGS-EEG2."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from afterimage.contracts.errors import DataError
from afterimage.contracts.images import decode_image
from afterimage.contracts.stimuli import Stimulus
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.metadata import Conditions

REMEDY = (
    "Unpack training_images.zip and test_images.zip (osf.io/y63gw), or say where the concepts' "
    "folders lie: training_images, test_images in the data set's file."
)


def check_pictures(root: Path, conditions: Mapping[Partition, Conditions]) -> None:
    """Look for every picture; DataError with the number of missing ones."""
    missing = [
        name
        for part in PARTITIONS
        for name in conditions[part].files
        if not (root / name).is_file()
    ]
    if missing:
        total = sum(map(len, conditions.values()))
        raise DataError(
            f"{root / missing[0]}: missing, and so are {len(missing) - 1} other pictures of "
            f"{total}."
            if len(missing) > 1
            else f"{root / missing[0]}: the picture is missing.",
            REMEDY,
            missing,
        )


def read_pictures(root: Path, conditions: Mapping[Partition, Conditions]) -> Iterator[Stimulus]:
    """Yield every picture, training pictures first, in the order of the conditions.

    Raises
    ------
    DataError
        If one is missing or damaged.
    """
    check_pictures(root, conditions)
    for part in PARTITIONS:
        known = conditions[part]
        for stimulus, concept, name in zip(known.stimuli, known.concepts, known.files, strict=True):
            yield Stimulus(stimulus, concept, concept, _picture(root / name))


def _picture(path: Path) -> np.ndarray:
    try:
        return decode_image(path.read_bytes())
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable picture ({error}).", REMEDY) from error
