"""Splits as experiments ask for them, from the files of a recording to the audit."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.workflow.project import new_project

PICTURES, SIDE, SESSIONS, VOXELS = 24, 16, 4, 5
COLOURS = np.array([(200, 60, 60), (60, 200, 60), (60, 60, 200)])
TARGETS = ("results/mine/split.json", "results/mine/audit.json")


def recording():
    """24 pictures in three colours, each shown in two sessions that follow each other."""
    rng = np.random.default_rng(0)
    grain = rng.integers(-55, 56, (PICTURES, SIDE, SIDE, 1))
    picture = np.concatenate([np.arange(PICTURES), np.arange(PICTURES)])
    session = np.concatenate([np.arange(PICTURES), np.arange(PICTURES) + 1]) % SESSIONS + 1
    order = np.argsort(session, kind="stable")
    return {
        "X": rng.normal(size=(len(order), VOXELS)),
        "shown": picture[order],
        "session": session[order],
        "pictures": (COLOURS[np.arange(PICTURES) % 3][:, None, None, :] + grain).astype("uint8"),
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = new_project(tmp_path_factory.mktemp("splits") / "project")
    root = made.folder.parent / "data"
    root.mkdir()
    np.savez(root / "d.npz", **recording())
    dataset = {
        "name": "arrays",
        "file": "d.npz",
        "responses": "X",
        "trials": {"stimulus": {"key": "shown", "base": 0}, "session": "session"},
        "stimuli": {"images": "pictures"},
    }
    (made.folder / "config/datasets/mine.yaml").write_text(yaml.safe_dump(dataset))
    return made


def configure(project, **split):
    experiment = {
        "experiment": "mine",
        "dataset": "mine",
        "data_root": str(project.folder.parent / "data"),
        "split": split,
        "targets": {"pixels": {"extractor": "tiny_pixels"}},
        "models": {"mean": {"decoder": {"name": "mean"}, "targets": ["pixels"]}},
        "evaluation": {"metrics": ["two_way"]},
    }
    path = project.folder / "config/experiments/mine.yaml"
    path.write_text(yaml.safe_dump(experiment))


def results(project):
    folder = project.folder / "results/mine"
    card, audit = (json.loads((project.folder / name).read_text()) for name in TARGETS)
    assert audit["passed"]
    splits = pd.read_parquet(folder / "splits.parquet")
    trials = pd.read_parquet(project.folder / "derivatives/mine/sub-01/trials.parquet")
    return card, splits.merge(trials, on="trial_id")


def test_a_cluster_of_similar_pictures_is_held_out_as_a_whole(project):
    configure(
        project,
        protocol="leave_out",
        group="cluster",
        clusters={"extractor": "colour", "count": 3},
        validation=0.2,
        expect={"train": 16, "test": 8},
    )
    # No target has the extractor: its features are made for the clusters.
    assert project.plan("mine", *TARGETS)["cluster_stimuli"] == 1
    project.run("mine", *TARGETS)
    card, splits = results(project)
    clusters = pd.read_parquet(project.folder / "results/mine/clusters.parquet")
    assert (clusters.groupby("cluster").size() == PICTURES // 3).all()
    numbers = splits["stimulus_id"].str.extract(r"(\d+)$")[0].astype(int)
    for fold, rows in splits.groupby("fold"):
        colours = numbers[rows.index] % 3
        tested = rows["role"] == "test"
        assert colours[tested].nunique() == 1
        assert not set(colours[tested]) & set(colours[~tested])
        assert card["folds"][fold]["subjects"]["sub-01"]["test"]["stimuli"] == PICTURES // 3
    assert not project.plan("mine", *TARGETS)


def test_leaving_sessions_out_needs_tested_pictures_to_be_excluded(project):
    configure(project, protocol="leave_out", group="session")
    assert "cluster_stimuli" not in project.plan("mine", *TARGETS)
    shown = project.errors("mine", *TARGETS)
    assert "leak in fold 0, test: the same stimulus on both sides" in shown
    configure(project, protocol="leave_out", group="session", exclude_tested="stimulus")
    project.run("mine", *TARGETS)
    card, splits = results(project)
    assert len(card["folds"]) == SESSIONS
    for _, rows in splits.groupby("fold"):
        sides = {role: set(part["stimulus_id"]) for role, part in rows.groupby("role")}
        assert rows.loc[rows["role"] == "test", "session"].nunique() == 1
        assert not sides["train"] & sides["test"]
        assert len(sides["train"]) == len(sides["test"]) == PICTURES // 2


def test_counts_that_are_not_the_expected_ones_stop_the_run_and_leave_no_split(project):
    configure(project, protocol="holdout", expect={"test": 982})
    shown = project.errors("mine", *TARGETS)
    assert "split.expect: expected 982 distinct test stimuli. Found: sub-01 2." in shown
    left = {path.name for path in project.folder.glob("results/mine/*")}
    assert not {"splits.parquet", "split.json"} & left
