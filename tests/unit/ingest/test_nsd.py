import gzip
import shutil
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError
from scipy.io import savemat

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.seams import Dataset, PublishedSplit, Simulated
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest import nsd_layout as layout
from afterimage.ingest.nsd import Nsd
from afterimage.ingest.nsd_betas import read_betas
from afterimage.ingest.nsd_design import read_design
from afterimage.ingest.nsd_simulator import simulate
from afterimage.ingest.nsd_volumes import read_names, regions_of, voxels_of

CONFIG = {
    "name": "nsd",
    "sessions": {"subj01": 5, "subj02": 3},
    "trials_per_session": 22,
    "runs_per_session": 4,
    "atlases": ["prf-visualrois", "streams"],
    "simulate": {"pictures": 40, "shared": 10, "voxels": 40, "reference_pictures": 200},
}
SESSION = layout.betas_file("subj01", "betas_fithrf_GLMdenoise_RR", 2)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("nsd")
    simulate(Nsd.Config.model_validate(CONFIG), root)
    return root


@pytest.fixture
def dataset() -> Nsd:
    return Nsd(Nsd.Config.model_validate(CONFIG))


@pytest.fixture
def copy(simulated, tmp_path) -> Path:
    return Path(shutil.copytree(simulated, tmp_path / "nsd"))


def read_all(dataset: Nsd, root: Path, subject: str = "subj01") -> np.ndarray:
    return np.concatenate([block for _, block in dataset.recording(root, subject).blocks()])


def test_adapter_is_a_dataset_with_a_published_split_and_a_truth(dataset):
    for seam in (Dataset, PublishedSplit, Simulated):
        assert isinstance(dataset, seam)
    assert dataset.is_simulated()
    assert dataset.subjects() == ["subj01", "subj02"]


def test_demo_is_a_valid_configuration():
    path = Path(__file__).parents[3] / "config/datasets/demo.yaml"
    demo = Nsd.Config.model_validate(yaml.safe_load(path.read_text()))
    assert demo.simulate is not None
    assert demo.simulate.reference_pictures >= 6000


def test_trials_and_channels_fulfil_their_schemas(dataset, simulated, tmp_path):
    recording = dataset.recording(simulated, "subj01")
    write_table(tmp_path / "trials.parquet", recording.trials, TRIALS)
    write_table(tmp_path / "channels.parquet", recording.channels, CHANNELS)
    trials = read_table(tmp_path / "trials.parquet", TRIALS)
    assert len(trials) == 110
    assert trials["repetition"].max() == 2
    assert trials["session"].value_counts().tolist() == [22] * 5
    # 5.5 trials per run: halves are rounded up, as in the published sessions.
    assert trials[trials["session"] == 1]["run"].value_counts(sort=False).tolist() == [6, 5, 6, 5]
    assert len(read_table(tmp_path / "channels.parquet", CHANNELS)) == 40


def test_blocks_come_session_by_session_in_the_order_of_the_trials(dataset, simulated):
    recording = dataset.recording(simulated, "subj02")
    names = []
    for trial_ids, block in recording.blocks():
        assert block.shape == (22, 40)
        assert block.dtype == np.float32
        assert 0.1 < block.std() < 10
        names += trial_ids
    assert names == recording.trials["trial_id"].tolist()


def test_runs_of_a_published_session_hold_63_and_62_trials_in_turn(dataset, tmp_path):
    config = Nsd.Config.model_validate({"name": "nsd", "sessions": {"subj01": 1}})
    path = tmp_path / layout.DESIGN
    path.parent.mkdir(parents=True)
    order = np.arange(1, 751, dtype=np.uint16)[None]
    savemat(path, {"masterordering": order, "subjectim": order, "sharedix": order[:, :10]})
    runs = Nsd(config)._trials(tmp_path, "subj01")["run"].value_counts(sort=False)
    assert runs.tolist() == [63, 62] * 6


def test_pictures_are_named_by_their_number_from_0(tmp_path):
    config = Nsd.Config.model_validate(
        {"name": "nsd", "sessions": {"subj02": 1}, "trials_per_session": 4}
    )
    path = tmp_path / layout.DESIGN
    path.parent.mkdir(parents=True)
    savemat(
        path,
        {
            "masterordering": np.array([[3, 1, 2, 1]], dtype=np.uint8),
            "subjectim": np.array([[200, 7, 9], [200, 5, 255]], dtype=np.uint8),
            "sharedix": np.array([[200]], dtype=np.uint8),
        },
    )
    dataset = Nsd(config)
    trials = dataset._trials(tmp_path, "subj02")
    assert trials["stimulus_id"].tolist() == ["nsd00254", "nsd00199", "nsd00004", "nsd00199"]
    assert trials["repetition"].tolist() == [0, 0, 0, 1]
    roles = dataset.published_roles(tmp_path, "subj02", "shared1000")
    assert list(roles.values()) == ["train", "test", "train", "test"]


def test_published_split_puts_shared_pictures_into_the_test_three_times(dataset, simulated):
    roles = dataset.published_roles(simulated, "subj01", "shared1000")
    trials = dataset.recording(simulated, "subj01").trials
    test = trials[[roles[trial] == "test" for trial in trials["trial_id"]]]
    assert test["stimulus_id"].value_counts().tolist() == [3] * 10
    other = dataset.published_roles(simulated, "subj02", "shared1000")
    trials = dataset.recording(simulated, "subj02").trials
    shared = trials[[other[trial] == "test" for trial in trials["trial_id"]]]
    assert set(shared["stimulus_id"]) == set(test["stimulus_id"])


def test_stimuli_are_those_that_were_seen_with_source_and_category(dataset, simulated):
    stimuli = list(dataset.stimuli(simulated))
    seen = set()
    for subject in dataset.subjects():
        seen |= set(dataset.recording(simulated, subject).trials["stimulus_id"])
    assert [s.stimulus_id for s in stimuli] == sorted(seen)
    assert all(s.image.shape == (64, 64, 3) and s.image.dtype == np.uint8 for s in stimuli)
    assert {"face", "house", "photo-scene"} <= {s.category for s in stimuli}
    assert any(s.source_id.startswith("astronaut/") for s in stimuli)


def test_without_a_sidecar_the_source_is_the_coco_picture(dataset, copy):
    (copy / layout.SIDECAR).unlink()
    first = next(iter(dataset.stimuli(copy)))
    assert first.category is None
    assert first.source_id == f"coco{int(first.stimulus_id[3:])}"


def test_voxels_of_an_asymmetrical_volume_are_read_in_the_order_of_the_mask(tmp_path):
    # Each voxel's value tells its place, so that any other memory order is noticed.
    shape = (3, 4, 5)
    place = np.arange(60).reshape(shape)
    mask = np.random.default_rng(0).random(shape) > 0.5
    betas = np.stack([place + 40 * trial for trial in range(2)]).astype(np.int16) * 300
    path = tmp_path / "betas_session01.hdf5"
    with h5py.File(path, "w") as file:
        file["betas"] = betas.transpose(0, 3, 2, 1)
    expected = np.stack([place[mask], place[mask] + 40])
    assert read_betas(path, mask, 2).tolist() == expected.tolist()


def test_coordinates_and_regions_are_in_the_same_order(tmp_path):
    shape = (3, 4, 5)
    volume = np.random.default_rng(1).integers(-1, 3, shape).astype(np.int16)
    scale = np.diag([2.0, 3.0, 4.0, 1.0])
    scale[:3, 3] = [-10, -20, -30]
    for name in ("nsdgeneral", "prf-visualrois"):
        nibabel.save(nibabel.Nifti1Image(volume, scale), tmp_path / f"{name}.nii.gz")
    (tmp_path / "names.ctab").write_text("0 Unknown\n1 V1v\t\n2 hV4\n")
    mask, millimetres = voxels_of(tmp_path / "nsdgeneral.nii.gz")
    regions = regions_of(tmp_path / "prf-visualrois.nii.gz", tmp_path / "names.ctab", mask)
    places = [(x, y, z) for x in range(3) for y in range(4) for z in range(5) if mask[x, y, z]]
    for place, where, names in zip(places, millimetres, regions, strict=True):
        assert where.tolist() == [-10 + 2 * place[0], -20 + 3 * place[1], -30 + 4 * place[2]]
        assert names == {1: ["V1", "V1v"], 2: ["hV4"]}[int(volume[place])]


def test_regions_and_truth_have_one_value_per_channel_in_the_same_order(dataset, simulated):
    channels = dataset.recording(simulated, "subj01").channels
    truth = dataset.truth(simulated, "subj01")
    assert len(truth["rf_size"]) == len(channels)
    in_v1 = np.array(["V1" in names for names in channels["rois"]])
    ventral = np.array(["ventral" in names for names in channels["rois"]])
    assert truth["rf_size"][in_v1].max() < truth["rf_size"][ventral].min()
    upper = np.array(["V1v" in names for names in channels["rois"]])
    assert (truth["rf_y"][upper] < 0.5).all()
    assert all(names[0] == "nsdgeneral" for names in channels["rois"])


def test_names_may_carry_stray_tabs_and_colours(tmp_path):
    path = tmp_path / "atlas.mgz.ctab"
    path.write_text("0 Unknown\n1 V1v\t\n2\tFFA-1 255 0 0 0\n\n")
    assert read_names(path) == {0: "Unknown", 1: "V1v", 2: "FFA-1"}


def test_raw_files_are_sorted_and_all_there(dataset, simulated):
    files = dataset.raw_files(simulated)
    assert files == sorted(files)
    assert SESSION in files
    assert layout.truth_file("subj02") in files
    assert sum("betas_session" in path for path in files) == 8


def test_missing_session_is_named_with_a_remedy(dataset, copy):
    (copy / SESSION).unlink()
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: missing"):
        dataset.raw_files(copy)
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: the session is missing") as caught:
        read_all(dataset, copy)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("kept", [0, 100, 3000, 20000])
def test_truncated_session_is_named(dataset, copy, kept):
    (copy / SESSION).write_bytes((copy / SESSION).read_bytes()[:kept])
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: not a complete HDF5 file"):
        read_all(dataset, copy)


def test_session_with_another_number_of_trials_is_refused(dataset, copy):
    with h5py.File(copy / SESSION, "a") as file:
        shorter = file["betas"][:-1]
        del file["betas"]
        file["betas"] = shorter
    with pytest.raises(ShapeError, match=r"betas_session02.hdf5: 'betas' is \(21, 10, 16, 20\)"):
        read_all(dataset, copy)


def test_transposed_session_is_refused(dataset, copy):
    with h5py.File(copy / SESSION, "a") as file:
        turned = file["betas"][:].transpose(0, 3, 2, 1)
        del file["betas"]
        file["betas"] = turned
    with pytest.raises(ShapeError, match="trials x Z x Y x X"):
        read_all(dataset, copy)


def test_session_without_betas_or_with_fractions_is_refused(dataset, copy):
    with h5py.File(copy / SESSION, "a") as file:
        file["fractions"] = file["betas"][:].astype(np.float32)
        del file["betas"]
    with pytest.raises(DataError, match="no 'betas', only"):
        read_all(dataset, copy)
    with h5py.File(copy / SESSION, "a") as file:
        file.move("fractions", "betas")
    with pytest.raises(DataError, match="float32, not integers"):
        read_all(dataset, copy)


def test_atlas_of_another_shape_is_refused(dataset, copy):
    path = copy / layout.atlas_file("subj01", "streams")
    nibabel.save(nibabel.Nifti1Image(np.ones((2, 3, 4), dtype=np.int16), np.eye(4)), path)
    with pytest.raises(ShapeError, match=r"streams.nii.gz: shape \(2, 3, 4\)"):
        dataset.recording(copy, "subj01")


def test_truncated_mask_and_empty_mask_are_named(dataset, copy):
    path = copy / layout.atlas_file("subj01", "nsdgeneral")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"nsdgeneral\.nii\.gz: not a complete NIfTI volume"):
        dataset.recording(copy, "subj01")
    nibabel.save(nibabel.Nifti1Image(np.zeros((20, 16, 10), dtype=np.int16), np.eye(4)), path)
    with pytest.raises(DataError, match="no voxel has a label above 0"):
        dataset.recording(copy, "subj01")
    path.write_bytes(gzip.compress(b"not a volume"))
    with pytest.raises(DataError, match=r"nsdgeneral\.nii\.gz"):
        dataset.recording(copy, "subj01")


def test_label_without_a_name_is_refused(dataset, copy):
    (copy / layout.names_file("subj01", "streams")).write_text("0 Unknown\n1 early\n")
    with pytest.raises(DataError, match="no name for label 2"):
        dataset.recording(copy, "subj01")


def design_with(path: Path, **changes: np.ndarray) -> None:
    design = {
        "masterordering": np.array([[1, 2, 3]]),
        "subjectim": np.array([[4, 5, 6], [4, 6, 5]]),
        "sharedix": np.array([[4]]),
    }
    savemat(path, {key: value for key, value in {**design, **changes}.items() if value.size})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masterordering": np.array([[1, 2, 4]])}, "leaves the lists"),
        ({"subjectim": np.array([[4, 0, 6], [4, 6, 5]])}, "counts from 1"),
        ({"sharedix": np.array([[5]])}, "does not begin with the 1 shared"),
        ({"sharedix": np.empty(0)}, "no variable 'sharedix'"),
    ],
)
def test_design_that_disagrees_with_itself_is_refused(tmp_path, changes, message):
    path = tmp_path / "nsd_expdesign.mat"
    design_with(path, **changes)
    with pytest.raises(DataError, match=message) as caught:
        read_design(path)
    assert "nsd_expdesign.mat" in caught.value.what


def test_design_that_is_no_mat_file_is_refused(tmp_path):
    path = tmp_path / "nsd_expdesign.mat"
    with pytest.raises(DataError, match=r"nsd_expdesign\.mat"):
        read_design(path)
    path.write_bytes(b"nonsense" * 50)
    with pytest.raises(DataError, match=r"nsd_expdesign\.mat"):
        read_design(path)


def test_more_sessions_than_the_design_holds_are_refused(copy):
    changed = {**CONFIG, "sessions": {"subj01": 9}}
    del changed["simulate"]
    with pytest.raises(DataError, match="masterordering has 110 trials, 198 are configured"):
        Nsd(Nsd.Config.model_validate(changed)).recording(copy, "subj01")


def test_picture_that_is_not_in_the_file_is_refused(dataset, copy):
    with h5py.File(copy / layout.PICTURES, "a") as file:
        fewer = file["imgBrick"][:-5]
        del file["imgBrick"]
        file["imgBrick"] = fewer
    with pytest.raises(DataError, match="45 pictures, but picture 49 was shown"):
        list(dataset.stimuli(copy))


def test_truncated_pictures_are_named(dataset, copy):
    path = copy / layout.PICTURES
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"nsd_stimuli\.hdf5: not a complete HDF5 file"):
        list(dataset.stimuli(copy))


def test_table_without_a_shown_picture_is_refused(dataset, copy):
    path = copy / layout.SIDECAR
    pd.read_csv(path).iloc[1:].to_csv(path, index=False)
    with pytest.raises(DataError, match="no row for picture 0"):
        list(dataset.stimuli(copy))


@pytest.mark.parametrize(
    "change",
    [{"sessions": {"subject1": 2}}, {"sessions": {}}, {"betas": "betas_x"}, {"atlas": ["x"]}],
)
def test_wrong_configuration_is_refused(change):
    with pytest.raises(ValidationError):
        Nsd.Config.model_validate({**CONFIG, **change})
