"""Raw files are read only if they are the listed ones."""

from pathlib import Path

from afterimage.contracts.errors import DataError
from afterimage.contracts.manifest import check_manifest
from afterimage.contracts.seams import Dataset, PublishedSplit, Simulated


def checked_root(dataset: Dataset, root: Path, manifest: str) -> Path:
    """Return the root after comparing the data set's raw files with the manifest.

    Parameters
    ----------
    dataset : Dataset
    root : Path
    manifest : str
        Path of raw.json.

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
    check_manifest(manifest, root, _needed(dataset, root, manifest), accept)
    return root


def _needed(dataset: Dataset, root: Path, manifest: str) -> list[str]:
    """Return the listed files; an adapter that finds others is heard first."""
    import json

    listed = [e["path"] for e in json.loads(Path(manifest).read_text(encoding="utf-8"))["files"]]
    missing = [name for name in listed if not (root / name).is_file()]
    return listed if missing else dataset.raw_files(root)


def published_roles(dataset: Dataset, root: Path, subject: str) -> dict[str, str] | None:
    """Return the published role of each trial, if the data set has a split of its own."""
    if isinstance(dataset, PublishedSplit):
        return dataset.published_roles(root, subject)
    return None
