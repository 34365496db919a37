"""Decoding over time, from a file of arrays to the report."""

import numpy as np
import pandas as pd
import pytest

from tests.workflow.project import Project
from tests.workflow.small_arrays import MINE, SIDE, write_mine

TRIALS, SENSORS, RATE = 60, 6, 100
FIRST, ONSET = -0.1, 0.05
OVER_TIME = {"model": "ridge", "target": "pixels", "window": 0.03, "step": 0.03}


def write_recording(project: Project) -> str:
    """Sensors follow the brightness of four quarters of the picture, from 50 ms on."""
    rng = np.random.default_rng(1)
    quarters = rng.uniform(0, 255, size=(TRIALS, 2, 2))
    pictures = np.kron(quarters, np.ones((SIDE // 2, SIDE // 2)))
    times = FIRST + np.arange(30) / RATE
    seen = (quarters.reshape(TRIALS, 4) - 127) / 70 @ rng.normal(size=(4, SENSORS))
    X = seen[:, :, None] * (times > ONSET) + 0.5 * rng.normal(size=(TRIALS, SENSORS, len(times)))
    root = project.folder.parent / "data"
    root.mkdir()
    np.savez(
        root / "d.npz",
        X=X,
        pictures=pictures.astype(np.uint8),
        ids=np.array([f"p{i}" for i in range(TRIALS)]),
        role=np.array(["train"] * (TRIALS - 20) + ["test"] * 20),
    )
    return f"data_root={root}"


@pytest.fixture
def recorded(fresh: Project) -> tuple[Project, str]:
    option = write_recording(fresh)
    responses = {"key": "X", "axes": ["trial", "sensor", "time"]}
    write_mine(
        fresh,
        {"responses": {**responses, "times": {"first": FIRST, "rate": RATE}}},
        models={
            "ridge": {"decoder": {"name": "ridge"}, "targets": ["pixels"]},
            "mean": {"decoder": {"name": "mean"}, "targets": ["pixels"]},
            "sensorwise": {"encoder": {"name": "ridge_encoder"}, "targets": ["pixels", "colour"]},
        },
        targets={"pixels": {"extractor": "tiny_pixels"}, "colour": {"extractor": "colour"}},
        evaluation={"metrics": ["two_way", "encoding_r"], "blocks": 2},
        responses={"whiten": "train", "clamp": 20},
        time_resolved={"sliding": OVER_TIME, "matrix": {**OVER_TIME, "generalise": True}},
        audit={"near_duplicate_bits": -1},
    )
    return fresh, option


def test_decoding_over_time_comes_into_the_report(recorded):
    project, option = recorded
    project.snakemake(*MINE, option)
    folder = project.folder / "results/mine"
    scores = pd.read_parquet(folder / "sub-01/time_resolved/sliding/scores.parquet")
    before = scores[scores["tested_last"] < ONSET]
    after = scores[scores["tested_first"] > ONSET]
    assert (before["value"] <= before["null_max"]).all()
    assert (after["value"] > after["null_max"]).all()
    matrix = pd.read_parquet(folder / "sub-01/time_resolved/matrix/scores.parquet")
    assert len(matrix) == len(scores) ** 2
    page = (folder / "report.html").read_text()
    assert "Decoding over time" in page
    assert "permutation of blocks of 2 consecutive rows" in page
    assert "whitened by the training trials" in page
    sensors = pd.read_parquet(folder / "sub-01/sensorwise/pixels/voxels.parquet")
    assert len(sensors) == SENSORS * 30
    course = sensors.groupby("step")["r"].mean().to_numpy()
    times = FIRST + np.arange(30) / RATE
    assert abs(course[times < ONSET].mean()) < 0.1
    assert course[times > ONSET + 1e-6].min() > 0.5
    found = (sensors["q_value"] <= 0.05).to_numpy()
    early = times[sensors["step"]] < ONSET
    assert found[early].sum() <= 0.05 * found.sum()
    assert found[~early].mean() > 0.9
    best = pd.read_parquet(folder / "sub-01/sensorwise/compared/best.parquet")
    seen = best[best["step"] >= np.flatnonzero(times > ONSET)[0]]
    assert (seen["target"] == "pixels").mean() > 0.75
    for name in (
        "time_sliding.png",
        "time_matrix.pdf",
        "encoding_sub-01_sensorwise_pixels.png",
        "best_sub-01_sensorwise.png",
    ):
        assert (folder / "figures" / name).stat().st_size > 1000
    text = project.snakemake("--dry-run", *MINE, option)
    assert "Nothing to be done" in text.stdout + text.stderr


def test_names_that_an_analysis_refers_to_are_checked_before_any_job(recorded):
    project, option = recorded
    project.edit("config/experiments/mine.yaml", "time_resolved:", "time_resolved_:")
    done = project.snakemake(*MINE, option, check=False)
    assert "time_resolved" in done.stdout + done.stderr
    assert done.returncode != 0
    write_mine(
        project,
        {},
        time_resolved={"sliding": {**OVER_TIME, "target": "gabor", "metric": "top_1"}},
    )
    done = project.snakemake(*MINE, option, check=False)
    told = done.stdout + done.stderr
    for path in ("sliding.model", "sliding.target", "sliding.metric"):
        assert f"time_resolved.{path}" in told
    assert not (project.folder / "derivatives").exists()
