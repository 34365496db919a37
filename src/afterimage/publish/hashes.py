"""Hashes of many files at a time, and what a folder holds."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from afterimage.contracts.files import sha256_of
from afterimage.contracts.progress import progress

# Hashing leaves Python's lock; more threads than this only wait for the disk.
THREADS = 4


def files_of(root: Path, outputs: Iterable[str]) -> Iterator[str]:
    """Yield each file of outputs, those of folders one by one, relative to the root."""
    for output in outputs:
        path = root / output
        if path.is_dir():
            inner = sorted(one for one in path.rglob("*") if one.is_file())
            yield from (one.relative_to(root).as_posix() for one in inner)
        else:
            yield output


def hashes_of(root: Path, files: Iterable[str], what: str = "hashing") -> dict[str, str]:
    """Return the SHA-256 of each file.

    Parameters
    ----------
    root : Path
    files : iterable of str
        Existing ones, relative to the root.
    what : str
        What the progress bar says.

    Returns
    -------
    dict of str to str
        64 hexadecimal digits by file.
    """
    names = list(files)
    with ThreadPoolExecutor(THREADS) as pool:
        hashed = pool.map(sha256_of, (root / name for name in names))
        return dict(zip(names, progress(hashed, len(names), what), strict=True))
