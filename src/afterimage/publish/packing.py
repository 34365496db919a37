"""Snakemake's records of one stage as one file that is the same for the same records."""

import io
import json
import tarfile
from collections.abc import Collection
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_bytes
from afterimage.publish.metadata import Metadata

SUFFIX = ".json"


def pack(metadata: Metadata, path: Path) -> None:
    """Write records as a tar file: sorted, without times, owners or compression.

    Parameters
    ----------
    metadata : dict of str to dict
        By the name of the output.
    path : Path
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for output, record in sorted(metadata.items()):
            text = json.dumps(record, sort_keys=True, indent=1).encode()
            member = tarfile.TarInfo(output + SUFFIX)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    write_bytes(path, content.getvalue())


def unpack(path: Path, expected: Collection[str]) -> Metadata:
    """Read records that :func:`pack` wrote. Nothing is extracted to the disk.

    Parameters
    ----------
    path : Path
    expected : collection of str
        The outputs whose records may be in it.

    Returns
    -------
    dict of str to dict

    Raises
    ------
    DataError
        If it is no such file, or holds anything else.
    """
    found: Metadata = {}
    try:
        with tarfile.open(path, mode="r:") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                output = member.name.removesuffix(SUFFIX)
                if stream is None or output not in expected:
                    raise _wrong(path, f"'{member.name}' is not the record of one of its outputs")
                found[output] = json.load(stream)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise _wrong(path, str(error)) from None
    if not all(isinstance(record, dict) for record in found.values()):
        raise _wrong(path, "a record is no JSON object")
    return found


def _wrong(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a file of Snakemake's records ({why}).",
        "Ask who published it to publish it again.",
    )
