"""An encoder that learns from several feature spaces at once, from arrays to its scores."""

import json

import numpy as np
import pandas as pd

from tests.workflow.project import Project
from tests.workflow.small_arrays import MINE, SIDE, write_mine

TRIALS, VOXELS, TESTED = 60, 5, 20
COMPONENTS = 4


def write_recording(project: Project) -> str:
    """Voxels follow the brightness of four quarters of the picture."""
    rng = np.random.default_rng(1)
    quarters = rng.uniform(0, 255, size=(TRIALS, 2, 2))
    seen = (quarters.reshape(TRIALS, 4) - 127) / 70 @ rng.normal(size=(4, VOXELS))
    root = project.folder.parent / "data"
    root.mkdir()
    np.savez(
        root / "d.npz",
        X=seen + 0.3 * rng.normal(size=(TRIALS, VOXELS)),
        pictures=np.kron(quarters, np.ones((SIDE // 2, SIDE // 2))).astype(np.uint8),
        ids=np.array([f"p{i}" for i in range(TRIALS)]),
        role=np.array(["train"] * (TRIALS - TESTED) + ["test"] * TESTED),
    )
    return f"data_root={root}"


def test_joined_targets_are_fitted_predicted_and_scored(fresh):
    option = write_recording(fresh)
    banded = {"name": "banded_ridge_encoder", "draws": 3}
    write_mine(
        fresh,
        {},
        targets={
            "pixels": {
                "extractor": "tiny_pixels",
                "transform": {"name": "pca", "n_components": COMPONENTS},
            },
            "colour": {"extractor": "colour"},
            "both": {"join": ["pixels", "colour"]},
        },
        models={
            "banded": {"encoder": banded, "targets": ["both", "pixels"], "null_refits": 1},
            "plain": {"encoder": {"name": "ridge_encoder"}, "targets": ["both"]},
        },
        evaluation={"metrics": ["encoding_r"], "bootstrap": 100, "permutations": 100},
        audit={"near_duplicate_bits": -1},
    )
    scores = "results/mine/metrics.parquet"
    fresh.snakemake(scores, *MINE, option)
    folder = fresh.folder / "results/mine/sub-01"
    card = json.loads((folder / "banded/both/model.json").read_text())
    (fold,) = card["folds"]
    pixels, colour = fold["spaces"]
    assert pixels["inputs"] == COMPONENTS
    assert fold["inputs"] == COMPONENTS + colour["inputs"] == card["values"]["shape"][0]
    metrics = pd.read_parquet(fresh.folder / scores)
    scored = metrics[metrics["metric"].str.startswith("encoding_r")]
    assert {("banded", "both"), ("banded", "pixels"), ("plain", "both")} <= set(
        zip(scored["model"], scored["target"], strict=True)
    )
    text = fresh.snakemake(scores, "--dry-run", *MINE, option)
    assert "Nothing to be done" in text.stdout + text.stderr
