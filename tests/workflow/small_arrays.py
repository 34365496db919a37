"""A data set of a few arrays in one file, and an experiment on it; both are named `mine`."""

from typing import Any

import numpy as np
import yaml

from tests.workflow.project import Project

TRIALS, VOXELS, SIDE = 12, 6, 16
MINE = ("--configfile", "config/experiments/mine.yaml", "--config")


def sound_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "X": rng.normal(size=(TRIALS, VOXELS)),
        "pictures": rng.integers(0, 256, size=(TRIALS, SIDE, SIDE), dtype=np.uint8),
        "ids": np.array([f"p{i}" for i in range(TRIALS)]),
        "role": np.array(["train"] * (TRIALS - 3) + ["test"] * 3),
    }


def write_mine(project: Project, dataset: dict[str, Any], **sections: Any) -> None:
    """Write the files of the data set, some of its keys changed, and of the experiment."""
    described = {
        "name": "arrays",
        "file": "d.npz",
        "responses": "X",
        "stimuli": {"images": "pictures", "id": "ids"},
        "split": {"role": "role"},
        **dataset,
    }
    experiment = {
        "experiment": "mine",
        "dataset": "mine",
        "split": {"protocol": "published"},
        "targets": {"pixels": {"extractor": "tiny_pixels"}},
        "models": {"mean": {"decoder": {"name": "mean"}, "targets": ["pixels"]}},
        "evaluation": {"metrics": ["two_way"]},
        **sections,
    }
    config = project.folder / "config"
    (config / "datasets/mine.yaml").write_text(yaml.safe_dump(described))
    (config / "experiments/mine.yaml").write_text(yaml.safe_dump(experiment))
