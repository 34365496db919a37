"""From an adapter's stimuli to the table of stimuli and the file of pictures."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageWriter
from afterimage.contracts.phash import phash
from afterimage.contracts.stimuli import STIMULI, Stimulus
from afterimage.contracts.tables import write_table

PICTURES_PER_BATCH = 256


def ingest_stimuli(
    stimuli: Iterable[Stimulus], table: Path | str, images: Path | str, provenance: dict[str, Any]
) -> int:
    """Write the table of stimuli and their pictures, a batch in memory at a time.

    Parameters
    ----------
    stimuli : iterable of Stimulus
    table, images : Path or str
        The two files to write.
    provenance : dict
        For the picture file's metadata.

    Returns
    -------
    int
        Number of stimuli.

    Raises
    ------
    DataError
        If there are none, or an id comes twice.
    """
    rows: list[dict[str, Any]] = []
    source = iter(stimuli)
    with ImageWriter(images, keys={"stimulus_id": "string"}, provenance=provenance) as writer:
        for batch in _batches(source):
            rows += [describe(stimulus) for stimulus in batch]
            shown = [s for s in batch if s.image is not None]
            writer.write(
                {"stimulus_id": [s.stimulus_id for s in shown]},
                [s.image for s in shown if s.image is not None],
            )
        if not rows:
            raise DataError(
                f"{table}: the data set has no stimuli.", "Check its file in config/datasets/."
            )
        frame = pd.DataFrame(rows, columns=STIMULI.names)
        write_table(table, frame.astype({"width": "int32", "height": "int32"}), STIMULI)
    return len(rows)


def _batches(source: Iterator[Stimulus]) -> Iterator[list[Stimulus]]:
    while batch := list(islice(source, PICTURES_PER_BATCH)):
        yield batch


def describe(stimulus: Stimulus) -> dict[str, Any]:
    """Return a stimulus's row: its size and hashes beside what the adapter says."""
    image = stimulus.image
    row: dict[str, Any] = {
        "stimulus_id": stimulus.stimulus_id,
        "source_id": stimulus.source_id,
        "category": stimulus.category,
        "width": 0,
        "height": 0,
        "sha256": "",
        "phash": "",
    }
    if image is not None:
        row["height"], row["width"] = image.shape[:2]
        row["sha256"] = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
        row["phash"] = phash(image)
    return row
