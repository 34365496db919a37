"""Small simulated experiments, and how to read them without the adapter."""

from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pandas as pd
from scipy.io import loadmat

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig

TINY: dict[str, Any] = {
    "name": "nsd",
    "sessions": {"subj01": 5, "subj03": 3},
    "trials_per_session": 22,
    "runs_per_session": 4,
    "atlases": ["prf-visualrois", "streams"],
    "simulate": {
        "pictures": 36,
        "shared": 10,
        "side": 32,
        "voxels": 60,
        "volume": [10, 7, 9],
        "vertices": [150, 130],
        "reference_pictures": 200,
    },
}
FULL: dict[str, Any] = {
    "name": "nsd",
    "sessions": {f"subj0{number}": "all" for number in range(1, 9)},
    "simulate": {"pictures": 9000, "shared": 1000},
}


def tiny(simulate: dict[str, Any] | None = None, **changes: Any) -> NsdConfig:
    wanted = {**TINY["simulate"], **(simulate or {})}
    return NsdConfig.model_validate({**TINY, **changes, "simulate": wanted})


def volume_of(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj)


def volume_betas(root: Path, config: NsdConfig, subject: str, session: int) -> np.ndarray:
    """Percent signal change, shape (X, Y, Z, trials)."""
    form = config.file_format()
    (name,) = layout.betas_files(subject, config.space, config.betas, session, form)
    if form == "nifti":
        return volume_of(root / name) / 300
    with h5py.File(root / name) as file:
        return file["betas"][:].transpose(3, 2, 1, 0) / 300


def surface_betas(root: Path, config: NsdConfig, subject: str, session: int) -> list[np.ndarray]:
    """Percent signal change of the left and right surface, shape (vertices, trials)."""
    form = config.file_format()
    paths = layout.betas_files(subject, config.space, config.betas, session, form)
    if form == "mgh":
        return [volume_of(root / path)[:, 0, 0] for path in paths]
    halves = []
    for path in paths:
        with h5py.File(root / path) as file:
            halves.append(file["betas"][:].T / 300)
    return halves


def responses_of(root: Path, subject: str) -> pd.DataFrame:
    return pd.read_csv(root / layout.responses_table(subject), sep="\t")


def design_of(root: Path) -> dict[str, np.ndarray]:
    content = loadmat(root / layout.DESIGN)
    return {key: value for key, value in content.items() if not key.startswith("__")}


def shown_to(root: Path, subject: str, trials: int) -> np.ndarray:
    """0-based numbers of the pictures, by the published rule."""
    design = {key: value.astype(np.int64) for key, value in design_of(root).items()}
    ordering = design["masterordering"].ravel()[:trials]
    return design["subjectim"][layout.subject_row(subject), ordering - 1] - 1
