"""The manifest pins raw files: relative paths, sizes and hashes, wherever the files lie."""

import json
from collections.abc import Sequence
from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import sha256_of, write_text

# Larger files are pinned by their size alone: hashing terabytes would cost more than reading them.
HASHED_BYTES = 256 << 20


def write_manifest(path: Path | str, root: Path, files: Sequence[str], dataset: str) -> None:
    """List raw files with their sizes, and with hashes where they are small enough.

    Parameters
    ----------
    path : Path or str
        The manifest.
    root : Path
        Where the raw files lie; not written down.
    files : sequence of str
        Relative to the root.
    dataset : str
    """
    entries = [_entry(root, name) for name in sorted(files)]
    content = {"dataset": dataset, "files": entries}
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def _entry(root: Path, name: str) -> dict[str, str | int]:
    size = (root / name).stat().st_size
    entry: dict[str, str | int] = {"path": name, "size": size}
    if size <= HASHED_BYTES:
        entry["sha256"] = sha256_of(root / name)
    return entry


def check_manifest(path: Path | str, root: Path, needed: Sequence[str], accept: str) -> None:
    """Refuse raw files that are missing or differ from the manifest.

    Parameters
    ----------
    path : Path or str
        The manifest.
    root : Path
    needed : sequence of str
        The files that the job is going to read, relative to the root.
    accept : str
        The command that accepts the files as they are now.

    Raises
    ------
    DataError
        Naming the first file that differs.
    """
    listed = {e["path"]: e for e in json.loads(Path(path).read_text(encoding="utf-8"))["files"]}
    for name in needed:
        file, entry = root / name, listed.get(name)
        if entry is None:
            raise DataError(f"{path}: '{name}' is not listed.", f"To list it: {accept}")
        if not file.is_file():
            raise DataError(
                f"{file}: this raw file is listed in {path} and is missing.",
                f"Put it back, or choose its folder with --config data_root=FOLDER; or: {accept}",
            )
        _check_same(file, entry, path, accept)


def _check_same(file: Path, entry: dict[str, str | int], path: Path | str, accept: str) -> None:
    size = file.stat().st_size
    remedy = f"Put the listed version back, or accept the new one: {accept}"
    if size != entry["size"]:
        raise DataError(
            f"{file}: {size} bytes, but {path} lists {entry['size']}: the raw file has changed.",
            remedy,
        )
    if "sha256" in entry and sha256_of(file) != entry["sha256"]:
        raise DataError(f"{file}: its content differs from what {path} lists.", remedy)
