"""What Snakemake remembers of each output, read from and written to its own folder.

Snakemake keeps one JSON file per output under ``.snakemake/metadata``, named by the URL-safe
base64 of the output's name, in folders "@..." where the name is too long for one file.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text

FOLDER = Path(".snakemake") / "metadata"
LONGEST_NAME = 255

# Times and numbers of processes: they differ between two runs that make the same bytes.
OF_THE_RUN = frozenset({"starttime", "endtime", "job_hash", "external_jobid"})

Metadata = dict[str, dict[str, Any]]


def read_metadata(root: Path) -> Metadata:
    """Return Snakemake's record of each output, by the output's name.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.

    Returns
    -------
    dict of str to dict
        Without what differs from run to run.

    Raises
    ------
    DataError
        If a record is no JSON object.
    """
    folder = root / FOLDER
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {_output_of(path.relative_to(folder)): _read(path) for path in paths}


def write_metadata(root: Path, metadata: Metadata) -> None:
    """Give records to Snakemake; those of other outputs stay."""
    for output, record in metadata.items():
        write_text(root / FOLDER / _place_of(output), json.dumps(record))


def chosen(metadata: Metadata, outputs: Collection[str]) -> Metadata:
    """Return the records of some outputs, sorted by name."""
    return {output: metadata[output] for output in sorted(outputs)}


def _place_of(output: str) -> Path:
    name = urlsafe_b64encode(output.encode()).decode()
    step = LONGEST_NAME - 1
    *folders, last = [name[i : i + step] for i in range(0, len(name), step)]
    return Path(*(f"@{folder}" for folder in folders), last)


def _output_of(place: Path) -> str:
    name = "".join(part.removeprefix("@") for part in place.parts)
    return urlsafe_b64decode(name).decode()


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(content, dict):
        raise _damaged(path, f"expected an object, found {type(content).__name__}")
    return {key: value for key, value in content.items() if key not in OF_THE_RUN}


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a record of Snakemake's ({why}).",
        "Delete it; the job that it belongs to will run again.",
    )
