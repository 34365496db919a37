"""Real recordings, described in YAML alone, reach the published figures.

They are not part of the project: AFTERIMAGE_TEST_DATA points to them, by default ../shared/data.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.project import ROOT, new_project

DATA = Path(os.environ.get("AFTERIMAGE_TEST_DATA", ROOT.parent / "shared" / "data"))


def folder_of(name):
    folder = (DATA / name).resolve()
    if not folder.is_dir():
        pytest.skip(f"the recording {name} is not at {folder} (AFTERIMAGE_TEST_DATA)")
    return folder


def run(tmp_path, name, target="all"):
    folder = folder_of(name)
    project = new_project(tmp_path / "project")
    project.snakemake(
        target,
        "--configfile",
        f"config/experiments/{name}.yaml",
        "--config",
        f"data_root={folder}",
    )
    return project


def test_digits_are_reconstructed_as_well_as_by_a_plain_ridge(tmp_path):
    project = run(tmp_path, "digits69")
    metrics = pd.read_parquet(project.folder / "results/digits69/metrics.parquet")
    rows = metrics[(metrics["roi"] == "all") & (metrics["model"] == "ridge")]
    pictures = rows[rows["generator"] == "linear"].set_index("metric")
    decoded = rows[rows["generator"] == ""].set_index("metric")
    assert pictures.loc["pixel_correlation", "value"] >= 0.72
    assert decoded.loc["two_way", "value"] >= 0.94
    assert decoded.loc["two_way_within_category", "value"] >= 0.89
    assert 0.47 <= decoded.loc["two_way", "null_mean"] <= 0.53
    assert (decoded["p_value"] < 0.01).all()
    prior = metrics[(metrics["model"] == "mean") & (metrics["metric"] == "pixel_correlation")]
    assert prior["value"].item() == pytest.approx(0.61, abs=0.01)
    assert (project.folder / "results/digits69/report.html").is_file()


def test_haxby_categories_are_decoded_from_the_nifti_series(tmp_path):
    project = run(tmp_path, "haxby")
    metrics = pd.read_parquet(project.folder / "results/haxby/metrics.parquet")
    accuracy = metrics[metrics["metric"] == "accuracy"].set_index("model")
    assert accuracy.loc["ridge", "value"] >= 0.70
    assert accuracy.loc["ridge", "chance"] == pytest.approx(0.125)
    assert accuracy.loc["mean", "value"] == pytest.approx(0.125)
    assert (project.folder / "results/haxby/report.html").is_file()
