from pathlib import Path

import numpy as np
import pytest
from nsd_examples import (
    FULL,
    NsdConfig,
    shown_to,
    tiny,
    volume_betas,
    volume_of,
)
from pydantic import ValidationError

from afterimage.contracts.truth import load_truth, thumbnail
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.simulator.simulate import simulate

SERIES = {"first": 0, "last": 3}


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def sheet_betas(root: Path, config: NsdConfig, subject: str) -> np.ndarray:
    """All trials of the voxels that the truth knows, each session less its mean."""
    index = load_truth(root / layout.truth_file(subject))["index"]
    parts = []
    for session in config.sessions_of(subject):
        volume = volume_betas(root, config, subject, session)
        betas = volume.reshape(-1, volume.shape[-1])[index].T
        parts.append(betas - betas.mean(axis=0))
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    root = tmp_path_factory.mktemp("nsd")
    simulate(tiny(coco=True), root)
    return root


@pytest.mark.parametrize(
    "form",
    [
        {"coco": True},
        {"format": "nifti", "sessions": {"subj01": 3}},
        {"space": "nativesurface", "sessions": {"subj01": 3}},
        {"space": "fsaverage", "sessions": {"subj01": 3}},
        {"series": SERIES, "sessions": {"subj01": 3}},
    ],
)
def test_two_simulations_are_byte_identical_and_another_seed_differs(form, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        simulate(tiny({"seed": seed}, **form), tmp_path / name)
    first, second, other = (tree(tmp_path / name) for name in "abc")
    assert first == second
    assert set(first) == set(other)
    assert first != other


def test_headers_hold_no_date_and_nothing_is_left_behind(simulated):
    mat = (simulated / layout.DESIGN).read_bytes()
    assert b"Created on" not in mat[:124]
    packed = [path for path in simulated.rglob("*") if path.suffix in {".gz", ".mgz"}]
    assert len(packed) > 10
    assert all(path.read_bytes()[4:8] == b"\0\0\0\0" for path in packed)
    assert not [path for path in simulated.rglob(".*") if path.is_file()]


def test_a_subset_of_subjects_and_sessions_holds_the_same_responses(simulated, tmp_path):
    # The longest and the shortest recording stay, so that the order of trials does.
    some = tiny(sessions={"subj01": [2, 5], "subj03": [3]})
    simulate(some, tmp_path)
    whole, part = tree(simulated), tree(tmp_path)
    betas = {name for name in part if "betas_session" in name}
    assert {Path(name).name for name in betas if "subj01" in name} == {
        "betas_session02.hdf5",
        "betas_session05.hdf5",
    }
    alike = {name for name in part if part[name] == whole[name]}
    assert set(part) - alike == {name for name in part if name.endswith("ncsnr.nii.gz")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sessions": {"subj01": 5, "subj02": 1}}, "shortest recording has 22 trials"),
        ({"sessions": {"subj01": 2, "subj02": 2}}, "longest recording has 44 trials"),
        ({"sessions": {"subj01": 9}}, "198 trials: too many"),
    ],
)
def test_experiments_that_cannot_show_the_pictures_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        tiny(**change)


@pytest.mark.parametrize(
    ("change", "space", "message"),
    [
        ({"voxels": 316}, "func1pt8mm", "volume of 10 x 7 x 9 voxels has room for at most 315"),
        ({"volume": [9, 7, 9], "voxels": 260}, "func1mm", "room for at most 252, not 260"),
        ({"voxels": 131}, "fsaverage", r"\(150, 130\) vertices has room for at most 130"),
    ],
)
def test_a_cortex_that_does_not_fit_is_refused(change, space, message):
    with pytest.raises(ValidationError, match=message):
        tiny(change, space=space)


def test_the_full_experiment_has_no_more_sessions_than_were_published():
    with pytest.raises(ValidationError, match="subj04: it has 30 sessions"):
        NsdConfig.model_validate({**FULL, "sessions": {"subj04": 31}})


def test_picture_of_each_trial_is_the_one_the_responses_belong_to(tmp_path):
    # With almost no noise, the trials of one picture are alike and those of others are not.
    quiet = tiny({"ncsnr_median": 5})
    simulate(quiet, tmp_path)
    betas = sheet_betas(tmp_path, quiet, "subj01")
    numbers = shown_to(tmp_path, "subj01", 110)
    same = (numbers[:, None] == numbers) & ~np.eye(110, dtype=bool)
    alike = np.corrcoef(betas)
    assert alike[same].mean() > 0.8
    assert abs(alike[~same & ~np.eye(110, dtype=bool)].mean()) < 0.1


def test_responses_follow_the_picture_of_that_number_in_the_brick(tmp_path):
    # A voxel tuned to light must respond to the picture under the number of its trial.
    import h5py

    quiet = tiny({"ncsnr_median": 5})
    simulate(quiet, tmp_path)
    truth = load_truth(tmp_path / layout.truth_file("subj03"))
    weights = np.linalg.solve(truth["sigma_ss"] + np.diag(truth["sigma_e"]), truth["sigma_sy"])
    with h5py.File(tmp_path / layout.PICTURES) as file:
        brick = file["imgBrick"][:]
    assert brick.shape == (46, 32, 32, 3)
    target = thumbnail(brick[shown_to(tmp_path, "subj03", 66)])
    decoded = sheet_betas(tmp_path, quiet, "subj03") @ weights
    found = [np.corrcoef(a, b)[0, 1] for a, b in zip(decoded.T, target.T, strict=True)]
    moved = [np.corrcoef(a, np.roll(b, 1))[0, 1] for a, b in zip(decoded.T, target.T, strict=True)]
    assert np.mean(found) > 0.5
    assert np.mean(moved) < 0.2


@pytest.mark.slow
def test_released_ceilings_of_ten_thousand_pictures_match_the_truth(tmp_path):
    wanted = {**FULL["simulate"], "side": 32, "voxels": 100, "volume": [10, 8, 9]}
    config = NsdConfig.model_validate(
        {**FULL, "sessions": {"subj01": "all"}, "simulate": wanted, "atlases": []}
    )
    simulate(config, tmp_path)
    truth = load_truth(tmp_path / layout.truth_file("subj01"))
    (path,) = layout.ncsnr_files("subj01", config.space, config.betas)
    estimated = volume_of(tmp_path / path).ravel()[truth["index"]]
    assert np.corrcoef(estimated, truth["ncsnr_population"])[0, 1] > 0.99
    assert abs((estimated / truth["ncsnr_population"]).mean() - 1) < 0.02
