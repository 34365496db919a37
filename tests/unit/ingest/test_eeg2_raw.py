"""The continuous recordings of THINGS-EEG2, against MNE's own epochs."""

import shutil
from pathlib import Path

import mne
import numpy as np
import pytest
from eeg2_folder import (
    PICTURES,
    RATE,
    RAW_SENSORS,
    TARGET,
    TEST,
    adapter,
    codes_of,
    raw,
    raw_path,
    read_all,
    save,
    write_pictures,
    write_raw,
)

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.meeg.run import REJECTED
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.subject import ingest_subject
from afterimage.ingest.things_eeg2.events import onsets_of

ALL = {"form": "raw", "sessions": [1, 2], "repetitions": "all"}
FILTERED = [
    {"step": "bandpass", "low": 1, "high": 40},
    {"step": "epoch", "first": -0.1, "last": 0.4},
    {"step": "baseline", "kind": "zscore"},
    {"step": "decimate", "factor": 10},
]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("eeg2")
    write_pictures(root)
    write_raw(root)
    return root


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "eeg2"))


def mne_raw(session: int, partition: str) -> mne.io.RawArray:
    content = raw(session, partition)
    info = mne.create_info(content["ch_names"], content["sfreq"], content["ch_types"])
    return mne.io.RawArray(content["raw_eeg_data"], info, verbose="error")


def expected(session: int, partition: str, filtered: bool) -> np.ndarray:
    """Return what MNE makes of one file, shape (n, time, sensor)."""
    whole = mne_raw(session, partition)
    events = mne.find_events(whole, stim_channel="stim", verbose="error")
    events = events[events[:, 2] != TARGET]
    if filtered:
        whole.filter(1, 40, verbose="error")
        epochs = mne.Epochs(
            whole, events, tmin=-0.1, tmax=0.4, baseline=None, preload=True, verbose="error"
        )
        data = mne.baseline.rescale(
            epochs.get_data(picks="eeg"), epochs.times, (None, 0), "zscore", verbose="error"
        )
        return data[..., ::10].swapaxes(1, 2)
    epochs = mne.Epochs(
        whole, events, tmin=-0.2, tmax=1.0, baseline=(None, 0), preload=True, verbose="error"
    )
    epochs.resample(250, verbose="error")
    return epochs.get_data(picks="eeg")[:, :, 50:].swapaxes(1, 2)


@pytest.mark.parametrize("filtered", [False, True])
def test_responses_equal_those_of_mne(made, filtered):
    dataset = adapter(**ALL, **({"preprocess": FILTERED} if filtered else {}))
    recording = dataset.recording(made, "sub-01")
    ids, found = read_all(dataset, made)
    both = [expected(s, part, filtered) for part in ("training", "test") for s in (1, 2)]
    wanted = np.concatenate(both)
    assert found.shape == wanted.shape == (2 * (3 * PICTURES + 9 * TEST), *recording.shape)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0, atol=1e-5)
    assert ids == recording.trials["trial_id"].tolist()
    assert recording.unit == ("sd" if filtered else "V")
    assert len(recording.times) == wanted.shape[1]
    assert recording.times[0] == pytest.approx(-0.1 if filtered else 0, abs=1e-9)


def test_pieces_of_the_recording_make_no_difference(made, monkeypatch):
    whole = read_all(adapter(**ALL), made)[1]
    monkeypatch.setattr("afterimage.ingest.things_eeg2.cutting.TRIALS_AT_ONCE", 4)
    np.testing.assert_array_equal(read_all(adapter(**ALL), made)[1], whole)


def test_sensors_filtered_in_groups_make_no_difference(made, monkeypatch):
    dataset = adapter(**ALL, preprocess=FILTERED)
    whole = read_all(dataset, made)[1]
    monkeypatch.setattr("afterimage.ingest.things_eeg2.cutting.SENSORS_AT_ONCE", 2)
    np.testing.assert_array_equal(read_all(dataset, made)[1], whole)


def test_steps_that_mix_sensors_see_all_of_them(made):
    steps = [{"step": "reference"}, *FILTERED[1:]]
    dataset = adapter(**ALL, preprocess=steps)
    raws = mne_raw(1, "training")
    raws.set_eeg_reference("average", verbose="error")
    events = mne.find_events(raws, stim_channel="stim", verbose="error")
    events = events[events[:, 2] != TARGET]
    epochs = mne.Epochs(raws, events, tmin=-0.1, tmax=0.4, baseline=None, verbose="error")
    data = epochs.get_data(picks="eeg")
    data = mne.baseline.rescale(data, epochs.times, (None, 0), "zscore", verbose="error")
    found = np.concatenate(
        [values for _, values in dataset.read_part(made, "sub-01", "ses-01_training").blocks]
    )
    np.testing.assert_allclose(found, data[..., ::10].swapaxes(1, 2), rtol=1e-5, atol=1e-4)


def test_onsets_are_those_that_mne_finds():
    random = np.random.default_rng(0)
    for _ in range(20):
        triggers = np.repeat(random.integers(0, 4, 300), random.integers(2, 5, 300))
        info = mne.create_info(["stim"], 1000.0, "stim")
        whole = mne.io.RawArray(triggers[None].astype(float), info, verbose="error")
        events = mne.find_events(whole, "stim", verbose="error")
        samples = onsets_of(triggers)
        np.testing.assert_array_equal(samples, events[:, 0])
        np.testing.assert_array_equal(triggers[samples], events[:, 2])


def test_trials_are_the_pictures_of_the_codes_in_time_order(made):
    recording = adapter(**ALL).recording(made, "sub-01")
    trials = recording.trials
    names = {
        "training": [f"thing{c}_{e:02d}b" for c in (1, 2, 3) for e in (0, 1)],
        "test": ["kite_01b", "lamp_03s"],
    }
    shown, seconds, run = [], [], []
    for number, part in enumerate(("training", "test"), 1):
        for session in (1, 2):
            codes = codes_of(session, part)
            shown += [names[part][code - 1] for code in codes if code != TARGET]
            seconds += [2 + 0.2 * i for i, code in enumerate(codes) if code != TARGET]
            run += [number] * int((codes != TARGET).sum())
    assert trials["stimulus_id"].tolist() == shown
    np.testing.assert_allclose(trials["onset"], seconds)
    assert trials["run"].tolist() == run
    assert trials.groupby("stimulus_id")["repetition"].max().tolist() == [17, 17, 5, 5, 5, 5, 5, 5]
    assert trials["trial_id"].iloc[0] == "sub-01-s01-train-t00001"
    assert trials["trial_id"].iloc[-1] == "sub-01-s02-test-t00018"
    assert trials["trial_id"].is_unique
    notes = " ".join(recording.notes)
    assert "Left out: 12 target trials." in notes
    assert "nice (epoch, baseline, resample, crop)" in notes
    assert "every 200 ms" in notes


def test_repetitions_are_limited_by_session_and_drawn_by_the_seed(made):
    limited = {"form": "raw", "sessions": [1, 2], "repetitions": {"training": 2, "test": 5}}
    one = adapter(**limited).recording(made, "sub-01")
    counts = one.trials.groupby(["stimulus_id", "session"]).size().unstack()
    assert counts.loc[["kite_01b", "lamp_03s"]].to_numpy().tolist() == [[5, 5], [5, 5]]
    assert (counts.drop(["kite_01b", "lamp_03s"]) == 2).all(axis=None)
    assert "28 trials left out" in " ".join(one.notes)
    again = adapter(**limited).recording(made, "sub-01").trials
    other = adapter(**limited, seed=1).recording(made, "sub-01").trials
    assert again["trial_id"].tolist() == one.trials["trial_id"].tolist()
    assert other["trial_id"].tolist() != one.trials["trial_id"].tolist()
    # A trial keeps its id and its response, whatever else is left out.
    ids, values = read_all(adapter(**limited), made)
    all_ids, all_values = read_all(adapter(**ALL), made)
    rows = [all_ids.index(name) for name in ids]
    np.testing.assert_array_equal(values, all_values[rows])
    # What is drawn of one session does not depend on the others.
    single = adapter(**{**limited, "sessions": [2]}).recording(made, "sub-01").trials
    own = one.trials[one.trials["session"] == 2]
    assert single["trial_id"].tolist() == own["trial_id"].tolist()


def test_by_default_nices_limit_holds(made):
    trials = adapter(form="raw", sessions=[1, 2]).recording(made, "sub-01").trials
    assert len(trials) == 2 * (2 * PICTURES + 9 * TEST)


def test_parts_are_sessions_and_partitions(made):
    dataset = adapter(**ALL)
    assert dataset.parts("sub-01") == [
        "ses-01_training",
        "ses-02_training",
        "ses-01_test",
        "ses-02_test",
    ]
    assert dataset.part_files("sub-01", "ses-02_test") == [
        "Raw_data/sub-01/ses-02/raw_eeg_test.npy"
    ]
    blocks = [
        b for p in dataset.parts("sub-01") for b in dataset.read_part(made, "sub-01", p).blocks
    ]
    whole = read_all(dataset, made)[1]
    np.testing.assert_array_equal(np.concatenate([values for _, values in blocks]), whole)
    roles = dataset.published_roles(made, "sub-01", "zero_shot200")
    assert list(roles.values()) == ["train"] * 6 * PICTURES + ["test"] * 18 * TEST


def test_flat_sensors_aliasing_and_rejected_epochs_of_a_file_are_handed_over(copy, tmp_path):
    pytest.importorskip("autoreject")
    content = raw(1, "training")
    content["raw_eeg_data"][1] = 3e-6
    first = np.flatnonzero(codes_of(1, "training") != TARGET)[4] * 200 + 2000
    noise = np.random.default_rng(0).standard_normal((5, 100))
    content["raw_eeg_data"][:5, first - 50 : first + 50] += 1e-2 * noise
    content["raw_eeg_data"][1] = 3e-6
    save(raw_path(copy, 1, "training"), content)
    steps = [
        {"step": "epoch", "first": -0.05, "last": 0.05},
        {"step": "decimate", "factor": 10},
    ]
    for own in (steps, [*steps, {"step": "autoreject"}]):
        dataset = adapter(**ALL, preprocess=own, sensors=["Pz", "O1", "Oz", "O2"])
        paths = []
        for part in dataset.parts("sub-01"):
            paths.append([str(tmp_path / f"{part}.{kind}") for kind in ("arrow", "json")])
            write_part(*paths[-1], part, dataset.read_part(copy, "sub-01", part), {})
        names = ("trials", "responses", "channels", "published", "behaviour", "card")
        recording = dataset.recording(copy, "sub-01")
        recording = joined(recording, *zip(*paths, strict=True))
        outputs = {name: str(tmp_path / name) for name in names}
        card = ingest_subject(recording, {}, outputs, {})
        assert any(note.startswith("All 4 parts: decimated to 100 Hz") for note in card["notes"])
        assert "ses-01_training: sensor Pz: flat in all epochs." in card["notes"]
        left_out = len(recording.trials) - card["trials"]
        assert (left_out > 0) == (own is not steps)
    assert card["notes"][-1].startswith(f"{left_out} trials are left out, because autoreject")
    assert "sub-01-s01-train-t00005" in recording.found["ses-01_training"].excluded[REJECTED]


def test_sensors_in_another_order_are_brought_into_that_of_the_first_file(copy):
    before = read_all(adapter(**ALL, sensors=["occipital", "Pz"]), copy)[1]
    content = raw(2, "test")
    order = [4, 2, 0, 1, 3, 5]
    content["raw_eeg_data"] = content["raw_eeg_data"][order]
    content["ch_names"] = [content["ch_names"][i] for i in order]
    content["ch_types"] = [content["ch_types"][i] for i in order]
    save(raw_path(copy, 2, "test"), content)
    dataset = adapter(**ALL, sensors=["occipital", "Pz"])
    assert dataset.recording(copy, "sub-01").channels["name"].tolist() == RAW_SENSORS[1:]
    np.testing.assert_array_equal(read_all(dataset, copy)[1], before)


# ------------------------------------------------------------------------------ bad input


def fails(root: Path, error: type[Exception] = DataError, **changes) -> str:
    with pytest.raises(error) as caught:
        read_all(adapter(**{**ALL, **changes}), root)
    assert len(str(caught.value).splitlines()) == 2
    return str(caught.value)


def test_codes_without_a_picture_are_told(copy):
    one, other = raw_path(copy, 1, "training"), raw_path(copy, 1, "test")
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    message = fails(copy)
    assert "there are 2 test pictures, numbered from 1" in message
    assert "swapped" in message


def test_a_file_without_events_is_told(copy):
    content = raw(1, "training")
    content["raw_eeg_data"][-1] = 0
    save(raw_path(copy, 1, "training"), content)
    assert "no picture in the channel of triggers" in fails(copy)


def test_windows_outside_the_recording_are_left_out_and_counted(copy):
    content = raw(1, "training")
    cut = len(content["raw_eeg_data"][0]) - RATE - 300
    content["raw_eeg_data"] = content["raw_eeg_data"][:, :cut]
    save(raw_path(copy, 1, "training"), content)
    recording = adapter(**ALL).recording(copy, "sub-01")
    left_out = 2 * (3 * PICTURES + 9 * TEST) - len(recording.trials)
    assert 1 <= left_out <= 2
    assert f"Left out: {left_out} trials whose windows" in " ".join(recording.notes)
    assert len(read_all(adapter(**ALL), copy)[0]) == len(recording.trials)


def test_files_that_contradict_their_dictionary_or_each_other_are_told(copy):
    path = raw_path(copy, 2, "training")
    content = raw(2, "training")
    for key in content:
        save(path, {k: v for k, v in content.items() if k != key})
        if key in ("highpass", "lowpass"):
            assert read_all(adapter(**ALL), copy)
        else:
            assert f"no '{key}'" in fails(copy)
    save(path, {**content, "ch_names": content["ch_names"][:-1]})
    assert "but there are 5 names and 6 types" in fails(copy, ShapeError)
    save(path, {**content, "ch_names": [*RAW_SENSORS, "trigger"]})
    assert "expected a channel 'stim'" in fails(copy)
    save(path, {**content, "ch_names": [*RAW_SENSORS[:-1], "PO8", "stim"]})
    assert "not the same sensors; O2 is in one only" in fails(copy)
    save(path, {**content, "sfreq": 500})
    assert "1000 and 500 Hz" in fails(copy)
    save(path, {**content, "sfreq": -1})
    assert "'sfreq' is -1" in fails(copy)


def test_not_a_number_is_told_with_its_trial_and_sensor(copy):
    content = raw(2, "training")
    content["raw_eeg_data"][2, 2500] = np.nan
    save(raw_path(copy, 2, "training"), content)
    assert "sub-01-s02-train-t0000" in (message := fails(copy))
    assert "sensor O1" in message
    content["raw_eeg_data"][-1, 100] = np.nan
    save(raw_path(copy, 2, "training"), content)
    assert "in 'stim'" in fails(copy)


def test_a_missing_session_is_named(copy):
    raw_path(copy, 2, "test").unlink()
    with pytest.raises(DataError, match=r"ses-02/raw_eeg_test\.npy: missing"):
        adapter(**ALL).recording_files(copy, "sub-01")
    assert adapter(**{**ALL, "sessions": [1]}).recording_files(copy, "sub-01")
