"""Parts of a recording are written by one job each, and read again where they are joined."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.parts import Part
from afterimage.contracts.trials import Recording
from afterimage.ingest.findings import read_findings, write_findings


def write_part(
    responses: str, findings: str, name: str, part: Part, provenance: dict[str, Any]
) -> int:
    """Write the responses of a part, and what was learnt while they were read.

    Parameters
    ----------
    responses, findings : str
        Paths of the two files.
    name : str
        Of the part.
    part : Part
        Its blocks are exhausted.
    provenance : dict
        For the response file's metadata.

    Returns
    -------
    int
        The number of trials.
    """
    written = 0
    with ArrayWriter(
        responses,
        keys={"trial_id": "string"},
        shape=part.shape,
        dims=part.dims,
        unit=part.unit,
        provenance=provenance,
    ) as writer:
        for ids, block in part.blocks:
            writer.write({"trial_id": ids}, block)
            written += len(ids)
    write_findings(findings, name, part.findings)
    return written


def joined(recording: Recording, responses: Sequence[str], findings: Sequence[str]) -> Recording:
    """Return a recording whose responses and findings are those of its parts.

    Parameters
    ----------
    recording : Recording
        With its tables.
    responses, findings : sequence of str
        The files of :func:`write_part`, in the order of the parts.

    Raises
    ------
    DataError
        If a file of findings is missing or damaged; in the stream, if one of responses is.
    """
    found = dict(read_findings(path) for path in findings)
    return replace(recording, blocks=partial(_blocks, responses), found=found)


def _blocks(paths: Sequence[str]) -> Iterator[tuple[list[str], np.ndarray]]:
    for path in paths:
        part = ArrayFile(path)
        ids = part.keys["trial_id"].tolist()
        for rows, block in part.stream():
            yield ids[rows], block
