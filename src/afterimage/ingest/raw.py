"""Raw files are read only if they are the listed ones."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.manifest import check_manifest
from afterimage.contracts.seams import Dataset, Parted, PublishedSplit, ReleasedCeilings, Simulated


def checked_root(
    dataset: Dataset, root: Path, manifest: str, files: Sequence[str] | None = None
) -> Path:
    """Return the root after comparing the data set's raw files with the manifest.

    Parameters
    ----------
    dataset : Dataset
    root : Path
    manifest : str
        Path of raw.json.
    files : sequence of str, optional
        Those that the job reads; one that is neither listed nor there may be absent. By default
        all that the data set needs.

    Raises
    ------
    DataError
        If there is no root, or a file is missing or differs from what was listed.
    """
    simulated = isinstance(dataset, Simulated) and dataset.is_simulated()
    rule = "simulate_raw" if simulated else "list_raw"
    accept = f"snakemake --forcerun {rule} (with the same --configfile and --config)"
    if not str(root) or not root.is_dir():
        raise DataError(
            f"data_root: the folder of the raw files listed in {manifest} is "
            f"{'not given' if str(root) in {'', '.'} else f'{root}, which does not exist'}.",
            f"Run: {accept}" if simulated else "Give it with --config data_root=FOLDER.",
        )
    needed = _needed(dataset, root, manifest) if files is None else _there(files, root, manifest)
    check_manifest(manifest, root, needed, accept)
    return root


def _needed(dataset: Dataset, root: Path, manifest: str) -> list[str]:
    """Return the listed files; an adapter that finds others is heard first."""
    listed = _listed(manifest)
    missing = [name for name in listed if not (root / name).is_file()]
    return listed if missing else dataset.raw_files(root)


def _there(files: Sequence[str], root: Path, manifest: str) -> list[str]:
    """Leave out what is neither listed nor there; the adapter says whether it can do without."""
    listed = set(_listed(manifest))
    return [name for name in files if name in listed or (root / name).exists()]


def _listed(manifest: str) -> list[str]:
    content = json.loads(Path(manifest).read_text(encoding="utf-8"))
    return [entry["path"] for entry in content["files"]]


def table_files(dataset: Dataset, subject: str) -> list[str]:
    """Return what is read of a recording whose responses come in parts, without those."""
    assert isinstance(dataset, Parted), "asked for the parts of a data set without parts"
    return dataset.table_files(subject)


def files_of_part(dataset: Dataset, subject: str, part: str) -> list[str]:
    """Return what is read for one part of a recording."""
    assert isinstance(dataset, Parted), "asked for the parts of a data set without parts"
    return [*dataset.table_files(subject), *dataset.part_files(subject, part)]


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
