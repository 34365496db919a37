"""The second experiment of the demo: simulated MEG, held against its truth."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.evaluate.time_resolved import latencies
from tests.workflow.project import Project, new_project

SUBJECTS = ("P1", "P2")
WITHIN = 0.02  # seconds
# Of the truth's three kinds of responses: colour, orientation energy, category.
ENERGY = 1


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("demo_meg") / "project")
    project.run("demo_meg")
    return project


@pytest.mark.parametrize("subject", SUBJECTS)
def test_decoding_begins_and_is_best_within_20_ms_of_the_truth(demo: Project, subject: str):
    path = demo.folder / f"results/demo_meg/{subject}/time_resolved/sliding/scores.parquet"
    scores = pd.read_parquet(path)
    assert list(scores.columns) == TIME_RESOLVED.names
    truth = load_file(demo.folder / f"derivatives/demo_meg/{subject}/truth.safetensors")
    (found,) = latencies(scores).to_dict("records")
    assert found["onset"] == pytest.approx(truth["onset"][ENERGY], abs=WITHIN)
    assert found["peak"] == pytest.approx(truth["peak"][ENERGY], abs=WITHIN)
    before = scores[scores["tested_last"] < 0]
    assert (before["value"] <= before["null_max"]).all()
    assert (
        (before["value"] > before["null_low"]) & (before["value"] < before["null_high"])
    ).mean() > 0.7


@pytest.mark.parametrize("subject", SUBJECTS)
def test_ceilings_follow_the_truth(demo: Project, subject: str):
    """Loosely: 40 stimuli of six repetitions each. The unit tests have more of them."""
    derived = demo.folder / f"derivatives/demo_meg/{subject}"
    truth = load_file(derived / "truth.safetensors")
    ncsnr = pd.read_parquet(derived / "ncsnr.parquet")
    found = ncsnr.pivot(index="step", columns="channel", values="ncsnr").to_numpy()
    assert found.shape == truth["ncsnr"].shape
    assert np.corrcoef(found.ravel(), truth["ncsnr"].ravel())[0, 1] > 0.6


def test_pictures_are_found_above_chance_and_not_by_the_mean(demo: Project):
    metrics = pd.read_parquet(demo.folder / "results/demo_meg/metrics.parquet")
    two_way = metrics[(metrics["metric"] == "two_way") & (metrics["generator"] == "")]
    ridge = two_way[two_way["model"] == "ridge"]
    assert set(ridge["subject"]) == set(SUBJECTS)
    assert (ridge["ci_low"] > 0.7).all()
    # Half of what drives a sensor is everybody's: another subject's decoder knows some of it.
    across = two_way[two_way["model"] == "ridge_others"]
    assert (across["ci_low"] > across["null_mean"].clip(lower=0.5)).all()
    own = ridge[ridge["target"] == "gabor"]
    assert (across["value"].to_numpy() < own["value"].to_numpy()).all()
    assert two_way.loc[two_way["model"] == "mean", "value"].eq(0.5).all()


def test_the_report_says_what_was_done_and_shows_time(demo: Project):
    page = (demo.folder / "results/demo_meg/report.html").read_text()
    for told in (
        "Simulated data: no brain was measured",
        "Decoding over time",
        "predictions of one test stimulus are averaged after the model",
        "median 0 and distance of quartiles 1",
        "catch trials left out",
        "Latency check",
        "benchetrit_small",
        "leave one subject out: ridge_others is fitted on",
    ):
        assert told in page
    card = json.loads((demo.folder / "derivatives/demo_meg/P1/recording.json").read_text())
    assert card["layout"] == "CTF275"
    assert card["times"][0] == pytest.approx(-0.1)
    assert not demo.plan("demo_meg")
