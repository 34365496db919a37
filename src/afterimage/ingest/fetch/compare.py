"""What of a data set is there already, what is to be downloaded, and what must not be touched."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.ingest.fetch.bar import ByteBar
from afterimage.ingest.fetch.bucket import Bucket, RemoteFile
from afterimage.ingest.fetch.check import digest_file
from afterimage.ingest.fetch.download import unfinished_bytes
from afterimage.ingest.fetch.parallel import Workers
from afterimage.ingest.fetch.record import Record
from afterimage.ingest.fetch.words import counted, named

REPLACE = (
    "Delete them, or have them replaced: --config "
    """'fetch={"accept_terms": true, "update": true}'; """
    "then `snakemake --forcerun list_stimuli list_recording`, with the same --configfile and "
    "--config, accepts the new files and reads them again."
)


@dataclass
class Work:
    """What one fetch has to do.

    Attributes
    ----------
    there : list of RemoteFile
        Complete, verified now or by an earlier fetch.
    missing : list of RemoteFile
    differing : dict of str to str
        Files of another size or content than the bucket's, with what is wrong with each.
    unfinished : int
        Bytes of the missing files that an earlier fetch has left.
    """

    there: list[RemoteFile] = field(default_factory=list)
    missing: list[RemoteFile] = field(default_factory=list)
    differing: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0

    def size(self) -> int:
        """Return the bytes that are still to come."""
        return sum(file.size for file in self.missing) - self.unfinished


def compare(
    bucket: Bucket,
    files: Sequence[RemoteFile],
    root: Path,
    record: Record,
    update: bool,
    workers: Workers,
) -> Work:
    """Compare a folder with the bucket; files without a sound record are verified by their bytes.

    Parameters
    ----------
    bucket : Bucket
    files : sequence of RemoteFile
        What the bucket holds.
    root : Path
    record : Record
        Of earlier fetches; files that are found to be right are added to it.
    update : bool
        Whether files that differ are to be replaced.
    workers : Workers

    Raises
    ------
    DataError
        Naming all files that differ, unless they are to be replaced.
    """
    work, unsure = Work(), []
    for file in files:
        changed = _changed(file, record)
        if changed and not update:
            work.differing[file.path] = changed
        elif not (root / file.path).is_file():
            work.missing.append(file)
        elif (root / file.path).stat().st_size != file.size:
            size = (root / file.path).stat().st_size
            work.differing[file.path] = f"{size} bytes here, {file.size} there"
            work.missing += [file] if update else []
        elif _is_known(file, root, record):
            work.there.append(file)
        else:
            unsure.append(file)
    _verify(bucket, unsure, root, record, update, work, workers)
    if work.differing and not update:
        _refuse(bucket, work.differing)
    work.unfinished = sum(unfinished_bytes(root / file.path, file) for file in work.missing)
    return work


def _changed(file: RemoteFile, record: Record) -> str:
    """Say that the bucket's file is not the one that was fetched, if so."""
    known = record.get(file.path)
    if known is None or known.url != file.url or known.etag == file.etag:
        return ""
    return f"changed in the bucket since it was fetched, ETag {known.etag} then, {file.etag} now"


def _is_known(file: RemoteFile, root: Path, record: Record) -> bool:
    """Return whether a file was verified before and not written to since."""
    known = record.get(file.path)
    if known is None or (known.url, known.etag) != (file.url, file.etag):
        return False
    return known.mtime_ns == (root / file.path).stat().st_mtime_ns


def _verify(
    bucket: Bucket,
    files: Sequence[RemoteFile],
    root: Path,
    record: Record,
    update: bool,
    work: Work,
    workers: Workers,
) -> None:
    """Compare the content of files that are there with the bucket's checksums."""
    bar = ByteBar("verifying", sum(file.size for file in files))

    def verified(file: RemoteFile) -> bool:
        check = bucket.check_of(file)
        digest = check.start()

        def each(size: int) -> None:
            bar.add(size)
            workers.go_on()

        digest_file(root / file.path, digest, each)
        if digest.matches():
            record.add(root, file, check)
        return digest.matches()

    for file, right in workers.each(lambda file: (file, verified(file)), files):
        if right:
            work.there.append(file)
        else:
            work.differing[file.path] = "its content is another one"
            work.missing += [file] if update else []
    bar.end()


def _refuse(bucket: Bucket, differing: dict[str, str]) -> None:
    lines = [f"{path} ({differing[path]})" for path in sorted(differing)]
    verb = "differs" if len(lines) == 1 else "differ"
    raise DataError(
        f"{counted(len(lines))} {verb} from what {bucket.url} holds: {named(lines)}.",
        REPLACE,
        lines,
    )
