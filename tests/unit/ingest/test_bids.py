"""The BIDS adapter as a whole: seams, trials, stimuli, responses against MNE."""

import shutil
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from bids_tree import (
    CONFIG,
    TRIALS,
    dataset,
    events_table,
    evoked,
    onsets,
    pictures,
    raw_of,
    write_eeg,
    write_tree,
)

from afterimage.contracts import registry
from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.seams import Dataset, Parted, PerSubject, Sessions
from afterimage.contracts.tables import check_table, read_table
from afterimage.contracts.trials import TRIALS as TRIAL_SCHEMA
from afterimage.ingest.bids.adapter import Bids
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.raw import part_root, recording_root
from afterimage.ingest.stimuli import ingest_stimuli
from afterimage.ingest.subject import ingest_subject

STEM = "sub-01/ses-{}/meg/sub-01_ses-{}_task-look_run-{}"


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return write_tree(tmp_path_factory.mktemp("bids"))


@pytest.fixture
def copy(tree, tmp_path) -> Path:
    return Path(shutil.copytree(tree, tmp_path / "bids"))


def straightforward(root: Path, session: str, run: str) -> np.ndarray:
    """Cut a run by MNE alone; shape (trials, times, sensors)."""
    stem = STEM.format(session, session, run)
    raw = mne.io.read_raw_fif(root / f"{stem}_meg.fif", preload=True, verbose="error")
    raw.filter(1, 40, verbose="error")
    events = np.c_[onsets() + raw.first_samp, np.zeros(TRIALS, int), np.ones(TRIALS, int)]
    epochs = mne.Epochs(raw, events, 1, -0.1, 0.4, preload=True, decim=2, verbose="error")
    return np.swapaxes(epochs.get_data(copy=False), 1, 2)


def test_adapter_is_registered_and_fulfils_its_seams():
    adapter = registry.build("dataset", CONFIG)
    assert isinstance(adapter, Bids)
    for seam in (Dataset, Parted, PerSubject, Sessions):
        assert isinstance(adapter, seam)
    assert adapter.subjects() == ["sub-01"]
    assert adapter.parts("sub-01") == [
        "ses-01_run-01",
        "ses-01_run-02",
        "ses-02_run-01",
        "ses-02_run-02",
    ]


def test_the_validated_entry_describes_the_same_data_set():
    entry = dataset().config.model_dump(mode="json")
    assert registry.build("dataset", entry).config == dataset().config


def test_sessions_and_subjects_are_taken_out():
    adapter = dataset(subjects=["sub-02", "sub-01"])
    assert adapter.subjects() == ["sub-01", "sub-02"]
    assert adapter.sessions_of("sub-01") == [1, 2]
    assert adapter.of_sessions([2])["sessions"] == ["ses-02"]
    assert adapter.of_subject("sub-02")["subjects"] == ["sub-02"]
    assert dataset(sessions=[]).sessions_of("sub-01") == [1]
    assert dataset(sessions=["ses-pre", "ses-post"]).sessions_of("sub-01") == [1, 2]


def test_responses_equal_an_independent_computation(tree):
    recording = dataset().recording(tree, "sub-01")
    found = np.concatenate([block for _, block in recording.blocks()])
    runs = [(session, run) for session in ("01", "02") for run in ("01", "02")]
    expected = np.concatenate([straightforward(tree, *run) for run in runs])
    assert found.dtype == np.float32
    assert found.shape == (4 * TRIALS, *recording.shape) == expected.shape
    assert np.abs(found - expected).max() < 1e-5 * expected.std()
    assert recording.times == tuple(np.arange(-30, 121, 2) / 300)
    assert (recording.dims, recording.unit, recording.layout) == (("time", "sensor"), "T", "CTF275")


def test_the_evoked_signal_is_where_it_was_put(tree):
    recording = dataset(preprocess=[{"step": "epoch", "first": 0, "last": 0.29}]).recording(
        tree, "sub-01"
    )
    mean = np.concatenate([block for _, block in recording.blocks()]).mean(axis=0)
    expected = evoked(raw_of(0).info)[:, :88].T
    assert np.corrcoef(mean.ravel(), expected.ravel())[0, 1] > 0.99


def test_tables_fulfil_their_schemas(tree):
    recording = dataset().recording(tree, "sub-01")
    check_table(recording.trials, TRIAL_SCHEMA, "test")
    check_table(recording.channels, CHANNELS, "test")
    trials = recording.trials
    assert trials["stimulus_id"].tolist() == [
        Path(name).stem for number in range(4) for name in pictures(number)
    ]
    assert trials["session"].tolist() == [1] * 24 + [2] * 24
    assert trials["run"].tolist() == ([1] * 12 + [2] * 12) * 2
    assert trials["onset"].iloc[0] == 0.5
    assert trials["repetition"].max() == 7
    # The fourth row of the first table is a button press.
    names = trials["trial_id"].tolist()
    assert names[2:4] == ["sub-01-ses-01-run-01-t0003", "sub-01-ses-01-run-01-t0005"]
    assert any("4 rows of events name no picture" in note for note in recording.notes)


def test_stimuli_are_pictures_by_name_and_their_folders_are_concepts(tree):
    stimuli = list(dataset().stimuli(tree))
    assert [one.stimulus_id for one in stimuli] == sorted({Path(p).stem for p in pictures(0)})
    assert [one.source_id for one in stimuli] == ["boat", "boat", "cat", "cat", "tree", "tree"]
    assert [one.category for one in stimuli] == [one.source_id for one in stimuli]
    assert stimuli[1].image[0, 0].tolist() == [80, 0, 2]


def test_parts_give_the_same_blocks_and_need_no_other_recording(tree, copy):
    adapter = dataset()
    whole = list(adapter.recording(tree, "sub-01").blocks())
    (copy / f"{STEM.format('01', '01', '02')}_meg.fif").unlink()
    [(ids, block)] = adapter.read_part(copy, "sub-01", "ses-02_run-01").blocks
    assert ids == whole[2][0]
    assert (block == whole[2][1]).all()


def test_ingest_from_the_manifest_to_the_card(tree, tmp_path):
    adapter = dataset()
    manifest = str(tmp_path / "raw.json")
    write_manifest(manifest, tree, adapter.recording_files(tree, "sub-01"), "bids")
    root = recording_root(adapter, tree, manifest, "sub-01")
    recording = adapter.recording(root, "sub-01")
    paths = []
    for part in adapter.parts("sub-01"):
        own = part_root(adapter, tree, manifest, "sub-01", part)
        paths.append([str(tmp_path / f"{part}.{kind}") for kind in ("arrow", "json")])
        write_part(*paths[-1], part, adapter.read_part(own, "sub-01", part), {})
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    outputs = {name: str(tmp_path / name) for name in names}
    card = ingest_subject(joined(recording, *zip(*paths, strict=True)), {}, outputs, {})
    assert load_card(outputs["card"]) == card
    assert (card["trials"], card["channels"], card["excluded"]) == (48, 8, {})
    assert len(card["times"]) == card["shape"][0] == 76
    responses = ArrayFile(outputs["responses"])
    trials = read_table(outputs["trials"], TRIAL_SCHEMA)
    assert responses.keys["trial_id"].tolist() == trials["trial_id"].tolist()
    stimuli = {name: str(tmp_path / f"{name}_") for name in ("stimuli", "images", "annotations")}
    assert ingest_stimuli(adapter.stimuli(tree), stimuli, {}) == 6
    assert set(adapter.stimulus_files(tree)) >= {f"stimuli/{name}" for name in pictures(0)}


def test_keep_chooses_rows_by_several_columns(tree):
    events = {"picture": "stim_file", "keep": {"trial_type": ["picture"], "sample": [150, 870]}}
    trials = dataset(events=events).recording(tree, "sub-01").trials
    assert len(trials) == 8


def test_onsets_come_from_seconds_if_so_chosen(tree):
    by_sample = dataset().recording(tree, "sub-01").blocks()
    by_onset = dataset(events={"picture": "stim_file", "onset": "onset"}).recording(tree, "sub-01")
    assert (next(by_sample)[1] == next(by_onset.blocks())[1]).all()


def test_labels_alone_make_each_trial_a_stimulus_of_its_own(copy):
    for path in copy.rglob("*_events.tsv"):
        table = pd.read_csv(path, sep="\t", na_values="n/a")
        table["what"] = table["stim_file"].str.split("/").str[0]
        table.to_csv(path, sep="\t", index=False, na_rep="n/a")
    adapter = dataset(events={"label": "what"}, stimuli=None)
    recording = adapter.recording(copy, "sub-01")
    assert recording.trials["stimulus_id"].tolist() == recording.trials["trial_id"].tolist()
    stimuli = list(adapter.stimuli(copy))
    assert len(stimuli) == 48
    assert {one.category for one in stimuli} == {"cat", "boat", "tree"}
    assert {one.image for one in stimuli} == {None}
    assert any("do not tell which pictures" in note for note in recording.notes)
    assert all(name.endswith("events.tsv") for name in adapter.stimulus_files(copy))


def test_pictures_without_files_are_named_as_the_table_names_them(tree):
    adapter = dataset(stimuli=None)
    stimuli = list(adapter.stimuli(tree))
    assert [one.stimulus_id for one in stimuli] == sorted(set(pictures(0)))
    assert adapter.recording(tree, "sub-01").trials["repetition"].max() == 7


def test_a_pattern_makes_file_names_of_numbers_and_concepts(copy):
    for path in copy.rglob("*_events.tsv"):
        table = pd.read_csv(path, sep="\t", na_values="n/a")
        table["concept"] = table["stim_file"].str.split("/").str[0]
        # With a gap, so that the column is written as 1.0.
        table["number"] = table["stim_file"].str[-5].astype(float)
        table.to_csv(path, sep="\t", index=False, na_rep="n/a")
    for path in (copy / "stimuli").rglob("*.png"):
        path.rename(path.with_name(f"{path.parent.name}-{int(path.stem[-1]):03d}.png"))
    adapter = dataset(
        events={"picture": "number", "concept": "concept"},
        stimuli={"pattern": "{concept}/{concept}-{picture:03d}.png"},
    )
    stimuli = list(adapter.stimuli(copy))
    assert [one.stimulus_id for one in stimuli][:3] == ["boat-001", "boat-002", "cat-001"]
    assert stimuli[0].source_id == "boat"


def test_sensors_are_chosen_dropped_and_left_out_if_bad(copy):
    names = dataset().recording(copy, "sub-01").channels["name"].tolist()
    path = copy / f"{STEM.format('02', '02', '01')}_channels.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False)
    table.loc[table["name"] == names[2], "status"] = "bad"
    table.to_csv(path, sep="\t", index=False)
    recording = dataset(drop=[names[0]]).recording(copy, "sub-01")
    assert recording.channels["name"].tolist() == [names[1], *names[3:]]
    assert f"Left out as bad by channels.tsv: {names[2]} (ses-02_run-01)." in recording.notes
    assert next(recording.blocks())[1].shape == (12, 76, 6)
    assert dataset(bads="keep").recording(copy, "sub-01").shape[1] == 8
    assert dataset(sensors=[names[5], names[3]]).recording(copy, "sub-01").channels[
        "name"
    ].tolist() == [names[3], names[5]]


def test_a_note_counts_the_runs_with_neighbours_in_the_window(tree):
    steps = [{"step": "epoch", "first": -0.1, "last": 2.4}]
    events = {"picture": "stim_file", "keep": {"sample": [870, 1590]}}
    recording = dataset(preprocess=steps, events=events).recording(tree, "sub-01")
    assert recording.notes[-1] == (
        "ses-01_run-01: the epoch window (2.5 s) is longer than the smallest interval between "
        "onsets (2.4 s): neighbouring stimuli are inside the window. So it is in 3 other runs."
    )


def test_a_run_in_several_files_is_read_whole(tmp_path):
    folder = tmp_path / "sub-01/ses-01/meg"
    folder.mkdir(parents=True)
    stem = "sub-01_ses-01_task-look_run-01"
    many = raw_of(0, count=60)
    path = folder / f"{stem}_meg.fif"
    many.save(path, fmt="double", split_size="2MB", split_naming="bids", verbose="error")
    assert not path.exists()
    events_table(0).to_csv(folder / f"{stem}_events.tsv", sep="\t", index=False, na_rep="n/a")
    adapter = dataset(sessions=["ses-01"], runs=["run-01"], stimuli=None)
    recording = adapter.recording(tmp_path, "sub-01")
    assert next(recording.blocks())[1].shape == (12, 76, 60)
    assert any("_split-03_meg.fif" in n for n in adapter.recording_files(tmp_path, "sub-01"))


def test_eeg_without_sessions_or_runs_is_one_recording(tmp_path):
    values = 1e-6 * np.random.default_rng(0).standard_normal((4, 10000))
    write_eeg(tmp_path, ["Oz", "Pz", "O1", "O2"], values, 250, events_table(0))
    adapter = dataset(datatype="eeg", sessions=[], runs=[], stimuli=None, sensors=["occipital"])
    assert adapter.parts("sub-01") == ["recording"]
    recording = adapter.recording(tmp_path, "sub-01")
    assert recording.channels["name"].tolist() == ["Oz", "O1", "O2"]
    assert (recording.unit, recording.layout) == ("V", "colin27_1005")
    assert recording.trials["trial_id"].iloc[0] == "sub-01-t0001"
    ids, block = next(recording.blocks())
    assert block.shape == (12, 63, 3)
    assert ids == recording.trials["trial_id"].tolist()
