"""One file from the bucket to its place, in one go or in several."""

import os
import re
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.jobs import NO_SPACE
from afterimage.ingest.fetch.bar import ByteBar
from afterimage.ingest.fetch.bucket import (
    Bucket,
    ConnectionLostError,
    ObjectChangedError,
    RemoteFile,
)
from afterimage.ingest.fetch.check import Check, Digest, digest_file
from afterimage.ingest.fetch.parallel import Workers

# How often a file is begun anew because it changed on the way or came out wrong.
STARTS = 3
# How often a broken connection is mended without a byte having come through.
MENDS = 5
LONGEST_PAUSE = 30.0
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9-]")


def part_of(target: Path, etag: str) -> Path:
    """Return where an unfinished file lies; an object's next version has another name."""
    return target.with_name(f"{target.name}.{NOT_IN_NAMES.sub('_', etag)}.part")


def unfinished_bytes(target: Path, file: RemoteFile) -> int:
    """Return how much of a file an earlier try has left."""
    part = part_of(target, file.etag)
    return min(part.stat().st_size, file.size) if part.is_file() else 0


def download(
    bucket: Bucket, file: RemoteFile, root: Path, bar: ByteBar, workers: Workers
) -> tuple[RemoteFile, Check]:
    """Download one file; it gets its name when it is complete and verified.

    Parameters
    ----------
    bucket : Bucket
    file : RemoteFile
    root : Path
    bar : ByteBar
        Is told every byte.
    workers : Workers
        Tells when to give up.

    Returns
    -------
    RemoteFile
        The object that was downloaded: a later version if it changed on the way.
    Check
        What it was verified by.

    Raises
    ------
    DataError
        If it vanished, does not stop changing, comes out wrong each time, or cannot be read or
        written.
    """
    target = root / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    trouble = ""
    for _ in range(STARTS):
        check = bucket.check_of(file)
        part = part_of(target, file.etag)
        _remove_other_parts(target, part)
        try:
            if _complete(bucket, file, part, check.start(), bar, workers):
                os.replace(part, target)
                return file, check
            trouble = f"its bytes do not give the {check.method} that the bucket tells"
        except ObjectChangedError:
            trouble = "it is changed while it is downloaded"
            file = _now(bucket, file)
        bar.add(-part.stat().st_size if part.exists() else 0)
        part.unlink(missing_ok=True)
    raise DataError(
        f"{file.url}: {trouble}, {STARTS} times in a row.", "Run again later; other files are kept."
    )


def _remove_other_parts(target: Path, kept: Path) -> None:
    # An ETag holds no dot: the parts of a file that is called "<name>.gz" are not meant.
    ours = re.compile(re.escape(target.name) + r"\.[A-Za-z0-9_-]+\.part")
    for path in target.parent.iterdir():
        if path != kept and ours.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _now(bucket: Bucket, file: RemoteFile) -> RemoteFile:
    found = bucket.describe(file.path)
    if found is None:
        raise DataError(
            f"{file.url}: it was removed from the bucket while it was downloaded.",
            "Run again later; other files are kept.",
        )
    return found


def _complete(
    bucket: Bucket, file: RemoteFile, part: Path, digest: Digest, bar: ByteBar, workers: Workers
) -> bool:
    """Bring an unfinished file to its full size; return whether it is right."""
    if part.is_file():
        if part.stat().st_size > file.size:
            part.unlink()
        else:
            digest_file(part, digest, lambda _: workers.go_on())
    lost = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            _append(bucket, file, part, digest, bar, workers)
            return part.stat().st_size == file.size and digest.matches()
        except ConnectionLostError as error:
            lost = 1 if part.stat().st_size > before else lost + 1
            if lost > MENDS:
                raise DataError(
                    f"{file.url}: {error}", "Check the network and run again: it goes on from here."
                ) from error
            workers.wait(min(2.0 ** (lost - 1), LONGEST_PAUSE))


def _append(
    bucket: Bucket, file: RemoteFile, part: Path, digest: Digest, bar: ByteBar, workers: Workers
) -> None:
    try:
        with part.open("ab") as stream:
            for data in bucket.read(file, stream.tell()):
                workers.go_on()
                stream.write(data)
                digest.update(data)
                bar.add(len(data))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DataError(
                f"{part}: no space left on the disk.",
                "Free some space and run again: the download goes on where it stopped.",
            ) from error
        raise
