"""An encoder of two targets, from simulated files of NSD to maps, tables and the report."""

from pathlib import Path

import nibabel
import numpy as np
import pandas as pd

from afterimage.contracts.geometry import Geometry
from afterimage.contracts.modelfiles import load_card, load_tensors
from tests.workflow.project import Project

MODELS = {"voxelwise": {"encoder": {"name": "ridge_encoder"}, "targets": ["thumbnail", "colour"]}}
METRICS = ["encoding_r", "encoding_median_r", "encoding_normalised_r", "encoding_normalised_r2"]


def test_an_encoder_of_two_targets_leaves_tables_maps_and_figures(fresh: Project):
    fresh.configure(
        subjects=["subj01"],
        models=MODELS,
        generators={},
        learning_curve=None,
        evaluation__metrics=METRICS,
        evaluation__blocks="run",
        evaluation__ceiling_floor=0.2,
    )
    assert fresh.plan()["compare_targets"] == 1
    fresh.run()
    results = fresh.folder / "results/tiny"
    check_maps(fresh, results / "subj01/voxelwise/thumbnail", "voxels.parquet")
    check_maps(fresh, results / "subj01/voxelwise/compared", "best.parquet")
    check_choice(results / "subj01/voxelwise")
    check_regions(results)
    page = (results / "report.html").read_text()
    for text in ("permutation of runs", "at least 0.2; none is clipped", "Best target"):
        assert text in page
    assert "<td>thumbnail less colour</td>" in page
    assert not fresh.plan()


def check_maps(project: Project, folder: Path, table: str) -> None:
    """Read each map back and compare it with its table, value by value."""
    derived = project.folder / "derivatives/tiny/subj01"
    geometry = Geometry.from_dict(load_card(derived / "recording.json")["geometry"])
    place = pd.read_parquet(derived / "channels.parquet").set_index("channel")["index"]
    scores = pd.read_parquet(folder / table)
    names = [name for name in scores.select_dtypes("number") if name not in ("step", "channel")]
    assert {"r", "q_value"} <= set(names)
    for name in names:
        image = nibabel.load(folder / "maps" / f"{name}.nii.gz")
        np.testing.assert_allclose(image.affine, geometry.affine)
        volume = np.asarray(image.dataobj).ravel()
        found = volume[place.loc[scores["channel"]].to_numpy(dtype=int)]
        np.testing.assert_array_equal(found, scores[name].to_numpy(dtype=np.float32))
        assert np.isfinite(volume).sum() == scores[name].notna().sum()


def check_choice(folder: Path) -> None:
    """Each channel's target is the one with the higher score in training."""
    best = pd.read_parquet(folder / "compared/best.parquet")
    scores = [
        load_tensors(folder / target / "model.safetensors")["fold0/model/cv_score"]
        for target in MODELS["voxelwise"]["targets"]
    ]
    np.testing.assert_array_equal(best["best"], 1 + np.argmax(scores, axis=0))
    voxels = pd.concat(
        pd.read_parquet(folder / target / "voxels.parquet").assign(target=target)
        for target in MODELS["voxelwise"]["targets"]
    )
    own = best.merge(voxels, on=["channel", "target"], suffixes=("", "_own"))
    np.testing.assert_allclose(own["r"], own["r_own"])
    np.testing.assert_allclose(own["cv_score"], own["cv_score_own"])
    assert (folder / "compared/maps/targets.tsv").read_text().splitlines()[2] == "2\tcolour"
    differences = pd.read_parquet(folder / "compared/differences.parquet")
    assert len(differences) == len(best)


def check_regions(results: Path) -> None:
    metrics = pd.read_parquet(results / "metrics.parquet")
    of = metrics[(metrics["target"] == "thumbnail") & (metrics["roi"] == "all")]
    of = of.set_index("metric")
    assert of.loc["encoding_r", "value"] > 0.3
    assert of.loc["encoding_normalised_r", "value"] > of.loc["encoding_r", "value"]
    voxels = pd.read_parquet(results / "subj01/voxelwise/thumbnail/voxels.parquet")
    share = (voxels["q_value"].dropna() <= 0.05).mean()
    assert of.loc["encoding_significant", "value"] == share
    used = voxels["normalised_r"].notna().sum()
    assert f"({used} of {len(voxels)} channels" in of.loc["encoding_normalised_r", "unit"]
    compared = pd.read_parquet(results / "subj01/voxelwise/compared/compared.parquet")
    assert set(compared["roi"]) == set(metrics["roi"])
    whole = compared.set_index("roi").loc["all"]
    assert whole["ci_low"] < whole["difference"] < whole["ci_high"]
