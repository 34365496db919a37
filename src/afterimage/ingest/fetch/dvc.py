"""The versions of fetched files in DVC, by ``dvc import-url``."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.progress import progress
from afterimage.ingest.fetch.bucket import RemoteFile


def check_repository(root: Path) -> Path:
    """Return the DVC repository that a folder lies in; the folder itself may be absent.

    Raises
    ------
    ConfigError
        If there is none, or DVC is not installed.
    """
    try:
        import dvc.repo  # noqa: F401
        import dvc_s3  # noqa: F401
    except ImportError:
        raise ConfigError(
            "fetch.through: DVC with its S3 support is not installed.",
            "Install it: pip install 'afterimage[dvc]', or leave the key out.",
        ) from None
    folder = root.resolve()
    for parent in (folder, *folder.parents):
        if (parent / ".dvc").is_dir():
            return parent
    raise ConfigError(
        f"fetch.through: {root} does not lie in a DVC repository.",
        "Choose a data_root in one, make one there (`git init` and `dvc init`), or leave the key "
        "out.",
    )


def import_files(
    repository: Path,
    root: Path,
    files: Sequence[RemoteFile],
    region: str,
    endpoint: str | None,
) -> int:
    """Let DVC track downloaded files as imports, each with its address and ETag.

    The same as ``dvc import-url --no-exec`` and ``dvc commit`` for each file. DVC neither pushes
    the files, for they are under a licence, nor copies them into its cache, for they are large.

    Parameters
    ----------
    repository : Path
        The folder that holds `.dvc/`.
    root : Path
        Where the files lie.
    files : sequence of RemoteFile
    region : str
    endpoint : str or None

    Returns
    -------
    int
        How many were not tracked before.

    Raises
    ------
    DataError
        If DVC refuses, in its own words, or a file has just changed in the bucket.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo

    # It would list what to add to git after each file.
    logging.getLogger("dvc").setLevel(logging.WARNING)
    # DVC writes these settings into its files as texts.
    settings = {"allow_anonymous_login": "true", "region": region}
    if endpoint is not None:
        settings["endpointurl"] = endpoint
    new = [file for file in files if not _is_tracked(root / file.path, file)]
    try:
        # Under one lock, so that DVC reads its other files once and not for each file anew.
        with Repo(str(repository)) as repo, lock_repo(repo):
            for file in progress(new, len(new), "tracking"):
                _import(repo, root.resolve() / file.path, file, dict(settings))
    except DvcException as error:
        raise DataError(
            f"dvc import-url: {error}", "Mend it and run again: what is downloaded is kept."
        ) from error
    return len(new)


def _import(repo: Any, target: Path, file: RemoteFile, settings: dict[str, str]) -> None:
    # "force" as the file is there already; nothing is executed, so that it stays as it is.
    stage = repo.imp_url(file.url, out=str(target), no_exec=True, force=True, fs_config=settings)
    (out,) = stage.outs
    out.can_push = out.use_cache = False
    stage.dump()
    repo.commit(str(_tracker(target)), force=True)
    if not _is_tracked(target, file):
        raise DataError(
            f"{file.url}: it was changed in the bucket while DVC looked at it.", "Run again."
        )


def _tracker(target: Path) -> Path:
    return target.with_name(f"{target.name}.dvc")


def _is_tracked(target: Path, file: RemoteFile) -> bool:
    """Return whether DVC knows this version of a file."""
    if not _tracker(target).is_file():
        return False
    content = yaml.safe_load(_tracker(target).read_text(encoding="utf-8"))
    source, out = content["deps"][0], content["outs"][0]
    known = (source["path"], source.get("etag"), out.get("size"), out.get("push"))
    return known == (file.url, file.etag, file.size, False) and "md5" in out
