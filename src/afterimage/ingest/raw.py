"""Raw files are read only if they are the listed ones."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.manifest import check_manifest
from afterimage.contracts.seams import Dataset, Parted, PublishedSplit, ReleasedCeilings, Simulated


def stimulus_root(dataset: Dataset, root: Path, manifest: str) -> Path:
    """Return the root after comparing what stimuli are read from with their manifest.

    Parameters
    ----------
    dataset : Dataset
    root : Path
    manifest : str
        Path of the raw.json of the data set.

    Raises
    ------
    DataError
        If there is no root, or a file is missing or differs from what was listed.
    """
    return _checked(dataset, root, manifest, _all(dataset.stimulus_files, manifest))


def recording_root(dataset: Dataset, root: Path, manifest: str, subject: str) -> Path:
    """Return the root after comparing all files of a recording with its manifest, as above."""
    files = partial(dataset.recording_files, subject=subject)
    return _checked(dataset, root, manifest, _all(files, manifest))


def tables_root(dataset: Dataset, root: Path, manifest: str, subject: str) -> Path:
    """Return the root after comparing what is read of a recording without its parts."""
    files = _parted(dataset).table_files(subject)
    return _checked(dataset, root, manifest, _there(files, manifest))


def part_root(dataset: Dataset, root: Path, manifest: str, subject: str, part: str) -> Path:
    """Return the root after comparing what is read for one part of a recording."""
    parted = _parted(dataset)
    files = [*parted.table_files(subject), *parted.part_files(subject, part)]
    return _checked(dataset, root, manifest, _there(files, manifest))


def _checked(
    dataset: Dataset, root: Path, manifest: str, needed: Callable[[Path], Sequence[str]]
) -> Path:
    accept = f"snakemake --forcerun {manifest} (with the same --configfile and --config)"
    if str(root) in {"", "."} or not root.is_dir():
        simulated = isinstance(dataset, Simulated) and dataset.is_simulated()
        raise DataError(
            f"data_root: the folder of the raw files listed in {manifest} is "
            f"{'not given' if str(root) in {'', '.'} else f'{root}, which does not exist'}.",
            f"Run: {accept}" if simulated else "Give it with --config data_root=FOLDER.",
        )
    check_manifest(manifest, root, needed(root), accept)
    return root


def _all(files: Callable[[Path], list[str]], manifest: str) -> Callable[[Path], list[str]]:
    """Need what is listed, and what the adapter finds; that is heard first, if nothing misses."""

    def needed(root: Path) -> list[str]:
        listed = _listed(manifest)
        missing = [name for name in listed if not (root / name).is_file()]
        return listed if missing else files(root)

    return needed


def _there(files: Sequence[str], manifest: str) -> Callable[[Path], list[str]]:
    """Leave out what is neither listed nor there; the adapter says whether it can do without."""
    listed = set(_listed(manifest))
    return lambda root: [name for name in files if name in listed or (root / name).exists()]


def _listed(manifest: str) -> list[str]:
    content = json.loads(Path(manifest).read_text(encoding="utf-8"))
    return [entry["path"] for entry in content["files"]]


def _parted(dataset: Dataset) -> Parted:
    assert isinstance(dataset, Parted), "asked for the parts of a data set without parts"
    return dataset


def released_ncsnr(dataset: Dataset, root: Path, subject: str) -> np.ndarray | None:
    """Return the noise-ceiling ratios that the authors released, if they are there."""
    if isinstance(dataset, ReleasedCeilings) and root.is_dir():
        return dataset.released_ncsnr(root, subject)
    return None


def published_roles(dataset: Dataset, root: Path, subject: str) -> dict[str, dict[str, str]]:
    """Return the role of each trial under each of the data set's published splits."""
    if not isinstance(dataset, PublishedSplit):
        return {}
    names = dataset.published_splits()
    return {name: dataset.published_roles(root, subject, name) for name in names}
