"""A folder in which jobs can run again, beside results that stay as they are."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from afterimage.publish.metadata import FOLDER

PREFIX = ".afterimage-verify-"


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Give an empty folder in the same file system, so that files can be linked; then remove it."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def link_results(root: Path, scratch: Path, folders: Iterable[str]) -> dict[str, int]:
    """Link files and copy Snakemake's records into a scratch folder.

    A job never writes into a file that is there: Snakemake deletes its outputs first, which leaves
    the original its content, and what is written gets its name at the end.

    Parameters
    ----------
    root, scratch : Path
        Of one file system.
    folders : iterable of str
        Relative to the root; one that is absent is left out.

    Returns
    -------
    dict of str to int
        The inode of each linked file: another one means that the file was made again.
    """
    linked = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                name = path.relative_to(root).as_posix()
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(path, scratch / name)
                linked[name] = path.stat().st_ino
    if (root / FOLDER).is_dir():
        shutil.copytree(root / FOLDER, scratch / FOLDER)
    return linked


def made_again(scratch: Path, linked: dict[str, int]) -> list[str]:
    """Return the linked files that were made anew, or are gone."""
    return [
        name
        for name, inode in linked.items()
        if not (scratch / name).exists() or (scratch / name).stat().st_ino != inode
    ]
