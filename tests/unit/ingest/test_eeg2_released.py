"""THINGS-EEG2 as released: seams, pictures, epochs of both forms, and what can be wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from eeg2_folder import (
    FILE,
    FOLDERS,
    METADATA,
    PICTURES,
    SENSORS,
    SHAPES,
    TEST,
    TIMES,
    adapter,
    read_all,
    released,
    save,
    write_pictures,
    write_released,
)
from pydantic import ValidationError

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.registry import find_class
from afterimage.contracts.seams import (
    Dataset,
    Parted,
    PerSubject,
    PublishedSplit,
    Sessions,
    Simulated,
    Timed,
)
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.raw import part_root, published_roles, recording_root, stimulus_root
from afterimage.ingest.stimuli import ingest_stimuli
from afterimage.ingest.subject import ingest_subject

FORMS = ["official", "nice"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("eeg2")
    write_pictures(root)
    for form in FORMS:
        write_released(root, form)
    return root


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "eeg2"))


def test_adapter_fulfils_its_seams():
    dataset = adapter(subjects=["sub-10", "sub-02"])
    for seam in (Dataset, Parted, PerSubject, PublishedSplit, Simulated, Timed):
        assert isinstance(dataset, seam)
    assert not isinstance(dataset, Sessions)
    assert find_class("dataset", "things_eeg2") is type(dataset)
    assert callable(find_class("simulator", "things_eeg2"))
    assert dataset.subjects() == ["sub-02", "sub-10"]
    assert dataset.of_subject("sub-02")["subjects"] == ["sub-02"]
    assert not dataset.is_simulated()


@pytest.mark.parametrize("form", FORMS)
def test_responses_are_the_arrays_that_were_written(made, form):
    dataset = adapter(form)
    recording = dataset.recording(made, "sub-01")
    ids, found = read_all(dataset, made)
    both = [released(form, part)["preprocessed_eeg_data"] for part in ("training", "test")]
    expected = [values.reshape(-1, *values.shape[2:]).swapaxes(1, 2) for values in both]
    np.testing.assert_array_equal(found, np.concatenate(expected))
    assert found.dtype == np.float32
    assert ids == recording.trials["trial_id"].tolist()
    assert recording.shape == found.shape[1:]
    assert recording.dims == ("time", "sensor")
    assert recording.unit == "arbitrary"
    assert recording.layout == "colin27_1005"
    stored = TIMES[form]
    np.testing.assert_allclose(recording.times, stored[stored >= (-1 if form == "official" else 0)])


def test_trials_name_pictures_and_repetitions_training_first(made):
    trials = adapter().recording(made, "sub-01").trials
    counts = (PICTURES * 4, TEST * 8)
    assert len(trials) == sum(counts)
    assert trials["trial_id"].iloc[[0, 5, -1]].tolist() == [
        "sub-01-train-00001-r1",
        "sub-01-train-00002-r2",
        "sub-01-test-00002-r8",
    ]
    stems = [Path(name).stem for name in METADATA["train_img_files"]]
    assert trials["stimulus_id"].iloc[: counts[0] : 4].tolist() == stems
    assert trials["repetition"].iloc[counts[0] :].tolist() == [*range(8), *range(8)]
    assert set(trials["session"]) == set(trials["run"]) == {1}


def test_tables_fulfil_their_schemas(made, tmp_path):
    recording = adapter().recording(made, "sub-01")
    for name, frame, schema in (
        ("trials", recording.trials, TRIALS),
        ("channels", recording.channels, CHANNELS),
    ):
        write_table(tmp_path / name, frame, schema)
        read_table(tmp_path / name, schema)
    assert recording.channels["name"].tolist() == SENSORS
    # Oz lies at the back, in the middle.
    oz = recording.channels[recording.channels["name"] == "Oz"].iloc[0]
    assert oz["y"] < -50
    assert abs(oz["x"]) < 10
    assert set(oz["rois"]) == {"eeg", "occipital", "midline"}


def test_sensors_are_chosen_in_the_order_of_the_file(made):
    dataset = adapter(sensors=["O2", "Pz"])
    values = read_all(dataset, made)[1]
    np.testing.assert_array_equal(values, read_all(adapter(), made)[1][:, :, [0, 3]])
    assert dataset.recording(made, "sub-01").channels["name"].tolist() == ["Pz", "O2"]
    with pytest.raises(ConfigError, match="Fz"):
        adapter(sensors=["Fz"]).recording(made, "sub-01")


def test_parts_are_partitions_and_give_the_same_blocks(made):
    dataset = adapter("nice")
    assert dataset.parts("sub-01") == ["training", "test"]
    parts = [
        b for p in dataset.parts("sub-01") for b in dataset.read_part(made, "sub-01", p).blocks
    ]
    np.testing.assert_array_equal(
        np.concatenate([values for _, values in parts]), read_all(dataset, made)[1]
    )
    assert dataset.part_files("sub-01", "test") == [
        "Preprocessed_data_250Hz/sub-01/preprocessed_eeg_test.npy"
    ]


def test_the_published_split_trains_on_training_and_tests_on_test_pictures(made):
    dataset = adapter()
    assert dataset.published_splits() == ["zero_shot200"]
    roles = published_roles(dataset, made, "sub-01")["zero_shot200"]
    assert list(roles) == dataset.recording(made, "sub-01").trials["trial_id"].tolist()
    assert all(role == ("test" if "-test-" in name else "train") for name, role in roles.items())
    assert sum(role == "test" for role in roles.values()) == TEST * 8


def test_stimuli_are_concepts_without_numbers(made, tmp_path):
    stimuli = list(adapter().stimuli(made))
    assert [s.stimulus_id for s in stimuli][-2:] == ["kite_01b", "lamp_03s"]
    assert [s.source_id for s in stimuli] == [s.category for s in stimuli]
    assert [s.source_id for s in stimuli][::3] == ["thing1", "thing2", "kite"]
    assert stimuli[0].image.shape == (8, 12, 3)
    outputs = {name: str(tmp_path / name) for name in ("stimuli", "images", "annotations")}
    assert ingest_stimuli(adapter().stimuli(made), outputs, {}) == PICTURES + TEST


def test_a_subject_is_ingested_from_parts_against_the_manifest(made, tmp_path):
    dataset, manifest = adapter("nice"), str(tmp_path / "raw.json")
    write_manifest(manifest, made, dataset.recording_files(made, "sub-01"), "eeg2")
    recording = dataset.recording(recording_root(dataset, made, manifest, "sub-01"), "sub-01")
    paths = []
    for part in dataset.parts("sub-01"):
        root = part_root(dataset, made, manifest, "sub-01", part)
        paths.append([str(tmp_path / f"{part}.{kind}") for kind in ("arrow", "json")])
        write_part(*paths[-1], part, dataset.read_part(root, "sub-01", part), {})
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    outputs = {name: str(tmp_path / name) for name in names}
    recording = joined(recording, *zip(*paths, strict=True))
    card = ingest_subject(recording, published_roles(dataset, made, "sub-01"), outputs, {})
    assert card["trials"] == PICTURES * 4 + TEST * 8
    assert card["published_splits"] == ["zero_shot200"]
    manifest = str(tmp_path / "stimuli.json")
    write_manifest(manifest, made, dataset.stimulus_files(made), "eeg2")
    assert stimulus_root(dataset, made, manifest) == made


def test_notes_tell_whitening_neighbours_and_counts(made):
    official = " ".join(adapter().recording(made, "sub-01").notes)
    assert "training and test trials: transductive" in official
    assert "every 200 ms" in official
    assert "6 training pictures x 4 and 2 test pictures x 8 repetitions" in official
    assert "training partition" in " ".join(adapter("nice").recording(made, "sub-01").notes)


# ------------------------------------------------------------------------------ bad input


def change(root: Path, partition: str, form: str = "official", **changes) -> Path:
    path = root / FOLDERS[form] / FILE.format(partition)
    return save(path, released(form, partition, **changes))


def fails(root: Path, error: type[Exception] = DataError, form: str = "official") -> str:
    with pytest.raises(error) as caught:
        read_all(adapter(form), root)
    assert len(str(caught.value).splitlines()) == 2
    return str(caught.value)


def test_swapped_partitions_are_told(copy):
    folder = copy / FOLDERS["official"]
    paths = [folder / FILE.format(part) for part in ("training", "test")]
    one, other = (path.read_bytes() for path in paths)
    paths[0].write_bytes(other)
    paths[1].write_bytes(one)
    message = fails(copy, ShapeError)
    assert "2 pictures, but image_metadata.npy names 6 training pictures" in message
    assert "swapped" in message


def test_wrong_numbers_of_pictures_sensors_and_times_are_told(copy):
    values = np.zeros(SHAPES["official"]["training"])
    change(copy, "training", preprocessed_eeg_data=values[:5])
    assert "5 pictures" in fails(copy, ShapeError)
    change(copy, "training", preprocessed_eeg_data=values[:, :, :3])
    assert "(6, 4, 3, 10)" in fails(copy, ShapeError)
    change(copy, "training", preprocessed_eeg_data=values[..., :9])
    assert "10 times" in fails(copy, ShapeError)
    change(copy, "training", preprocessed_eeg_data=values[0])
    assert "expected 4 dimensions" in fails(copy, ShapeError)


def test_times_without_data_are_left_out_only_if_they_are_the_baseline(copy):
    change(copy, "training", "nice", times=np.arange(-4, 26) / 25)
    assert "30 times" in fails(copy, ShapeError, "nice")


def test_partitions_that_differ_in_sensors_or_times_are_told(copy):
    change(copy, "test", ch_names=["Pz", "O1", "Oz", "PO3"])
    assert "4 and 4 sensors, which are not the same: PO3" in fails(copy)
    change(copy, "test", times=np.arange(-1, 9) / 10)
    assert "10 and 10 times, which are not the same" in fails(copy)


def test_missing_keys_and_wrong_types_are_told(copy):
    path = copy / FOLDERS["official"] / FILE.format("training")
    content = released("official", "training")
    for key in content:
        save(path, {k: v for k, v in content.items() if k != key})
        assert f"no '{key}' in the dictionary" in fails(copy)
    change(copy, "training", ch_names=["Pz", "O1", "Oz", 3])
    assert "'ch_names' holds something else than texts" in fails(copy)
    change(copy, "training", ch_names=["Pz", "O1", "Oz", "Pz"])
    assert "'Pz' comes twice" in fails(copy)
    change(copy, "training", times=np.zeros(10))
    assert "do not ascend" in fails(copy)
    change(copy, "training", preprocessed_eeg_data=np.full((6, 4, 4, 10), "a"))
    assert "expected an array of numbers" in fails(copy)


def test_not_a_number_is_told_with_its_trial_and_sensor(copy):
    values = np.zeros(SHAPES["official"]["training"])
    values[3, 1, 2, 5] = np.nan
    change(copy, "training", preprocessed_eeg_data=values)
    message = fails(copy)
    assert "trial sub-01-train-00004-r2, sensor Oz" in message
    # A sensor that is not read does no harm.
    assert len(read_all(adapter(sensors=["O1"]), copy)[0]) == PICTURES * 4 + TEST * 8


def test_a_pickle_that_carries_code_is_refused_by_name(copy):
    class Code:
        def __reduce__(self):
            return print, ("run",)

    change(copy, "test", times=Code())
    assert "refused, because it holds 'builtins.print'" in fails(copy)


def test_missing_files_are_named(copy):
    (copy / FOLDERS["official"] / FILE.format("test")).unlink()
    with pytest.raises(DataError, match=r"preprocessed_eeg_test\.npy: missing"):
        adapter().recording_files(copy, "sub-01")
    with pytest.raises(DataError, match="and 1 other files: missing"):
        adapter(subjects=["sub-02"]).recording_files(copy, "sub-02")
    pictures = sorted((copy / "Image_set/training_images").rglob("*.jpg"))
    for path in pictures[1:3]:
        path.unlink()
    with pytest.raises(DataError, match="1 other pictures of 8") as caught:
        adapter().stimulus_files(copy)
    assert len(caught.value.details) == 2
    pictures[0].write_bytes(b"no picture")
    with pytest.raises(DataError, match="missing"):
        list(adapter().stimuli(copy))
    write_pictures(copy)
    pictures[0].write_bytes(b"no picture")
    with pytest.raises(DataError, match="not a readable picture"):
        list(adapter().stimuli(copy))


def test_a_concept_in_both_partitions_is_refused(copy):
    path = copy / "Image_set/image_metadata.npy"
    save(path, {**METADATA, "test_img_concepts": ["00001_kite", "00002_thing2"]})
    assert "'thing2' among the concepts of both" in fails(copy)
    save(path, {**METADATA, "test_img_files": ["kite_01b.jpg", "kite_01b.jpg"]})
    assert "'kite_01b' come twice" in fails(copy)
    save(path, {**METADATA, "test_img_files": ["kite_01b.jpg"]})
    assert "2 entries of 'test_img_concepts' for 1" in fails(copy)
    save(path, {k: v for k, v in METADATA.items() if k != "train_img_files"})
    assert "no 'train_img_files'" in fails(copy)


def test_folders_can_lie_elsewhere(copy):
    (copy / "Image_set").rename(copy / "pictures")
    (copy / "Preprocessed_data").rename(copy / "mine")
    dataset = adapter(
        folder="mine",
        metadata="pictures/image_metadata.npy",
        training_images="pictures/training_images",
        test_images="pictures/test_images",
    )
    assert len(list(dataset.stimuli(copy))) == PICTURES + TEST
    assert dataset.recording_files(copy, "sub-01")[0] == "mine/sub-01/preprocessed_eeg_test.npy"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subjects": ["sub-11"]}, "subjects"),
        ({"subjects": ["sub-01", "sub-01"]}, "listed twice"),
        ({"sessions": [1]}, "only the form 'raw'"),
        ({"preprocess": "benchetrit"}, "only the form 'raw'"),
        ({"form": "raw", "sessions": [5]}, "sessions"),
        ({"form": "raw", "preprocess": [{"step": "crop", "first": 0, "last": 1}]}, "epoch"),
        ({"folder": "/absolute"}, "folder"),
    ],
)
def test_wrong_configurations_are_refused(changes, told):
    with pytest.raises(ValidationError, match=told):
        adapter(**changes)
