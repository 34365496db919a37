"""Download the raw files that a configuration needs from a public bucket."""

import fcntl
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from afterimage.contracts.config.experiment import Fetch
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.progress import tell
from afterimage.contracts.seams import Dataset, Fetchable, OptionallyFetchable, Simulated
from afterimage.ingest.fetch.bar import ByteBar
from afterimage.ingest.fetch.bucket import Bucket, RemoteFile
from afterimage.ingest.fetch.compare import Work, compare
from afterimage.ingest.fetch.download import download
from afterimage.ingest.fetch.dvc import check_repository, import_files
from afterimage.ingest.fetch.parallel import Workers
from afterimage.ingest.fetch.record import NAME, Record
from afterimage.ingest.fetch.words import counted, named, readable

LOCK = ".afterimage-fetch.lock"
log = logging.getLogger("afterimage")


def fetch(dataset: Dataset, subjects: Sequence[str], root: Path, settings: Fetch) -> None:
    """Bring all files that some subjects need to their places, verified.

    Safe to be killed at any moment and to be called again: complete files are left alone,
    unfinished ones are continued.

    Parameters
    ----------
    dataset : Dataset
    subjects : sequence of str
    root : Path
        Made if it is absent.
    settings : Fetch

    Raises
    ------
    ConfigError
        If the data set cannot be downloaded, its terms were not accepted, or a setting is wrong.
    DataError
        If the bucket cannot be read or misses files, the disk is too small, or files that are
        there differ from the bucket's.
    """
    source = _fetchable(dataset, settings)
    remote = source.remote()
    repository = check_repository(root) if settings.through == "dvc" else None
    bucket = Bucket(remote, settings.endpoint, settings.connections)
    workers = Workers(settings.connections)
    files = _listed(bucket, source, subjects, workers)
    with _alone(root):
        record = Record(root)
        work = compare(bucket, files, root, record, settings.update, workers)
        record.write()
        _announce(bucket, root, work)
        _check_space(root, work)
        files = work.there + _download(bucket, work, root, record, workers)
        if repository is not None:
            new = import_files(repository, root, files, remote.region, settings.endpoint)
            _say(f"DVC: {counted(new)} newly tracked, {counted(len(files) - new)} as before")


def _fetchable(dataset: Dataset, settings: Fetch) -> Fetchable:
    if isinstance(dataset, Simulated) and dataset.is_simulated():
        raise ConfigError(
            "fetch: the data set is simulated, there is nothing to download.",
            "Run `snakemake`: it makes the raw files.",
        )
    if not isinstance(dataset, Fetchable):
        raise ConfigError(
            "fetch: the data set names no public bucket.",
            "Get its files from their authors and give their folder: --config data_root=FOLDER",
        )
    if not settings.accept_terms:
        raise ConfigError(
            f"fetch.accept_terms: {dataset.remote().terms}. Nothing was downloaded.",
            "When you have accepted them: --config 'fetch={\"accept_terms\": true}'",
        )
    return dataset


def _listed(
    bucket: Bucket, source: Fetchable, subjects: Sequence[str], workers: Workers
) -> list[RemoteFile]:
    """Return what the bucket says of each file, the largest first; DataError for missing ones."""
    needed = source.needed_files(subjects)
    optional = set()
    if isinstance(source, OptionallyFetchable):
        optional = set(source.optional_files(subjects)) - set(needed)
    names = [*needed, *sorted(optional)]
    found = {f.path: f for f in workers.each(bucket.describe, names) if f is not None}
    missing = [name for name in needed if name not in found]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise DataError(
            f"{bucket.url}: {len(missing)} of {counted(len(needed))} {verb} not there: "
            f"{named(missing)}.",
            "Choose subjects and sessions that were published, and check fetch.endpoint; "
            "nothing was downloaded.",
            missing,
        )
    # The largest first: otherwise it would be downloaded alone at the end.
    return sorted(found.values(), key=lambda file: (-file.size, file.path))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep a second fetch out of the folder; a killed one leaves no lock behind."""
    if root.exists() and not root.is_dir():
        raise ConfigError(
            f"data_root: expected a folder. Found: the file {root}.",
            "Correct --config data_root=FOLDER; nothing was downloaded.",
        )
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"{root}: another fetch is downloading into this folder.", "Wait until it is done."
            ) from None
        yield


def _announce(bucket: Bucket, root: Path, work: Work) -> None:
    files = work.there + work.missing
    size, there = (readable(sum(f.size for f in some)) for some in (files, work.there))
    _say(f"{bucket.url}: {counted(len(files))}, {size}")
    _say(f"{root}: {counted(len(work.there))}, {there}, complete")
    begun = f" ({readable(work.unfinished)} of them are there)" if work.unfinished else ""
    _say(f"to download: {counted(len(work.missing))}, {readable(work.size())}{begun}")


def _check_space(root: Path, work: Work) -> None:
    free = shutil.disk_usage(root).free
    if work.missing and free < work.size():
        raise DataError(
            f"{root}: {readable(work.size())} are to be downloaded, and {readable(free)} are free.",
            f"Free {readable(work.size() - free)}, or choose another data_root; nothing was "
            "downloaded.",
        )


def _download(
    bucket: Bucket, work: Work, root: Path, record: Record, workers: Workers
) -> list[RemoteFile]:
    """Download what is missing; the record follows file by file."""
    bar = ByteBar("downloading", work.size())
    done = []
    for file, check in workers.each(
        lambda file: download(bucket, file, root, bar, workers), work.missing
    ):
        record.add(root, file, check)
        record.write()
        log.info("%s: %s, verified by %s", file.path, readable(file.size), check.text())
        done.append(file)
    bar.end()
    if done:
        _say(f"downloaded: {counted(len(done))}; what each was verified by: {root / NAME}")
    return done


def _say(text: str) -> None:
    log.info("%s", text)
    tell(text)
