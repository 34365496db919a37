from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.io import loadmat

from afterimage.ingest.nsd import Nsd
from afterimage.ingest.nsd_config import NsdConfig
from afterimage.ingest.nsd_simulator import master_ordering, picture_lists, simulate

TINY = {
    "name": "nsd",
    "sessions": {"subj01": 5, "subj03": 3},
    "trials_per_session": 22,
    "runs_per_session": 2,
    "atlases": ["prf-visualrois", "streams"],
    "simulate": {"pictures": 40, "shared": 10, "voxels": 40, "reference_pictures": 200},
}


@pytest.fixture(scope="module")
def config():
    return NsdConfig.model_validate(TINY)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_two_simulations_are_byte_identical_and_another_seed_differs(config, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        drawn = config.simulate.model_copy(update={"seed": seed})
        simulate(config.model_copy(update={"simulate": drawn}), tmp_path / name)
    first, second, other = (tree(tmp_path / name) for name in "abc")
    assert first == second
    assert set(first) == set(other)
    assert first != other


def test_headers_hold_no_date(config, tmp_path):
    simulate(config, tmp_path)
    mat = (tmp_path / "nsddata/experiments/nsd/nsd_expdesign.mat").read_bytes()
    assert b"Created on" not in mat[:124]
    assert loadmat(tmp_path / "nsddata/experiments/nsd/nsd_expdesign.mat")["sharedix"].size == 10
    volume = next(tmp_path.rglob("nsdgeneral.nii.gz")).read_bytes()
    assert volume[4:8] == b"\0\0\0\0"


def test_every_session_of_the_shortest_recording_holds_shared_and_training_trials():
    config = NsdConfig.model_validate(
        {
            "name": "nsd",
            "sessions": {"subj01": 6, "subj02": 3},
            "trials_per_session": 250,
            "simulate": {},
        }
    )
    ordering = master_ordering(config, 0)
    sessions = ordering.reshape(6, 250)
    assert ((sessions <= 100).sum(axis=1) == [100, 100, 100, 0, 0, 0]).all()
    counts = np.bincount(ordering, minlength=701)[1:]
    assert (counts[:100] == 3).all()
    assert (counts[100:] == 2).all()
    # The shorter recordings see each of their training pictures once.
    assert np.bincount(ordering[:750], minlength=701)[101:].max() == 1


def test_subjects_see_the_shared_pictures_and_others_in_orders_of_their_own(config):
    shared = np.arange(0, 50, 5)
    training = np.setdiff1d(np.arange(50), shared)
    lists = picture_lists(config, training, shared, 0)
    assert lists.shape == (3, 50)
    assert (lists[:, :10] == shared + 1).all()
    assert all(set(row) == set(range(1, 51)) for row in lists.tolist())
    assert (lists[0] != lists[2]).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sessions": {"subj01": 5, "subj02": 1}}, "shortest recording has 22 trials"),
        ({"sessions": {"subj01": 2, "subj02": 2}}, "longest recording has 44 trials"),
        ({"atlases": ["floc-faces"]}, "no atlas floc-faces"),
    ],
)
def test_impossible_simulations_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        NsdConfig.model_validate({**TINY, **change})


def test_picture_of_each_trial_is_the_one_the_responses_belong_to(tmp_path):
    # With almost no noise, the trials of one picture are alike and those of others are not.
    quiet = NsdConfig.model_validate({**TINY, "simulate": {**TINY["simulate"], "ncsnr_median": 5}})
    simulate(quiet, tmp_path)
    recording = Nsd(quiet).recording(tmp_path, "subj01")
    betas = np.concatenate([block for _, block in recording.blocks()])
    session = recording.trials["session"].to_numpy()
    for number in np.unique(session):
        betas[session == number] -= betas[session == number].mean(axis=0)
    names = recording.trials["stimulus_id"].to_numpy()
    same = (names[:, None] == names) & ~np.eye(len(names), dtype=bool)
    alike = np.corrcoef(betas)
    assert alike[same].mean() > 0.8
    assert abs(alike[~same & ~np.eye(len(names), dtype=bool)].mean()) < 0.1


def test_responses_follow_the_picture_that_the_adapter_names(tmp_path):
    # A voxel tuned to light must respond to the picture under the id of its trial.
    from afterimage.contracts.truth import thumbnail

    quiet = NsdConfig.model_validate({**TINY, "simulate": {**TINY["simulate"], "ncsnr_median": 5}})
    simulate(quiet, tmp_path)
    dataset = Nsd(quiet)
    truth = dataset.truth(tmp_path, "subj03")
    weights = np.linalg.solve(truth["sigma_ss"] + np.diag(truth["sigma_e"]), truth["sigma_sy"])
    recording = dataset.recording(tmp_path, "subj03")
    betas = np.concatenate([block for _, block in recording.blocks()])
    pictures = {s.stimulus_id: s.image for s in dataset.stimuli(tmp_path)}
    target = thumbnail(np.stack([pictures[name] for name in recording.trials["stimulus_id"]]))
    decoded = (betas - truth["mean_s"]) @ weights
    found = [np.corrcoef(a, b)[0, 1] for a, b in zip(decoded.T, target.T, strict=True)]
    shifted = [
        np.corrcoef(a, np.roll(b, 1))[0, 1] for a, b in zip(decoded.T, target.T, strict=True)
    ]
    assert np.mean(found) > 0.6
    assert np.mean(shifted) < 0.2
