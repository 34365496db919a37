"""Raw CTF runs: equal to MNE's own computation, and refused where files do not fit."""

import shutil
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
from meg_recordings import CSV, RAW, dataset, edit_csv, read_all

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.errors import DataError
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.published import PUBLISHED
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.raw import part_root, tables_root
from afterimage.ingest.subject import ingest_subject
from afterimage.ingest.things_meg import layout, source_raw
from afterimage.ingest.things_meg.head import largest_shift, read_coils
from afterimage.ingest.things_meg.simulator.ctf import write_ctf
from afterimage.ingest.things_meg.simulator.simulate import simulate

EVENTS = layout.events_file("P1", 2, 1)
# Shorter filters than those of 0.1 Hz: short runs are enough.
STEPS = [
    {"step": "bandpass", "low": 1.0, "high": 40.0},
    {"step": "epoch", "first": -0.1, "last": 0.6},
    {"step": "baseline"},
]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("things_meg_raw")
    simulate(dataset(RAW).config, folder)
    return folder


@pytest.fixture
def changed(root, tmp_path) -> Path:
    return Path(shutil.copytree(root, tmp_path / "copy"))


def raw_of(root: Path, session: int, run: int = 1) -> mne.io.BaseRaw:
    path = root / layout.run_folder("P1", session, run)
    return mne.io.read_raw_ctf(path, preload=True, verbose="error")


def events_of(root: Path, session: int, run: int = 1) -> pd.DataFrame:
    return pd.read_csv(root / layout.events_file("P1", session, run), sep="\t", na_values="n/a")


def cut(raw, samples, first, last) -> mne.Epochs:
    events = np.stack([samples, 0 * samples, 1 + 0 * samples], axis=1)
    picks = mne.pick_types(raw.info, meg=True, ref_meg=False, exclude=())
    epochs = mne.Epochs(
        raw, events, tmin=first, tmax=last, picks=picks, baseline=None, verbose="error"
    )
    return epochs.load_data()


@pytest.mark.filterwarnings("ignore:filter_length")
@pytest.mark.filterwarnings("ignore:The measurement information indicates")
def test_preset_equals_the_released_script(root):
    adapter = dataset(RAW)
    assert [step.step for step in adapter.config.steps()] == [
        "bandpass",
        "epoch",
        "baseline",
        "decimate",
    ]
    expected = []
    for session in (1, 2):
        raw, events = raw_of(root, session), events_of(root, session)
        raw.drop_channels([layout.FAULTY]).filter(0.1, 40, verbose="error")
        epochs = cut(raw, events["sample"].to_numpy(), -0.1, 1.3)
        values = mne.baseline.rescale(
            epochs.get_data(copy=True), epochs.times, (None, 0), "zscore", verbose="error"
        )
        done = mne.EpochsArray(values, epochs.info, tmin=-0.1, verbose="error").decimate(6)
        kept = events["value"].notna().to_numpy()
        expected.append(np.swapaxes(done.get_data(copy=False)[kept], 1, 2))
    found = read_all(adapter, root)
    recording = adapter.recording(root, "P1")
    assert (recording.unit, recording.layout) == ("sd", "CTF275")
    assert found.shape == (52, 57, 271)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(recording.times, done.times, atol=1e-9)


def test_responses_without_z_scores_are_in_tesla_and_reference_sensors_are_never_chosen(root):
    adapter = dataset(RAW, preprocess=STEPS, sensors=["meg"])
    recording = adapter.recording(root, "P1")
    assert recording.unit == "T"
    assert len(recording.channels) == 271
    assert len(raw_of(root, 1).info["comps"]) == 1
    raw, events = raw_of(root, 1), events_of(root, 1)
    raw.drop_channels([layout.FAULTY]).filter(1, 40, verbose="error")
    epochs = cut(raw, events["sample"].to_numpy(), -0.1, 0.6).apply_baseline((None, 0))
    kept = events["value"].notna().to_numpy()
    expected = np.swapaxes(epochs.get_data(copy=False)[kept], 1, 2)
    ids, found = next(adapter.read_part(root, "P1", "ses-01_run-01").blocks)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)
    assert ids == recording.trials["trial_id"][: len(ids)].tolist()


def test_drop_outs_are_replaced_by_medians_as_in_the_released_script(tmp_path):
    simulate_all = {"concepts": 45, "exemplars": 11, "test_images": 10, "catch": 5}
    adapter = dataset(
        RAW,
        sessions={"P1": [11]},
        runs_per_session=5,
        preprocess=STEPS,
        sensors=["occipital"],
        simulate=simulate_all,
    )
    simulate(adapter.config, tmp_path)
    raw, events = raw_of(tmp_path, 11, 5), events_of(tmp_path, 11, 5)
    start = int(np.argmin(np.abs(raw.times - 13.4)))
    length = int(0.2 / (1 / raw.info["sfreq"]))
    assert not raw._data[:272, start + 1 : start + length - 1].any()
    raw._data[:, start : start + length] = np.median(raw._data, axis=1)[:, None]
    raw.drop_channels([layout.FAULTY]).filter(1, 40, verbose="error")
    epochs = cut(raw, events["sample"].to_numpy(), -0.1, 0.6).apply_baseline((None, 0))
    kept = events["value"].notna().to_numpy()
    ((_, found),) = adapter.read_part(tmp_path, "P1", "ses-11_run-05").blocks
    names = adapter.recording(tmp_path, "P1").channels["name"].tolist()
    rows = [epochs.ch_names.index(name) for name in names]
    expected = np.swapaxes(epochs.get_data(copy=False)[kept][:, rows], 1, 2)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)
    told = " ".join(adapter.recording(tmp_path, "P1").notes)
    assert "Session 11, run 5: a drop-out of 0.2 s at 13.4 s was replaced by the median" in told


def test_onsets_by_triggers_are_the_same_trials_earlier(root):
    adapter = dataset(RAW, preprocess=STEPS, onsets="triggers")
    raw, events = raw_of(root, 1), events_of(root, 1)
    codes = mne.find_events(raw, "UPPT001", initial_event=True, verbose="error")
    assert codes[-1, 2] == layout.LAST_TRIGGER
    samples = codes[codes[:, 2] == layout.TRIGGER, 0]
    assert (events["sample"] - samples).unique().tolist() == [36]
    raw.drop_channels([layout.FAULTY]).filter(1, 40, verbose="error")
    epochs = cut(raw, samples, -0.1, 0.6).apply_baseline((None, 0))
    kept = events["value"].notna().to_numpy()
    expected = np.swapaxes(epochs.get_data(copy=False)[kept], 1, 2)
    _, found = next(adapter.read_part(root, "P1", "ses-01_run-01").blocks)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)


def test_notes_settle_the_question_of_150_ms(root):
    by_events = " ".join(dataset(RAW).recording(root, "P1").notes)
    assert ": plausible (60 to 180 ms)" in by_events
    by_triggers = " ".join(dataset(RAW, onsets="triggers").recording(root, "P1").notes)
    assert "NOT plausible" in by_triggers
    assert "MRO11-1609 is faulty" in by_events
    assert "neighbouring stimuli are inside" in by_events


def told_of(root: Path, part: str, **changes) -> list[str]:
    """Return the notes of one run."""
    found = dataset(RAW, **changes).read_part(root, "P1", part)
    for _ in found.blocks:
        pass
    return list(found.findings.counts)


def test_every_run_is_compared_with_its_triggers(changed):
    for part in ("ses-01_run-01", "ses-02_run-01"):
        (line,) = (line for line in told_of(changed, part) if "triggers" in line)
        assert line.startswith("onsets by events.tsv are 150 ms after the triggers (median")
        assert line.endswith("events.tsv were used.")
    assert "triggers were used." in " ".join(told_of(changed, "ses-02_run-01", onsets="triggers"))
    path = changed / layout.events_file("P1", 2, 1)
    table = pd.read_csv(path, sep="\t")
    table["sample"] += 480  # two seconds
    table.loc[[3, 5], "sample"] += 24
    table.to_csv(path, sep="\t", index=False)
    shifted = told_of(changed, "ses-02_run-01", incomplete="drop")
    assert any(line.startswith("onsets by events.tsv are 2150 ms after") for line in shifted)
    assert any("{odd} of {events} events lie more than 20 ms off" in line for line in shifted)
    assert any("are 150 ms after" in line for line in told_of(changed, "ses-01_run-01"))


def test_the_shift_of_the_head_is_that_of_mne(root):
    shifts = [np.linalg.inv(raw_of(root, s).info["dev_head_t"]["trans"])[:3, 3] for s in (1, 2)]
    expected = 1000 * np.linalg.norm(shifts[1] - shifts[0])
    found = largest_shift([read_coils(root / layout.head_file("P1", s, 1)) for s in (1, 2)])
    assert found == pytest.approx(expected, abs=0.01)
    told = " ".join(dataset(RAW).recording(root, "P1").notes)
    assert f"a coil was at most {found:.1f} mm from its place in the first" in told


def test_parts_are_runs_and_need_only_their_own_files(changed, tmp_path):
    adapter, manifest = dataset(RAW, preprocess=STEPS), str(tmp_path / "raw.json")
    assert adapter.parts("P1") == ["ses-01_run-01", "ses-02_run-01"]
    write_manifest(manifest, changed, adapter.recording_files(changed, "P1"), "small")
    folder = changed / layout.run_folder("P1", 2, 1)
    (folder / f"{folder.stem}.meg4").unlink()
    assert part_root(adapter, changed, manifest, "P1", "ses-01_run-01") == changed
    assert tables_root(adapter, changed, manifest, "P1") == changed
    ids, values = next(adapter.read_part(changed, "P1", "ses-01_run-01").blocks)
    assert len(ids) == len(values) == 26
    with pytest.raises(DataError, match="missing"):
        part_root(adapter, changed, manifest, "P1", "ses-02_run-01")


# ------------------------------------------------------------------------------------ what fails


def refused(root: Path, **changes) -> str:
    with pytest.raises(DataError) as caught:
        read_all(dataset(RAW, preprocess=STEPS, **changes), root)
    assert caught.value.remedy
    return caught.value.what


@pytest.mark.parametrize("ending", ["res4", "meg4", "hc"])
@pytest.mark.parametrize("session", [1, 2])
def test_a_missing_file_of_a_run_is_named(changed, ending, session):
    folder = changed / layout.run_folder("P1", session, 1)
    (folder / f"{folder.stem}.{ending}").unlink()
    assert f"{folder.stem}.{ending}: missing" in refused(changed)
    with pytest.raises(DataError, match="missing"):
        dataset(RAW).recording_files(changed, "P1")


@pytest.mark.parametrize("ending", ["res4", "meg4"])
def test_a_file_that_is_cut_short_is_told(changed, ending):
    folder = changed / layout.run_folder("P1", 2, 1)
    path = folder / f"{folder.stem}.{ending}"
    path.write_bytes(path.read_bytes()[:-1001])
    assert "not a complete CTF recording" in refused(changed)


def test_missing_or_different_tables_of_events_are_told(changed):
    edit_csv(changed / EVENTS, lambda table: table.iloc[:-1], "\t")
    assert "29 events, but sample_attributes has 30 trials of the run" in refused(changed)
    edit_csv(changed / EVENTS, lambda table: table[["duration"]], "\t")
    assert "no column sample or onset" in refused(changed)
    (changed / EVENTS).write_text("sample\tvalue\nfirst\t3\n" + "7\t3\n" * 29)
    assert "sample is 'first' in line 2, not a number" in refused(changed)
    (changed / EVENTS).write_text("sample\tvalue\nn/a\t3\n" + "7\t3\n" * 29)
    assert "no number in column sample, line 2" in refused(changed)
    (changed / EVENTS).unlink()
    assert "missing" in refused(changed)


def test_onsets_in_seconds_do_where_there_are_no_samples(changed, root):
    edit_csv(changed / EVENTS, lambda table: table.drop(columns="sample"), "\t")
    adapter = dataset(RAW, preprocess=STEPS)
    np.testing.assert_array_equal(read_all(adapter, changed), read_all(adapter, root))


def test_tables_of_events_without_pictures_are_noted(changed):
    edit_csv(changed / EVENTS, lambda table: table.drop(columns="value"), "\t")
    notes = " ".join(dataset(RAW).recording(changed, "P1").notes)
    assert "1 tables of events do not tell pictures" in notes


def test_disagreeing_trials_are_left_out_up_to_a_limit(changed):
    def edit(table):
        rows = table.index[table["value"].notna()][:4]
        table["value"] = table["value"].astype(object)
        table.loc[rows[:3], "value"] = 999
        table.loc[rows[3], "value"] = 999_999

    edit_csv(changed / EVENTS, edit, "\t")
    adapter = dataset(RAW, preprocess=STEPS)
    recording = adapter.recording(changed, "P1")
    assert len(recording.trials) == 52 - 4
    assert "4 trials left out, because recording and sample_attributes" in " ".join(recording.notes)
    ids = [name for own, _ in recording.blocks() for name in own]
    assert ids == recording.trials["trial_id"].tolist()
    told = refused(changed, disagreements=3)
    assert "4 of 30 trials of session 2, run 1 show other pictures" in told
    assert "number 999 here" in told


def rewritten(root: Path, session: int, edit, rate: float = 240) -> None:
    """Write a run again, with other stored values (channels, times)."""
    folder = root / layout.run_folder("P1", session, 1)
    content = np.frombuffer((folder / f"{folder.stem}.meg4").read_bytes()[8:], dtype=">i4")
    raw = mne.io.read_raw_ctf(folder, verbose="error")
    blocks = content.reshape(-1, len(raw.ch_names), 2400)
    from afterimage.ingest.things_meg.simulator import runs
    from afterimage.ingest.things_meg.simulator.sensors import sensor_info

    channels = runs._channels(sensor_info())
    channels, blocks = edit(channels, blocks.copy())
    coils = {"dewar": {}, "head": {}}
    text = (folder / f"{folder.stem}.hc").read_text()
    write_ctf(folder, channels, rate, 2400, blocks, coils, {"MLC11-1609": {"BG1-1609": 0.01}})
    (folder / f"{folder.stem}.hc").write_text(text)


def without_a_trigger(channels, blocks):
    row = [one.name for one in channels].index(layout.TRIGGERS)
    first = np.flatnonzero(blocks[0, row])[:5]
    blocks[0, row, first] = 0
    return channels, blocks


def test_another_number_of_triggers_is_told(changed):
    rewritten(changed, 2, without_a_trigger)
    assert "29 triggers (code 64 in UPPT001), but 30 events" in refused(changed)


def test_a_recording_without_triggers_needs_the_events(changed):
    def renamed(channels, blocks):
        row = [one.name for one in channels].index(layout.TRIGGERS)
        channels[row] = type(channels[row])("UPPT002", channels[row].type)
        return channels, blocks

    for session in (1, 2):
        rewritten(changed, session, renamed)
    assert "no channel UPPT001" in refused(changed, onsets="triggers")
    notes = " ".join(dataset(RAW, preprocess=STEPS).recording(changed, "P1").notes)
    assert "after the triggers" not in notes
    assert read_all(dataset(RAW, preprocess=STEPS), changed).shape[0] == 52


def test_a_missing_sensor_of_a_later_run_is_named(changed):
    def without(channels, blocks):
        row = [one.name for one in channels].index("MLO21-1609")
        return channels[:row] + channels[row + 1 :], np.delete(blocks, row, axis=1)

    rewritten(changed, 2, without)
    told = refused(changed)
    assert "MLO21-1609" in told
    assert "ses-02" in told


def test_another_sampling_rate_of_a_later_run_is_told(changed):
    rewritten(changed, 2, lambda channels, blocks: (channels, blocks), rate=200)
    told = refused(changed)
    assert "the sampling rates differ" in told
    assert "240 samples per second" in told


def test_events_outside_the_recording_are_told_or_left_out_and_counted(changed, tmp_path):
    def edit(table):
        table.loc[table.index[-1], "sample"] = 10**7
        table.loc[table.index[-1], "value"] = 1

    edit_csv(changed / EVENTS, edit, "\t")

    def same(table):
        rows = table.index[(table["session_nr"] == 2)]
        table.loc[rows[-1], ["trial_type", "things_image_nr"]] = ["exp", 1]
        table.loc[rows[-1], "image_path"] = _first_path(changed)

    edit_csv(changed / CSV, same)
    assert "reach outside the recording" in refused(changed)
    told, ids = ingested(changed, tmp_path, incomplete="drop")
    assert told[-1] == (
        "1 trial is left out, because the window reaches outside the recording (ses-02_run-01)."
    )
    assert len(ids) == 51


@pytest.mark.parametrize("onsets", ["events", "triggers"])
def test_a_recording_that_ended_too_early_is_read_up_to_its_end(changed, tmp_path, onsets):
    rewritten(changed, 2, lambda channels, blocks: (channels, blocks[:-1]))
    assert "triggers (code 64 in UPPT001), but 30 events" in refused(changed, onsets=onsets)
    told, ids = ingested(changed, tmp_path, incomplete="drop", onsets=onsets)
    assert "because the window reaches outside the recording (ses-02_run-01)." in told[-1]
    left_out = int(told[-1].split()[0])
    assert 1 <= left_out < 26
    assert len(ids) == 52 - left_out
    whole = dataset(RAW, preprocess=STEPS, incomplete="drop").recording(changed, "P1").trials
    assert ids == whole["trial_id"].tolist()[: len(ids)]


def test_triggers_that_are_lacking_within_the_recording_are_told_even_so(changed):
    rewritten(changed, 2, without_a_trigger)
    assert "29 triggers" in refused(changed, incomplete="drop")


def test_a_part_reads_nothing_of_the_first_run_but_its_header(changed, monkeypatch):
    monkeypatch.setattr(source_raw, "look_at_first_run", None)
    opened = []
    read = mne.io.BaseRaw.get_data

    def get_data(self, *arguments, **named):
        opened.append(str(self.filenames[0]))
        return read(self, *arguments, **named)

    monkeypatch.setattr(mne.io.BaseRaw, "get_data", get_data)
    part = dataset(RAW, preprocess=STEPS).read_part(changed, "P1", "ses-02_run-01")
    assert [len(ids) for ids, _ in part.blocks] == [26]
    assert opened
    assert all("ses-02" in name for name in opened)


def test_bad_segments_silent_sensors_and_aliasing_of_a_run_come_into_the_notes(changed, tmp_path):
    def flat(channels, blocks):
        row = [one.name for one in channels].index("MLO21-1609")
        blocks[:, row] = 0
        return channels, blocks

    rewritten(changed, 2, flat)
    folder = changed / layout.run_folder("P1", 2, 1)
    (folder / "bad.segments").write_text("movement\t10.0\t13.0\n")
    told, ids = ingested(changed, tmp_path, preprocess=[*STEPS, {"step": "decimate", "factor": 4}])
    assert any(line.startswith("All 2 parts: decimated to 60 Hz") for line in told)
    assert "ses-02_run-01: sensor MLO21-1609: flat in all epochs." in told
    left_out = 52 - len(ids)
    assert told[-1] == (
        f"{left_out} trials are left out, because the window overlaps with a segment marked as "
        "bad (ses-02_run-01)."
    )
    samples = events_of(changed, 2)["sample"].to_numpy()[events_of(changed, 2)["value"].notna()]
    inside = (samples / 240 + 0.6 >= 10) & (samples / 240 - 0.1 <= 13)
    assert left_out == inside.sum() > 0


def ingested(root: Path, folder: Path, **changes) -> tuple[list[str], list[str]]:
    """Read a subject in parts and join them; return the notes and the ids of the responses."""
    adapter = dataset(RAW, **{"preprocess": STEPS, **changes})
    paths = []
    for part in adapter.parts("P1"):
        paths.append([str(folder / f"{part}.{kind}") for kind in ("arrow", "json")])
        write_part(*paths[-1], part, adapter.read_part(root, "P1", part), {})
    names = ("trials", "responses", "channels", "published", "behaviour", "card")
    outputs = {name: str(folder / name) for name in names}
    recording = joined(adapter.recording(root, "P1"), *zip(*paths, strict=True))
    splits = {s: adapter.published_roles(root, "P1", s) for s in adapter.published_splits()}
    card = ingest_subject(recording, splits, outputs, {})
    ids = ArrayFile(outputs["responses"]).keys["trial_id"].tolist()
    assert read_table(outputs["trials"], TRIALS)["trial_id"].tolist() == ids
    assert set(read_table(outputs["behaviour"], BEHAVIOUR)["trial_id"]) == set(ids)
    assert set(read_table(outputs["published"], PUBLISHED)["trial_id"]) == set(ids)
    return card["notes"], ids


def _first_path(root: Path) -> str:
    return (root / layout.IMAGE_PATHS).read_text().split()[0]


def test_runs_without_trials_are_told(changed):
    assert "no trials of session 1, run 2" in refused(changed, runs_per_session=2)
