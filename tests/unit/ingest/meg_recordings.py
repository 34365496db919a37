"""Small simulated recordings in the published layout of THINGS-MEG."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.adapter import ThingsMeg

SIMULATE: dict[str, Any] = {
    "seed": 3,
    "concepts": 20,
    "exemplars": 2,
    "test_images": 6,
    "catch": 4,
    "side": 32,
    "rate": 240,
    "ncsnr": 1.0,
    "reference_pictures": 200,
}
EPOCHS: dict[str, Any] = {
    "name": "things_meg",
    "sessions": {"P1": 2, "P3": [2]},
    "runs_per_session": 2,
    "epoch_files": 3,
    "simulate": SIMULATE,
}
RAW: dict[str, Any] = {
    **EPOCHS,
    "form": "raw",
    "sessions": {"P1": 2},
    "runs_per_session": 1,
    "epoch_files": 1,
}
CSV = layout.attributes_file("P1")


def dataset(entry: dict[str, Any], **changes: Any) -> ThingsMeg:
    """Return the adapter; changes of the simulation are given as ``simulate``."""
    merged = {**copy.deepcopy(entry), **changes}
    if changes.get("simulate"):
        merged["simulate"] = {**entry["simulate"], **changes["simulate"]}
    return ThingsMeg(ThingsMeg.Config.model_validate(merged))


def read_all(adapter: ThingsMeg, root: Path, subject: str = "P1") -> np.ndarray:
    return np.concatenate([block for _, block in adapter.recording(root, subject).blocks()])


def edit_csv(path: Path, edit, sep: str = ",") -> None:
    """Read a table, change it, and write it back."""
    table = pd.read_csv(path, sep=sep)
    changed = edit(table)
    table = table if changed is None else changed
    table.to_csv(path, sep=sep, index=False, na_rep="n/a" if sep == "\t" else "")
