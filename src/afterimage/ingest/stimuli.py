"""From an adapter's stimuli to the table of stimuli and the file of pictures."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.annotations import ANNOTATIONS
from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageWriter
from afterimage.contracts.phash import phash
from afterimage.contracts.stimuli import STIMULI, Stimulus
from afterimage.contracts.tables import write_table

PICTURES_PER_BATCH = 256


def ingest_stimuli(
    stimuli: Iterable[Stimulus], outputs: Mapping[str, str], provenance: dict[str, Any]
) -> int:
    """Write the tables of stimuli and their pictures, a batch in memory at a time.

    Parameters
    ----------
    stimuli : iterable of Stimulus
    outputs : mapping of str to str
        Paths `stimuli`, `images` and `annotations`.
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
    annotations: list[tuple[str, str, int, str]] = []
    source = iter(stimuli)
    with ImageWriter(
        outputs["images"], keys={"stimulus_id": "string"}, provenance=provenance
    ) as writer:
        for batch in _batches(source):
            rows += [describe(stimulus) for stimulus in batch]
            annotations += [row for stimulus in batch for row in annotations_of(stimulus)]
            shown = [s for s in batch if s.image is not None]
            writer.write(
                {"stimulus_id": [s.stimulus_id for s in shown]},
                [s.image for s in shown if s.image is not None],
            )
        if not rows:
            raise DataError(
                f"{outputs['stimuli']}: the data set has no stimuli.",
                "Check its file in config/datasets/.",
            )
        frame = pd.DataFrame(rows, columns=STIMULI.names)
        frame = frame.astype({"width": "int32", "height": "int32"})
        write_table(outputs["stimuli"], frame, STIMULI)
        known = pd.DataFrame(annotations, columns=ANNOTATIONS.names).astype({"number": "int32"})
        write_table(outputs["annotations"], known, ANNOTATIONS)
    return len(rows)


def _batches(source: Iterator[Stimulus]) -> Iterator[list[Stimulus]]:
    while batch := list(islice(source, PICTURES_PER_BATCH)):
        yield batch


def annotations_of(stimulus: Stimulus) -> Iterator[tuple[str, str, int, str]]:
    """Yield a row for each annotation, numbered within its kind."""
    seen: Counter[str] = Counter()
    for kind, value in stimulus.annotations:
        yield stimulus.stimulus_id, kind, seen[kind], value
        seen[kind] += 1


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
