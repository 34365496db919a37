"""What was fetched into a folder: the file ``.afterimage-fetch.json`` in it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text
from afterimage.ingest.fetch.bucket import RemoteFile
from afterimage.ingest.fetch.check import Check

NAME = ".afterimage-fetch.json"


@dataclass(frozen=True)
class Fetched:
    """One file as it was when it was complete.

    Attributes
    ----------
    path : str
        Relative to the folder.
    url : str
    size : int
    etag : str
    version : str or None
        If the bucket keeps versions.
    verified : str
        The checksum that its bytes were compared with, or "size" where the bucket tells none.
    mtime_ns : int
        When the file was last written to; another time means that it is verified again.
    """

    path: str
    url: str
    size: int
    etag: str
    version: str | None
    verified: str
    mtime_ns: int


class Record:
    """The files that were fetched into a folder, by path.

    Parameters
    ----------
    root : Path
        The folder; its record is read if there is one.

    Raises
    ------
    DataError
        If the record cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / NAME
        self._files: dict[str, Fetched] = {}
        if self._path.is_file():
            try:
                entries = json.loads(self._path.read_text(encoding="utf-8"))["files"]
                self._files = {entry["path"]: Fetched(**entry) for entry in entries}
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(
                    f"{self._path}: not a record of fetched files ({error}).",
                    "Delete it and run again: files that are there are verified, not downloaded.",
                ) from error

    def get(self, path: str) -> Fetched | None:
        """Return what is known of a file."""
        return self._files.get(path)

    def add(self, root: Path, file: RemoteFile, check: Check) -> None:
        """Note that a file is complete; ``write`` keeps it."""
        mtime = (root / file.path).stat().st_mtime_ns
        self._files[file.path] = Fetched(
            file.path, file.url, file.size, file.etag, file.version, check.text(), mtime
        )

    def write(self) -> None:
        """Write the record, or nothing."""
        entries = [asdict(self._files[path]) for path in sorted(self._files)]
        write_text(self._path, json.dumps({"files": entries}, indent=1) + "\n")
