"""Cutting: where windows lie, what is refused, what is noted."""

import mne
import numpy as np
import pytest
from meeg_runs import FIRST, RATE, SAMPLES, ctf_run, straightforward

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.ingest.meeg.presets import PRESETS
from afterimage.ingest.meeg.rejection import TOO_HIGH
from afterimage.ingest.meeg.run import cut_run, finish_epochs
from afterimage.ingest.meeg.sensors import sensors_of
from afterimage.ingest.meeg.steps import Baseline, Crop, Decimate, Epoch, Notch, Reject, Resample
from afterimage.ingest.meeg.windows import neighbour_note, window_starts

WINDOW = (Epoch(step="epoch", first=-0.1, last=0.4),)


def ramp(samples=24000):
    """Return a run whose values are the numbers of the samples."""
    info = mne.create_info(["Oz", "Pz"], RATE, "eeg")
    values = np.vstack([np.arange(samples), -np.arange(samples)])
    return mne.io.RawArray(values, info, first_samp=FIRST, verbose="error")


def test_sample_0_is_the_first_of_the_file():
    raw = ramp()
    epochs = cut_run(raw, np.array([120, 5000]), WINDOW, sensors_of(raw.info, ["eeg"]), "run")
    onset = epochs.times.index(0.0)
    assert epochs.values[:, onset].tolist() == [[120, -120], [5000, -5000]]
    assert epochs.values[0, 0].tolist() == [0, 0]


@pytest.mark.parametrize("rates", [(120,), (250, 1000), (777,), (1200,), (2400, 100)])
def test_onsets_of_a_resampled_run_are_those_of_mne(rates):
    raw = ctf_run(count=1)
    samples = np.arange(1200, 20000, 7)
    events = np.c_[samples + raw.first_samp, samples * 0, samples * 0]
    steps = [Resample(step="resample", rate=rate) for rate in rates]
    found = window_starts(raw, samples, [*steps, *WINDOW], "run")
    for rate in rates:
        raw, events = raw.resample(rate, events=events, verbose="error")
    expected = events[:, 0] - raw.first_samp + round(-0.1 * rates[-1])
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("sample", [119, 23520, -5, 10**6])
def test_windows_outside_the_recording_are_refused_by_name(sample):
    raw = ramp()
    sensors = sensors_of(raw.info, ["eeg"])
    with pytest.raises(DataError, match=f"1 of 3 events reach outside.*at sample {sample}") as told:
        cut_run(raw, np.array([5000, sample, 6000]), WINDOW, sensors, "sub-1_run-2")
    assert told.value.what.startswith("sub-1_run-2")
    assert len(str(told.value).splitlines()) == 2


def test_the_last_possible_window_is_cut():
    raw = ramp()
    epochs = cut_run(raw, np.array([23519]), WINDOW, sensors_of(raw.info, ["eeg"]), "run")
    assert epochs.values[0, -1, 0] == 23999


def test_a_window_longer_than_the_interval_is_noted():
    assert neighbour_note(np.array([9000, 5000, 5240]), RATE, WINDOW, "run-3") == (
        "run-3: the epoch window (0.5 s) is longer than the smallest interval between onsets "
        "(0.2 s): neighbouring stimuli are inside the window."
    )
    assert neighbour_note(np.array([5000, 5600]), RATE, WINDOW, "run-3") is None


def test_decimation_of_an_unfiltered_run_is_noted():
    raw = ramp()
    steps = (*WINDOW, Decimate(step="decimate", factor=6))
    [note] = cut_run(raw, np.array([5000]), steps, sensors_of(raw.info, ["eeg"]), "run").notes
    assert "aliasing" in note.text
    raw = ctf_run(count=2)
    sensors = sensors_of(raw.info, ["mag"])
    assert cut_run(raw, SAMPLES, PRESETS["things_meg"], sensors, "").notes == []


def test_no_event_gives_no_epoch():
    raw = ramp()
    found = cut_run(raw, np.empty(0, np.int64), WINDOW, sensors_of(raw.info, ["eeg"]), "run")
    assert found.values.shape == (0, 601, 2)


def test_a_filter_above_half_the_rate_is_refused():
    raw = ramp()
    steps = (Notch(step="notch", frequencies=(50, 600)), *WINDOW)
    with pytest.raises(DataError, match=r"run: the step 'notch' names 600 Hz.*\(1200 Hz\)"):
        cut_run(raw, SAMPLES, steps, sensors_of(raw.info, ["eeg"]), "run")


def test_a_missing_sensor_is_refused_by_name():
    raw = ramp()
    sensors = sensors_of(raw.info, ["eeg"])
    with pytest.raises(DataError, match="run: 1 of 2 sensors are missing: Pz"):
        cut_run(raw.drop_channels(["Pz"]), SAMPLES, WINDOW, sensors, "run")


def test_flat_and_nan_sensors_touch_no_other_sensor():
    raw = ctf_run(count=6)
    sensors = sensors_of(raw.info, ["mag"])
    steps = PRESETS["things_meg"]
    clean = cut_run(raw, SAMPLES, steps, sensors, "run").values
    raw._data[2] = 0
    raw._data[4, 9000] = np.nan
    found = cut_run(raw, SAMPLES, steps, sensors, "run").values
    assert not np.isfinite(found[:, :, 4]).any()
    others = [0, 1, 3, 5]
    assert (found[:, :, others] == clean[:, :, others]).all()
    assert not np.isfinite(found[:, :, 2]).any() or (found[:, :, 2] == 0).all()


def test_the_run_itself_is_not_changed():
    raw = ctf_run(count=3)
    before = raw.get_data()
    cut_run(raw, SAMPLES, PRESETS["neuralbench"], sensors_of(raw.info, ["mag"]), "run")
    assert (raw.get_data() == before).all()


def test_released_epochs_are_finished_as_those_that_are_cut_here():
    raw = ctf_run(count=4)
    sensors = sensors_of(raw.info, ["mag"])
    after = (
        Baseline(step="baseline"),
        Resample(step="resample", rate=250),
        Crop(step="crop", first=0, last=0.3),
    )
    cut, times = straightforward(raw, SAMPLES, WINDOW, sensors.names)
    expected, expected_times = straightforward(raw, SAMPLES, (*WINDOW, *after), sensors.names)
    for steps in (after, (*WINDOW, *after)):
        found = finish_epochs(cut.astype(np.float32), times, steps, sensors, "file")
        np.testing.assert_allclose(found.times, expected_times, atol=1e-9)
        assert np.abs(found.values - expected).max() < 1e-5 * expected.std()


def test_released_epochs_without_steps_stay_as_they_are():
    values = np.ones((2, 3, 4), np.float32)
    found = finish_epochs(values, [0, 0.1, 0.2], (), sensors_of(ramp().info, ["eeg"]), "file")
    assert (found.values == values).all()
    assert found.times == (0.0, 0.1, 0.2)


@pytest.mark.parametrize("place", [2, 3])
def test_rejected_epochs_are_those_of_mne(place):
    """Before or after a decimation, whatever block a sensor is in."""
    raw = ctf_run()
    sensors = sensors_of(raw.info, ["mag"])
    steps = [
        Epoch(step="epoch", first=-0.1, last=0.4),
        Baseline(step="baseline"),
        Decimate(step="decimate", factor=4),
    ]
    names = list(sensors.names)
    events = np.stack([SAMPLES + raw.first_samp, 0 * SAMPLES, 1 + 0 * SAMPLES], axis=1)
    arguments = {"picks": names, "preload": True, "proj": False, "verbose": "error"}
    usual = {"baseline": (None, 0), "decim": 4 if place == 3 else 1}
    whole = mne.Epochs(raw, events, 1, -0.1, 0.4, **usual, **arguments)
    spans = np.ptp(whole.get_data(), axis=2).max(axis=1)
    limit = float(np.median(spans))
    expected = mne.Epochs(raw, events, 1, -0.1, 0.4, reject={"mag": limit}, **usual, **arguments)
    steps.insert(place, Reject(step="reject", mag=limit))
    found = cut_run(raw, SAMPLES, steps, sensors, "run")
    assert 0 < found.kept.sum() < len(SAMPLES)
    assert np.flatnonzero(found.kept).tolist() == expected.selection.tolist()
    assert set(found.reasons[~found.kept]) == {TOO_HIGH}
    every = [step for step in steps if not isinstance(step, Reject)]
    values = cut_run(raw, SAMPLES, every, sensors, "run").values
    np.testing.assert_array_equal(found.values, values[found.kept])


def test_released_epochs_are_rejected_too_and_a_limit_for_no_sensor_is_refused():
    raw = ctf_run()
    sensors = sensors_of(raw.info, ["mag"])
    values = np.zeros((4, 20, len(sensors.names)), dtype=np.float32)
    values[2, 7, 3] = 5e-12
    times = np.arange(20) / 100
    reject = Reject(step="reject", mag=4e-12)
    found = finish_epochs(values, times, [reject], sensors, "file")
    assert found.kept.tolist() == [True, True, False, True]
    assert len(found.values) == 3
    other = Reject(step="reject", eeg=1e-12)
    with pytest.raises(DataError, match=r"limit for 'eeg', but the sensors .* of the kind mag"):
        finish_epochs(values, times, [other], sensors, "file")


def test_a_rejection_without_a_limit_is_refused():
    with pytest.raises(ValueError, match="'eeg', 'mag' or 'grad'"):
        Reject(step="reject")


def test_a_crop_that_leaves_nothing_is_refused():
    values, sensors = np.ones((2, 3, 4), np.float32), sensors_of(ramp().info, ["eeg"])
    step = Crop(step="crop", first=5, last=6)
    with pytest.raises(ConfigError, match="leaves no sample"):
        finish_epochs(values, [0, 0.1, 0.2], (step,), sensors, "file")
