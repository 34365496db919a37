"""Files appear whole or not at all, and their hashes can be told."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK_BYTES = 1 << 20


@contextmanager
def written(path: Path | str) -> Iterator[Path]:
    """Give a temporary sibling of ``path`` that takes its place on success.

    A job that dies, or a disk that fills, leaves nothing that a later run could take for a
    finished file. What a killed job left is removed by the next one that writes the same file;
    Snakemake's lock allows one at a time.

    Parameters
    ----------
    path : Path or str
        The file to be written; its folder is created.

    Yields
    ------
    Path
        Where to write. It is flushed to disk and renamed when the block ends, removed if it fails.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: writers such as matplotlib choose their format by it.
    head, tail = f".{target.stem}.", f".part{target.suffix}"
    temporary = target.with_name(f"{head}{os.getpid()}{tail}")
    ours = re.compile(re.escape(head) + r"\d+" + re.escape(tail))
    for left in target.parent.iterdir():
        if ours.fullmatch(left.name):
            left.unlink(missing_ok=True)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write a whole text file in UTF-8, or nothing."""
    with written(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a whole binary file, or nothing."""
    with written(path) as temporary:
        temporary.write_bytes(content)


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file, read in pieces.

    Parameters
    ----------
    path : Path or str
        An existing file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def scratch_beside(path: Path | str) -> Iterator[Path]:
    """Give a hidden folder beside a file, for checkpoints of the job that makes it.

    It is removed when the block ends well. A job that is killed leaves it, and the next try goes
    on from the checkpoints in it.
    """
    target = Path(path)
    folder = target.with_name(f".{target.stem}.work")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder)
