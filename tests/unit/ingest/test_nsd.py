"""The adapter as a whole: seams, trials, responses, files."""

import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
import yaml
from nsd_bucket import (
    CONFIG,
    PICTURES,
    REGIONS,
    SESSIONS,
    SHAPE,
    TRIALS,
    VERSION,
    dataset,
    labels,
    read_all,
    stored,
    write_betas,
    write_surface_bucket,
    write_volume_bucket,
)
from pydantic import ValidationError

from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.seams import (
    Dataset,
    Fetchable,
    Parted,
    PerSubject,
    PublishedSplit,
    Sessions,
    Simulated,
)
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS as TRIAL_SCHEMA
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.adapter import Nsd
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.raw import part_root, recording_root
from afterimage.ingest.subject import ingest_subject

SESSION = layout.betas_files("subj01", "func1pt8mm", VERSION, 2, "hdf5")[0]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory) -> Path:
    return write_volume_bucket(tmp_path_factory.mktemp("nsd"))


@pytest.fixture
def copy(bucket, tmp_path) -> Path:
    return Path(shutil.copytree(bucket, tmp_path / "nsd"))


def test_adapter_fulfils_its_seams():
    for seam in (Dataset, PublishedSplit, Simulated, Parted, Fetchable, PerSubject, Sessions):
        assert isinstance(dataset(), seam)
    assert not dataset().is_simulated()
    assert dataset().subjects() == ["subj01", "subj02"]


def test_demo_is_a_valid_configuration():
    path = Path(__file__).parents[3] / "config/datasets/demo.yaml"
    demo = Nsd.Config.model_validate(yaml.safe_load(path.read_text()))
    assert demo.simulate is not None
    assert demo.simulate.reference_pictures >= 6000


def test_tables_fulfil_their_schemas(bucket, tmp_path):
    recording = dataset().recording(bucket, "subj01")
    for name, frame, schema in (
        ("trials", recording.trials, TRIAL_SCHEMA),
        ("channels", recording.channels, CHANNELS),
        ("behaviour", recording.behaviour, BEHAVIOUR),
    ):
        write_table(tmp_path / f"{name}.parquet", frame, schema)
        read_table(tmp_path / f"{name}.parquet", schema)
    assert len(recording.trials) == SESSIONS * TRIALS
    assert recording.trials["repetition"].max() == 2


def test_responses_are_those_of_the_voxels_in_the_order_of_trials_and_channels(bucket):
    adapter = dataset()
    for subject in adapter.subjects():
        recording = adapter.recording(bucket, subject)
        mask = labels("nsdgeneral", SHAPE) > 0
        sessions = adapter.config.sessions_of(subject)
        expected = np.concatenate(
            [stored(subject, session, SHAPE)[:, mask] for session in sessions]
        )
        found = read_all(adapter, bucket, subject)
        assert found.dtype == np.float32
        assert np.rint(found * 300).astype(int).tolist() == expected.tolist()
        assert recording.shape == (int(mask.sum()),)
        assert recording.channels["index"].tolist() == np.flatnonzero(mask).tolist()
        names = [name for ids, _ in recording.blocks() for name in ids]
        assert names == recording.trials["trial_id"].tolist()


def test_sessions_in_the_middle_keep_their_numbers(bucket):
    trials = dataset().recording(bucket, "subj02").trials
    assert trials["session"].unique().tolist() == [2, 4]
    assert trials["trial_id"].iloc[0] == "subj02-s02-t001"
    assert trials["trial_id"].iloc[-1] == "subj02-s04-t012"
    assert (trials.groupby("stimulus_id")["repetition"].min() == 0).all()


def test_parts_are_sessions_and_give_the_same_blocks(bucket):
    adapter = dataset()
    assert adapter.parts("subj02") == ["session02", "session04"]
    whole = list(adapter.recording(bucket, "subj02").blocks())
    parts = [
        b
        for part in adapter.parts("subj02")
        for b in adapter.read_part(bucket, "subj02", part).blocks
    ]
    assert [ids for ids, _ in whole] == [ids for ids, _ in parts]
    assert all((a == b).all() for (_, a), (_, b) in zip(whole, parts, strict=True))
    assert [Path(name).name for name in adapter.part_files("subj02", "session04")] == [
        "betas_session04.hdf5"
    ]


def test_a_part_needs_no_other_session(bucket, copy):
    (copy / SESSION).unlink()
    ids, _ = next(dataset().read_part(copy, "subj01", "session03").blocks)
    assert ids[0] == "subj01-s03-t001"


def test_ingesting_parts_excludes_a_voxel_without_data_in_one_session_by_name(copy, tmp_path):
    adapter = dataset(sessions={"subj01": 3})
    mask = labels("nsdgeneral", SHAPE) > 0
    places = np.argwhere(mask)
    for session in (1, 2, 3):
        values = stored("subj01", session, SHAPE)
        values[:, *places[4]] = 0
        if session > 1:
            values[:, *places[1]] = 0
        if session == 2:
            values[:, *places[0]] = 0
        write_betas(copy, "subj01", session, values=values)
    recording = adapter.recording(copy, "subj01")
    paths = []
    for part in adapter.parts("subj01"):
        paths.append([str(tmp_path / f"{part}.{kind}") for kind in ("arrow", "json")])
        write_part(*paths[-1], part, adapter.read_part(copy, "subj01", part), {})
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    card = ingest_subject(
        joined(recording, *zip(*paths, strict=True)),
        {"shared1000": adapter.published_roles(copy, "subj01", "shared1000")},
        {name: str(tmp_path / name) for name in names},
        {},
    )
    assert card["excluded"] == {
        "no data in session 02": 1,
        "no data in sessions 02, 03": 1,
        "constant over all trials": 1,
    }
    channels = read_table(tmp_path / "channels", CHANNELS)
    assert channels["reason"].iloc[0] == "no data in session 02"
    assert card["geometry"]["space"] == "func1pt8mm"


def test_notes_tell_version_space_voxels_and_sessions(bucket):
    notes = " ".join(dataset().recording(bucket, "subj02").notes)
    for told in (VERSION, "func1pt8mm", "nsdgeneral", "Sessions: 2, 4.", "by hand"):
        assert told in notes
    others = dataset(voxels=["streams:early"]).recording(bucket, "subj01").notes
    assert "by hand" not in " ".join(others)
    assert "Sessions: 1-4." in others


def test_all_spaces_and_forms_make_recordings(tmp_path):
    for space in ("nativesurface", "fsaverage"):
        root = write_surface_bucket(tmp_path / space, space)
        adapter = dataset(space=space)
        recording = adapter.recording(root, "subj01")
        assert recording.geometry.kind == "surface"
        assert recording.channels["x"].isna().all()
        count = int((labels("nsdgeneral", (12,)) > 0).sum())
        assert read_all(adapter, root).shape == (SESSIONS * TRIALS, count)
        assert adapter.recording_files(root, "subj01")


# ------------------------------------------------------------------------------------ raw files


def raw_files(adapter, root):
    """Return all files, of whatever subject."""
    recordings = [adapter.recording_files(root, subject) for subject in adapter.subjects()]
    return sorted(set(adapter.stimulus_files(root)).union(*recordings))


def test_raw_files_are_sorted_and_all_there(bucket):
    files = dataset().recording_files(bucket, "subj01")
    assert files == sorted(files)
    assert SESSION in files
    assert sum("betas_session" in path for path in files) == 4
    assert not [name for name in files if "subj02" in name]
    assert layout.names_file("subj01", "func1pt8mm", "streams") in files
    assert dataset().stimulus_files(bucket) == sorted(
        [layout.PICTURES, layout.DESIGN, layout.STIMULUS_TABLE]
    )


def test_needed_files_are_known_without_reading_and_per_subject(bucket):
    adapter = dataset()
    assert adapter.needed_files(adapter.subjects()) == raw_files(adapter, bucket)
    assert not [name for name in adapter.needed_files(["subj02"]) if "subj01" in name]
    assert adapter.remote().url == "s3://natural-scenes-dataset"
    assert adapter.remote().region == "us-east-2"
    assert "naturalscenesdataset.org" in adapter.remote().terms


def test_simulated_data_also_need_what_the_simulator_knows(bucket):
    simulated = dataset(simulate={"pictures": 12, "shared": 4})
    known = {layout.SIDECAR, layout.truth_file("subj01")}
    assert known < set(simulated.needed_files(["subj01"]))
    assert not known & set(dataset().needed_files(["subj01"]))
    with pytest.raises(DataError, match="missing") as caught:
        simulated.recording_files(bucket, "subj01")
    assert "simulate the recording again" in caught.value.remedy
    assert simulated.recording(bucket, "subj01").notes[0] == "The recording is simulated."


@pytest.mark.parametrize(
    ("voxels", "wanted", "unwanted"),
    [
        (["brain"], ["brainmask.nii.gz"], ["nsdgeneral"]),
        (["lh.streams:early"], ["roi/lh.streams.nii.gz", "label/streams.mgz.ctab"], ["roi/rh."]),
        (["HCP_MMP1:2"], ["roi/HCP_MMP1.nii.gz"], ["HCP_MMP1.mgz.ctab"]),
        (["nsdgeneral"], ["roi/nsdgeneral.nii.gz"], ["nsdgeneral.mgz.ctab", "brainmask"]),
    ],
)
def test_only_the_chosen_labels_are_needed(voxels, wanted, unwanted):
    files = dataset(voxels=voxels).needed_files(["subj01"])
    assert all(any(name.endswith(end) for name in files) for end in wanted)
    assert not [name for name in files for part in unwanted if part in name]


def test_one_hemisphere_needs_the_betas_of_one_hemisphere():
    files = dataset(space="fsaverage", voxels=["lh.nsdgeneral"]).needed_files(["subj01"])
    assert {Path(name).name[:3] for name in files if "betas_session" in name} == {"lh."}
    # The numbers of right vertices count on from the left ones.
    assert any(name.endswith("rh.nsdgeneral.mgz") for name in files)


def test_whole_surfaces_take_the_number_of_vertices_from_an_atlas():
    files = dataset(space="nativesurface", voxels=["brain"], atlases=[]).needed_files(["subj01"])
    assert [Path(name).name for name in files if name.endswith("mgz")] == [
        "lh.nsdgeneral.mgz",
        "rh.nsdgeneral.mgz",
    ]


def test_surfaces_are_listed_where_they_exist(tmp_path):
    root = write_surface_bucket(tmp_path, "nativesurface")
    adapter = dataset(space="nativesurface")
    surfaces = layout.surface_files("subj01", "nativesurface")
    assert set(surfaces) < set(adapter.optional_files(["subj01"]))
    before = adapter.recording_files(root, "subj02")
    for name in layout.surface_files("subj02", "nativesurface"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    added = set(adapter.recording_files(root, "subj02")) - set(before)
    assert added == set(layout.surface_files("subj02", "nativesurface"))


def test_missing_session_in_the_middle_is_named_with_a_remedy(copy):
    (copy / SESSION).unlink()
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: missing") as caught:
        dataset().recording_files(copy, "subj01")
    assert "snakemake fetch" in caught.value.remedy
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: the session is missing") as caught:
        read_all(dataset(), copy)
    assert len(str(caught.value).splitlines()) == 2


def test_two_files_of_one_session_ask_for_a_choice(copy):
    write_betas(copy, "subj01", 2, "nifti")
    with pytest.raises(DataError, match="two files hold session 2 of subj01") as caught:
        dataset().recording_files(copy, "subj01")
    assert "format: nifti" in caught.value.remedy
    assert SESSION in dataset(format="hdf5").recording_files(copy, "subj01")


def test_absent_coco_files_are_named_with_their_source(bucket):
    with pytest.raises(
        DataError, match=r"captions_train2017\.json and 3 other files: missing"
    ) as e:
        dataset(coco=True).stimulus_files(bucket)
    assert "annotations_trainval2017.zip" in e.value.remedy
    assert not [name for name in dataset(coco=True).needed_files(["subj01"]) if "coco" in name]


def test_parts_are_checked_against_the_manifest_without_files_that_may_be_absent(copy, tmp_path):
    adapter, manifest = dataset(), tmp_path / "raw.json"
    write_manifest(manifest, copy, adapter.recording_files(copy, "subj01"), "nsd")

    def check(session, adapter=adapter):
        return part_root(adapter, copy, str(manifest), "subj01", session)

    assert check("session02") == copy
    (copy / SESSION).write_bytes(b"short")
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: 5 bytes") as caught:
        check("session02")
    assert f"--forcerun {manifest}" in caught.value.remedy
    assert check("session03") == copy
    (copy / SESSION).unlink()
    with pytest.raises(DataError, match=r"betas_session02\.hdf5: this raw file is listed"):
        recording_root(adapter, copy, str(manifest), "subj01")
    assert check("session03") == copy


def test_a_file_that_may_be_absent_is_listed_once_it_is_there(tmp_path):
    root = write_surface_bucket(tmp_path, "nativesurface")
    adapter, manifest = dataset(space="nativesurface"), tmp_path / "raw.json"
    write_manifest(manifest, root, adapter.recording_files(root, "subj02"), "nsd")
    assert part_root(adapter, root, str(manifest), "subj02", "session02") == root
    added = root / layout.surface_files("subj02", "nativesurface")[0]
    added.parent.mkdir(parents=True, exist_ok=True)
    added.touch()
    with pytest.raises(DataError, match=r"lh\.white' is not listed"):
        part_root(adapter, root, str(manifest), "subj02", "session02")


def test_settings_can_be_narrowed_to_a_subject_and_to_sessions():
    adapter = dataset()
    assert adapter.of_subject("subj02")["sessions"] == {"subj02": [2, 4]}
    narrowed = adapter.of_sessions([1, 2])
    assert narrowed["sessions"] == {"subj01": [1, 2], "subj02": [2]}
    assert adapter.of_sessions([3])["sessions"] == {"subj01": [3]}
    assert {**narrowed, "sessions": 0} == {**adapter.of_subject("subj01"), "sessions": 0}
    together = dataset(simulate={"pictures": 12, "shared": 4})
    assert set(together.of_subject("subj02")["sessions"]) == {"subj01", "subj02"}


def test_betas_that_lie_elsewhere_than_the_masks_are_refused(copy):
    write_betas(copy, "subj01", 1, "nifti")
    path = copy / layout.betas_files("subj01", "func1pt8mm", VERSION, 1, "nifti")[0]
    moved = nibabel.load(path)
    values, affine = np.asarray(moved.dataobj), moved.affine.copy()
    affine[0, 3] += 3
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    adapter = dataset(format="nifti", sessions={"subj01": 1})
    with pytest.raises(ShapeError, match=r"betas_session01\.nii\.gz: its affine .* 3 mm away"):
        list(adapter.read_part(copy, "subj01", "session01").blocks)


# -------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    "change",
    [
        {"sessions": {"subject1": 2}},
        {"sessions": {}},
        {"sessions": {"subj04": 31}},
        {"sessions": {"subj01": []}},
        {"voxels": ["nsdgenral"]},
        {"betas": "betas_x"},
        {"atlas": ["x"]},
        {"voxels": ["lh.brain"]},
        {"voxels": ["brain:1"]},
        {"space": "fsaverage", "format": "hdf5"},
        {"space": "fsaverage", "series": {}},
    ],
)
def test_wrong_configuration_is_refused(change):
    with pytest.raises(ValidationError):
        Nsd.Config.model_validate({**CONFIG, **change})


def test_constants_of_the_bucket_are_asymmetrical():
    assert len(set(SHAPE)) == 3
    assert PICTURES < 255
    assert len(REGIONS) == 4
