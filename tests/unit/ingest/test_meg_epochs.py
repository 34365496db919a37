"""The released epochs: read as MNE reads them, and refused where files do not fit."""

import shutil
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from meg_recordings import CSV, EPOCHS, dataset, edit_csv, read_all

from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.seams import (
    Dataset,
    Fetchable,
    OptionallyFetchable,
    Parted,
    PerSubject,
    PublishedSplit,
    Sessions,
    Simulated,
)
from afterimage.contracts.tables import check_table, read_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.raw import part_root, recording_root, stimulus_root, tables_root
from afterimage.ingest.stimuli import ingest_stimuli
from afterimage.ingest.subject import ingest_subject
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.fif import save_epochs
from afterimage.ingest.things_meg.simulator.simulate import simulate

PARTS = [layout.epochs_file("P1", number) for number in range(3)]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("things_meg")
    simulate(dataset(EPOCHS).config, folder)
    return folder


@pytest.fixture
def changed(root, tmp_path) -> Path:
    return Path(shutil.copytree(root, tmp_path / "copy"))


def by_mne(root: Path, subject: str = "P1") -> mne.BaseEpochs:
    return mne.read_epochs(root / layout.epochs_file(subject), proj=False, verbose="error")


def test_adapter_fulfils_its_seams():
    seams = (Dataset, PublishedSplit, Simulated, Parted, Fetchable, OptionallyFetchable)
    for seam in (*seams, PerSubject, Sessions):
        assert isinstance(dataset(EPOCHS), seam)
    assert dataset(EPOCHS).subjects() == ["P1", "P3"]


def test_responses_are_those_of_the_files_without_catch_trials(root):
    whole = by_mne(root)
    table = pd.read_csv(root / CSV)
    kept = (table["trial_type"] != "catch").to_numpy()
    expected = np.swapaxes(whole.get_data(copy=False)[kept], 1, 2)
    recording = dataset(EPOCHS).recording(root, "P1")
    found = read_all(dataset(EPOCHS), root)
    assert found.dtype == np.float32
    assert (recording.dims, recording.unit) == (("time", "sensor"), "sd")
    assert (recording.layout, recording.shape) == ("CTF275", (57, 271))
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
    np.testing.assert_allclose(recording.times, whole.times, atol=1e-9)
    assert recording.channels["name"].tolist() == whole.ch_names
    assert layout.FAULTY not in whole.ch_names
    stems = table["image_path"].str.rpartition("/")[2].str.removesuffix(".jpg")
    assert recording.trials["stimulus_id"].tolist() == stems[kept].tolist()


def test_files_of_epochs_hold_what_was_written(tmp_path):
    info = mne.create_info(["MLC11-1609", "MLO11-1609", "MRF22-1609"], 50, "mag")
    values = np.random.default_rng(0).standard_normal((11, 8, 3)).astype(np.float32)
    codes, times = np.arange(11) + 5, np.arange(-2, 6) / 50
    paths = [tmp_path / f"some-epo{tail}.fif" for tail in ("", "-1", "-2")]
    save_epochs(paths, info, codes, times, [values[:4], values[4:5], values[5:]])
    read = mne.read_epochs(paths[0], preload=True, verbose="error")
    np.testing.assert_array_equal(read.get_data(copy=False), np.swapaxes(values, 1, 2))
    assert read.events[:, 2].tolist() == codes.tolist()
    np.testing.assert_allclose(read.times, times, atol=1e-12)
    first = [path.read_bytes() for path in paths]
    save_epochs(paths, info, codes, times, [values])
    assert [path.read_bytes() for path in paths] == first


def test_tables_fulfil_their_schemas(root):
    recording = dataset(EPOCHS).recording(root, "P3")
    for frame, schema in (
        (recording.trials, TRIALS),
        (recording.channels, CHANNELS),
        (recording.behaviour, BEHAVIOUR),
    ):
        check_table(frame.reset_index(drop=True), schema, schema.name)
    assert recording.trials["session"].unique().tolist() == [2]
    assert recording.trials["trial_id"].str.startswith("P3-s02-").all()
    assert set(recording.behaviour["trial_id"]) == set(recording.trials["trial_id"])


def test_parts_are_sessions_and_give_the_same_blocks(root):
    adapter = dataset(EPOCHS)
    assert adapter.parts("P1") == ["session01", "session02"]
    assert adapter.parts("P3") == ["session02"]
    whole = list(adapter.recording(root, "P1").blocks())
    parts = [b for part in adapter.parts("P1") for b in adapter.read_part(root, "P1", part).blocks]
    assert [ids for ids, _ in whole] == [ids for ids, _ in parts]
    for (_, one), (_, other) in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
    assert max(len(ids) for ids, _ in whole) <= 32
    ids = [name for own, _ in whole for name in own]
    assert ids == adapter.recording(root, "P1").trials["trial_id"].tolist()


def test_only_chosen_sensors_are_read(root):
    chosen = dataset(EPOCHS, sensors=["occipital", "MLF11-1609"])
    recording = chosen.recording(root, "P1")
    names = recording.channels["name"].tolist()
    assert all(name[2] == "O" or name == "MLF11-1609" for name in names)
    rows = [by_mne(root).ch_names.index(name) for name in names]
    everything = read_all(dataset(EPOCHS), root)
    np.testing.assert_array_equal(read_all(chosen, root), everything[:, :, rows])
    assert {"mag", "occipital"} <= set(recording.channels["rois"].iloc[-1])


def test_later_steps_are_done_to_the_epochs_as_mne_does_them(root):
    steps = [
        {"step": "baseline", "first": -0.1, "last": 0},
        {"step": "decimate", "factor": 2},
        {"step": "crop", "first": 0, "last": 0.8},
    ]
    whole = by_mne(root)
    whole.apply_baseline((-0.1, 0), verbose="error").decimate(2, verbose="error").crop(0, 0.8)
    table = pd.read_csv(root / CSV)
    expected = np.swapaxes(whole.get_data(copy=False), 1, 2)[table["trial_type"] != "catch"]
    adapter = dataset(EPOCHS, preprocess=steps)
    np.testing.assert_allclose(read_all(adapter, root), expected, atol=1e-5)
    np.testing.assert_allclose(adapter.recording(root, "P1").times, whole.times, atol=1e-9)


def test_notes_tell_what_a_report_must_say(root):
    notes = dataset(EPOCHS).recording(root, "P1").notes
    told = " ".join(notes)
    assert notes[0] == "The recording is simulated."
    assert "8 catch trials left out; the subject answered" in told
    assert "Latency check: first evoked peak" in told
    assert ": plausible (60 to 180 ms)" in told
    assert "Sessions: 1, 2." in told


def test_recordings_of_chosen_sessions_and_subjects(root):
    adapter = dataset(EPOCHS)
    entry = adapter.of_sessions([1])
    assert entry["sessions"] == {"P1": [1]}
    assert dataset(entry).parts("P1") == ["session01"]
    # Simulated subjects are made together.
    assert set(adapter.of_subject("P1")["sessions"]) == {"P1", "P3"}
    published = dataset(EPOCHS, simulate=None)
    assert set(published.of_subject("P1")["sessions"]) == {"P1"}
    assert adapter.sessions_of("P3") == [2]


def test_ingesting_writes_tables_and_responses_checked_against_the_manifest(root, tmp_path):
    adapter, manifest = dataset(EPOCHS), str(tmp_path / "raw.json")
    write_manifest(manifest, root, adapter.recording_files(root, "P1"), "small")
    assert recording_root(adapter, root, manifest, "P1") == root
    assert tables_root(adapter, root, manifest, "P1") == root
    recording = adapter.recording(root, "P1")
    paths = []
    for part in adapter.parts("P1"):
        assert part_root(adapter, root, manifest, "P1", part) == root
        paths.append([str(tmp_path / f"{part}.{kind}") for kind in ("arrow", "json")])
        write_part(*paths[-1], part, adapter.read_part(root, "P1", part), {})
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    splits = {s: adapter.published_roles(root, "P1", s) for s in adapter.published_splits()}
    outputs = {name: str(tmp_path / name) for name in names}
    card = ingest_subject(joined(recording, *zip(*paths, strict=True)), splits, outputs, {})
    assert card["trials"] == 52
    assert card["published_splits"][0] == "benchetrit_small"
    assert card["layout"] == "CTF275"
    assert card["times"][4] == pytest.approx(0)


def test_flat_sensors_are_excluded_by_name(tmp_path):
    adapter = dataset(EPOCHS, sessions={"P1": 2}, simulate={"flat": 3})
    simulate(adapter.config, tmp_path)
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    outputs = {name: str(tmp_path / name) for name in names}
    recording = adapter.recording(tmp_path, "P1")
    card = ingest_subject(recording, {}, outputs, {})
    assert card["excluded"] == {"constant over all trials": 3}
    channels = read_table(outputs["channels"], CHANNELS)
    flat = ", ".join(channels.loc[channels["excluded"], "name"])
    assert card["notes"][-1] == f"All 2 parts: sensors {flat}: flat in all epochs."


# ------------------------------------------------------------------------------------- pictures


def test_pictures_are_read_by_concept(root, tmp_path):
    adapter, manifest = dataset(EPOCHS), str(tmp_path / "raw.json")
    write_manifest(manifest, root, adapter.stimulus_files(root), "small")
    assert stimulus_root(adapter, root, manifest) == root
    shown = list(adapter.stimuli(root))
    assert len(shown) == 46
    assert all(one.source_id == one.category == layout.concept_of(one.stimulus_id) for one in shown)
    assert len({one.source_id for one in shown}) == 20
    assert shown[0].image.shape == (32, 32, 3)
    outputs = {name: str(tmp_path / name) for name in ("stimuli", "images", "annotations")}
    assert ingest_stimuli(shown, outputs, {}) == 46


def test_missing_and_damaged_pictures_are_told_with_their_number(changed):
    adapter = dataset(EPOCHS)
    files = [name for name in adapter.stimulus_files(changed) if name.startswith("Images")]
    (changed / files[0]).write_bytes((changed / files[0]).read_bytes()[:50])
    with pytest.raises(DataError, match="not a complete picture"):
        list(adapter.stimuli(changed))
    for name in files[:5]:
        (changed / name).unlink()
    with pytest.raises(
        DataError, match=r"5 of 46 pictures that were shown are missing: .* and 2 more"
    ):
        adapter.stimulus_files(changed)
    shutil.rmtree(changed / "Images")
    with pytest.raises(DataError, match="the folder of the pictures is missing"):
        adapter.stimulus_files(changed)


def test_pictures_may_lie_in_another_folder(changed):
    (changed / "Images").rename(changed / "object_images")
    assert len(list(dataset(EPOCHS, images="object_images").stimuli(changed))) == 46


# ------------------------------------------------------------------------------------ what fails


def refused(root: Path, error=DataError, **changes) -> str:
    with pytest.raises(error) as caught:
        read_all(dataset(EPOCHS, **changes), root)
    assert caught.value.remedy
    return caught.value.what


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_part_is_named(changed, number):
    (changed / PARTS[number]).unlink()
    told = refused(changed)
    assert Path(PARTS[number]).name in told
    assert "missing" in told
    with pytest.raises(DataError, match="missing"):
        dataset(EPOCHS).recording_files(changed, "P1")


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.999])
def test_a_part_that_is_cut_short_is_told(changed, number, share):
    path = changed / PARTS[number]
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    told = refused(changed)
    assert f"{path}: not a complete FIF file" in told


def test_fewer_epochs_than_trials_are_told_with_sizes(changed):
    edit_csv(changed / CSV, lambda table: table.iloc[:-2])
    told = refused(changed, ShapeError)
    assert "60 epochs in 3 files, but sample_attributes_P1.csv has 58 trials" in told
    assert "bytes" in told


def test_parts_of_different_rates_are_told(changed):
    info = mne.io.read_info(changed / PARTS[2], verbose="error")
    with info._unlock():
        info["sfreq"] = 20.0
    own = mne.read_epochs(changed / PARTS[2], verbose="error")
    times = np.arange(-4, 53) / 20
    values = np.zeros((len(own), 57, 271), dtype=np.float32)
    save_epochs([changed / PARTS[2]], info, own.events[:, 2], times, [values])
    assert "-epo" in refused(changed)


def test_some_trials_that_disagree_are_left_out_and_counted(changed):
    def edit(table):
        rows = table.index[table["trial_type"] == "exp"][:3]
        table.loc[rows, "things_image_nr"] = 45

    (changed / layout.IMAGE_PATHS).unlink()
    edit_csv(changed / CSV, edit)
    recording = dataset(EPOCHS).recording(changed, "P1")
    assert 49 <= len(recording.trials) <= 50
    assert "trials left out, because recording and sample_attributes disagree" in " ".join(
        recording.notes
    )
    ids = [name for own, _ in recording.blocks() for name in own]
    assert ids == recording.trials["trial_id"].tolist()
    assert "show other pictures than sample_attributes" in refused(changed, disagreements=1)


def test_pictures_are_compared_with_the_list_where_it_is(changed):
    path = changed / layout.IMAGE_PATHS
    path.write_text("\n".join(reversed(path.read_text().split())))
    assert "show other pictures" in refused(changed, disagreements=2)
    assert layout.IMAGE_PATHS in dataset(EPOCHS).recording_files(changed, "P1")


def test_unknown_sensors_are_told(root):
    assert "'ocipital' is no sensor" in refused(root, ConfigError, sensors=["ocipital"])


# --------------------------------------------------------------------------------------- fetch


def test_what_is_fetched_is_the_table_and_all_parts():
    adapter = dataset(EPOCHS, simulate=None, sessions={"P1": "all", "P2": 1}, epoch_files=4)
    assert adapter.remote().url == "s3://openneuro.org/ds004212"
    assert adapter.remote().region == "us-east-1"
    needed = adapter.needed_files(["P2"])
    folder = "derivatives/preprocessed/preprocessed_P2-epo"
    assert needed == [
        f"{folder}-1.fif",
        f"{folder}-2.fif",
        f"{folder}-3.fif",
        f"{folder}.fif",
        "sourcedata/sample_attributes_P2.csv",
    ]
    assert adapter.optional_files(["P2"]) == []
    raw = dataset(EPOCHS, simulate=None, form="raw", sessions={"P2": 1}, runs_per_session=10)
    files = raw.needed_files(["P2"])
    assert len(files) == 1 + 10 * 4
    stem = "sub-BIGMEG2/ses-01/meg/sub-BIGMEG2_ses-01_task-main_run-10"
    name = stem.rpartition("/")[2]
    assert {f"{stem}_events.tsv", f"{stem}_meg.ds/{name}_meg.meg4"} <= set(files)
    assert f"{stem}_meg.ds/BadChannels" in raw.optional_files(["P2"])
