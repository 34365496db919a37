"""Steps that mix sensors: reference, compensation, SSS, projections, components, repairs."""

import sys

import mne
import numpy as np
import pytest
from meeg_runs import FIRST, SAMPLES, ctf_run, straightforward
from threadpoolctl import threadpool_limits

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.parts import Note
from afterimage.ingest.meeg.check import checked_steps
from afterimage.ingest.meeg.head import NO_HEAD
from afterimage.ingest.meeg.run import cut_run, finish_epochs
from afterimage.ingest.meeg.sensors import sensors_of
from afterimage.ingest.meeg.steps import (
    Autoreject,
    Bandpass,
    Baseline,
    Compensate,
    Decimate,
    Epoch,
    Ica,
    Maxwell,
    Projections,
    Reference,
    Resample,
)

NAMES = ["Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8", "T7", "T8", "Pz"]
BAND = Bandpass(step="bandpass", low=1, high=40)
WINDOW = Epoch(step="epoch", first=-0.1, last=0.4)
EOG = "EOG061"


def eeg_run(rate=250.0, seconds=100):
    """Return EEG with blinks that are recorded beside it; the file was cut at its start."""
    rng = np.random.default_rng(3)
    times = np.arange(int(rate * seconds)) / rate
    sources = rng.laplace(size=(15, len(times))) * 5e-6
    values = rng.standard_normal((len(NAMES), 15)) @ sources
    values += 1e-6 * rng.standard_normal(values.shape)
    blinks = 2e-4 * np.exp(-((times % 4 - 2) ** 2) / 0.02)
    values += (
        np.r_[1, 1, 0.6, 0.6, 0.2, 0.2, 0.1, 0.1, 0, 0, 0.5, 0.5, 0.1, 0.1, 0][:, None] * blinks
    )
    info = mne.create_info([*NAMES, EOG], rate, ["eeg"] * len(NAMES) + ["eog"])
    info.set_montage("colin27_1005")
    everything = np.vstack([values, blinks + 2e-6 * rng.standard_normal(len(times))])
    return mne.io.RawArray(everything, info, first_samp=FIRST, verbose="error"), blinks


@pytest.fixture(scope="module")
def run():
    return eeg_run()


def check_equal(found, expected):
    assert np.abs(found - expected).max() < 1e-5 * expected.std()


def test_the_reference_is_the_mean_of_the_chosen_sensors(run):
    raw, _ = run
    sensors = sensors_of(raw.info, ["occipital", "parietal", "Fp1"])
    steps = (BAND, Reference(step="reference"), Resample(step="resample", rate=100), WINDOW)
    found = cut_run(raw, SAMPLES, steps, sensors, "run")
    plain = [step for step in steps if step.step != "reference"]
    expected, _ = straightforward(raw, SAMPLES, plain, sensors.names)
    check_equal(found.values, expected - expected.mean(axis=2, keepdims=True))


def test_a_reference_without_eeg_is_refused():
    raw = ctf_run(count=3)
    steps = (Reference(step="reference"), WINDOW)
    with pytest.raises(DataError, match="run: the step 'reference' cannot be done: no EEG"):
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["mag"]), "run")


def test_compensation_needs_a_ctf_recording():
    raw = ctf_run(count=3)
    steps = (Compensate(step="compensate", grade=3), WINDOW)
    with pytest.raises(DataError, match="run: the step 'compensate' cannot be done"):
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["mag"]), "run")


def test_projections_are_those_of_the_file_and_see_all_its_sensors():
    raw = ctf_run()
    vector = np.ones((1, 20)) / np.sqrt(20)
    own = {"col_names": raw.ch_names, "row_names": None, "data": vector, "nrow": 1, "ncol": 20}
    raw.add_proj(mne.Projection(data=own, active=False, kind=1, desc="mean"), verbose="error")
    sensors = sensors_of(raw.info, raw.ch_names[3:9])
    found = cut_run(raw, SAMPLES, (Projections(step="projections"), WINDOW), sensors, "run")
    expected, _ = straightforward(raw, SAMPLES, (WINDOW,), raw.ch_names)
    expected -= expected.mean(axis=2, keepdims=True)
    check_equal(found.values, expected[:, :, 3:9])


def test_without_the_step_projections_are_not_applied():
    raw = ctf_run(count=4)
    own = {"col_names": raw.ch_names, "row_names": None, "data": np.ones((1, 4)) / 2}
    own |= {"nrow": 1, "ncol": 4}
    plain = cut_run(raw, SAMPLES, (WINDOW,), sensors_of(raw.info, ["mag"]), "run").values
    raw.add_proj(mne.Projection(data=own, active=False, kind=1, desc="mean"), verbose="error")
    found = cut_run(raw, SAMPLES, (WINDOW,), sensors_of(raw.info, ["mag"]), "run")
    assert (found.values == plain).all()


def test_a_file_without_projections_is_refused():
    raw = ctf_run(count=3)
    steps = (Projections(step="projections"), WINDOW)
    with pytest.raises(DataError, match="the file holds no projections"):
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["mag"]), "run")


def test_maxwell_equals_mne():
    raw = ctf_run(count=274, rate=200.0)
    middle = np.mean([c["loc"][:3] for c in raw.info["chs"]], axis=0)
    moved = np.eye(4)
    moved[:3, 3] = (0, 0, 0.04) - middle + (0, 0, 0.03)
    raw.info["dev_head_t"]["trans"] = moved
    samples = SAMPLES // 6
    sensors = sensors_of(raw.info, ["occipital"])
    steps = (Maxwell(step="maxwell"), WINDOW)
    with threadpool_limits(1):  # many small matrices: threads would only wait for one another
        found = cut_run(raw, samples, steps, sensors, "run")
        origin = (0, 0, 0.04)
        expected = mne.preprocessing.maxwell_filter(raw.copy(), origin=origin, verbose="error")
    expected, _ = straightforward(expected, samples, (WINDOW,), sensors.names)
    check_equal(found.values, expected)
    assert "the sphere is centred" in found.notes[0].text


def test_components_that_follow_the_eyes_are_taken_out_and_counted(run):
    raw, blinks = run
    sensors = sensors_of(raw.info, ["eeg"])
    samples = np.arange(300, 14000, 150)
    ica = Ica(step="ica", components=14, follow=(EOG,))
    found = cut_run(raw, samples, (ica, WINDOW), sensors, "run-1")
    before = cut_run(raw, samples, (WINDOW,), sensors, "run-1")
    blinking = np.stack([blinks[s - 25 : s + 101] for s in samples])
    assert correlation(before.values[:, :, 0], blinking) > 0.8
    assert abs(correlation(found.values[:, :, 0], blinking)) < 0.1
    assert correlation(found.values[:, :, 8], before.values[:, :, 8]) > 0.95
    text = "{taken} of {components} independent components follow EOG061 and are taken out."
    assert found.notes == [Note(text, {"taken": 1, "components": 14})]
    again = cut_run(raw, samples, (ica, WINDOW), sensors, "run-1")
    assert (again.values == found.values).all()


def correlation(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_components_need_the_channel_that_they_follow(run):
    raw, _ = run
    steps = (Ica(step="ica", follow=("EOG099",)), WINDOW)
    with pytest.raises(ConfigError, match="'ica' follows EOG099") as caught:
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["eeg"]), "run")
    assert EOG in caught.value.remedy


def test_autoreject_repairs_a_sensor_of_one_epoch(run):
    pytest.importorskip("autoreject")
    raw, _ = run
    raw = raw.copy()
    samples = np.arange(300, 14000, 300)
    raw._data[NAMES.index("P3"), samples[5] : samples[5] + 60] += 2e-3
    sensors = sensors_of(raw.info, ["eeg"])
    plain = (BAND, WINDOW, Baseline(step="baseline"))
    steps = (*plain, Autoreject(step="autoreject"), Decimate(step="decimate", factor=2))
    found = cut_run(raw, samples, steps, sensors, "run-1")
    before = cut_run(raw, samples, plain, sensors, "run-1")
    assert found.kept[5]
    assert found.values.shape == (found.kept.sum(), 63, 15)
    assert np.abs(before.values[5, :, 6]).max() > 1e-3
    assert np.abs(found.values[found.kept[:5].sum(), :, 6]).max() < 3e-4
    [note] = [note for note in found.notes if "autoreject" in note.text]
    assert note.text == "autoreject repaired sensors in {repaired} of {epochs} epochs."
    assert note.counts["epochs"] == len(samples)
    assert note.counts["repaired"] >= 1


def test_an_epoch_that_autoreject_rejects_is_left_out_and_the_others_stay_as_they_are(run):
    pytest.importorskip("autoreject")
    raw = run[0].copy()
    samples = np.arange(300, 14000, 300)
    rng = np.random.default_rng(0)
    raw._data[:15, samples[5] : samples[5] + 60] += 2e-3 * rng.standard_normal((15, 60))
    sensors = sensors_of(raw.info, ["eeg"])
    steps = (WINDOW, Autoreject(step="autoreject"))
    found = cut_run(raw, samples, (*steps, Decimate(step="decimate", factor=2)), sensors, "run-1")
    assert found.reasons[5] == "autoreject rejected the epoch"
    assert len(found.values) == found.kept.sum() < len(samples)
    assert np.abs(found.values).max() < 1e-3
    whole = cut_run(raw, samples, steps, sensors, "run-1")
    assert (whole.values[:, 1::2] == found.values).all()


def test_a_run_of_which_no_epoch_is_left_is_no_work_for_autoreject(run):
    pytest.importorskip("autoreject")
    raw = run[0].copy()
    raw.set_annotations(mne.Annotations([0], [100], ["BAD"]))
    steps = (WINDOW, Autoreject(step="autoreject"))
    found = cut_run(raw, np.array([3000, 4000]), steps, sensors_of(raw.info, ["eeg"]), "run-1")
    assert found.values.shape == (0, 126, 15)
    assert not found.kept.any()


def test_too_few_epochs_for_autoreject_are_told(run):
    pytest.importorskip("autoreject")
    steps = (WINDOW, Autoreject(step="autoreject"))
    sensors = sensors_of(run[0].info, ["eeg"])
    with pytest.raises(DataError, match=r"run-1: the step 'autoreject' needs 10 epochs.*are 9"):
        cut_run(run[0], np.arange(300, 3000, 300), steps, sensors, "run-1")


def test_sensors_without_places_for_autoreject_are_told(run):
    pytest.importorskip("autoreject")
    raw = run[0].copy().set_montage(None)
    steps = (WINDOW, Autoreject(step="autoreject"))
    with pytest.raises(DataError, match="run-1: the step 'autoreject' cannot be done"):
        cut_run(raw, np.arange(300, 9000, 300), steps, sensors_of(raw.info, ["eeg"]), "run-1")


def test_a_sensor_of_a_head_without_shape_is_interpolated_on_a_sphere():
    pytest.importorskip("autoreject")
    raw = ctf_run(count=40, rate=240.0, seconds=90.0)
    samples = np.arange(400, 20_000, 600)
    raw._data[7, samples[4] : samples[4] + 100] += 3e-10 * np.random.default_rng(0).random(100)
    steps = (Epoch(step="epoch", first=-0.1, last=0.3), Autoreject(step="autoreject"))
    found = cut_run(raw, samples, steps, sensors_of(raw.info, ["mag"]), "run")
    told = {note.text: note.counts for note in found.notes}
    assert NO_HEAD in told
    assert np.abs(found.values).max() < 1e-10
    assert told["autoreject repaired sensors in {repaired} of {epochs} epochs."]["repaired"] > 0


def test_a_step_that_does_not_fit_the_sensors_says_why(run):
    raw, _ = run
    sensors = sensors_of(raw.info, ["eeg"])
    with pytest.raises(DataError, match="the recording has no MEG sensors"):
        cut_run(raw, SAMPLES, (Maxwell(step="maxwell"), WINDOW), sensors, "run")
    many = Ica(step="ica", components=30, follow=(EOG,))
    with pytest.raises(DataError, match="30 components of 15 sensors: ask for fewer"):
        cut_run(raw, SAMPLES, (many, WINDOW), sensors, "run")


def test_a_missing_autoreject_is_told_before_anything_is_read(monkeypatch):
    steps = (WINDOW, Autoreject(step="autoreject"))
    assert checked_steps(steps) == steps
    monkeypatch.setitem(sys.modules, "autoreject", None)
    with pytest.raises(ValueError, match=r"pip install 'afterimage\[autoreject\]'"):
        checked_steps(steps)


def test_a_missing_autoreject_is_told_with_the_command(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "autoreject", None)
    raw, _ = run
    steps = (WINDOW, Autoreject(step="autoreject"))
    with pytest.raises(ConfigError, match=r"pip install 'afterimage\[autoreject\]'"):
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["eeg"]), "run")


def test_released_epochs_cannot_be_repaired(run):
    sensors = sensors_of(run[0].info, ["eeg"])
    with pytest.raises(ConfigError, match="needs the continuous recording"):
        finish_epochs(
            np.zeros((3, 5, 15)), range(5), (Autoreject(step="autoreject"),), sensors, "f"
        )


def test_windows_over_segments_marked_as_bad_are_left_out(run):
    raw = run[0].copy()
    raw.set_annotations(mne.Annotations([9.5, 50], [0.5, 1], ["bad blink", "rest"]))
    samples = np.array([2000, 2350, 2500, 14000])
    found = cut_run(raw, samples, (WINDOW,), sensors_of(raw.info, ["eeg"]), "run-1")
    bad = "the window overlaps with a segment marked as bad"
    assert found.reasons.tolist() == ["", bad, bad, ""]
    clean = cut_run(run[0], samples[[0, 3]], (WINDOW,), sensors_of(raw.info, ["eeg"]), "run-1")
    assert (found.values == clean.values).all()
