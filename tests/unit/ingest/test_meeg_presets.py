"""Each preset equals an independent computation by MNE's own objects."""

import mne
import numpy as np
import pytest
from meeg_runs import SAMPLES, ctf_run, straightforward

from afterimage.ingest.meeg import run as core
from afterimage.ingest.meeg.presets import PRESETS, steps_of
from afterimage.ingest.meeg.run import cut_run, epoch_times
from afterimage.ingest.meeg.sensors import sensors_of
from afterimage.ingest.meeg.steps import (
    Bandpass,
    Baseline,
    Crop,
    Decimate,
    Epoch,
    Notch,
    Resample,
)

LISTED = {
    "everything": (
        Resample(step="resample", rate=500),
        Notch(step="notch", frequencies=(50, 100)),
        Bandpass(step="bandpass", low=0.5, high=100),
        Resample(step="resample", rate=333),
        Epoch(step="epoch", first=-0.3, last=0.81),
        Resample(step="resample", rate=200),
        Baseline(step="baseline", first=-0.2, last=-0.05),
        Crop(step="crop", first=-0.1, last=0.5),
        Decimate(step="decimate", factor=3),
    ),
    "decimation from before the onset": (
        Epoch(step="epoch", first=-0.123, last=0.2),
        Decimate(step="decimate", factor=7),
        Decimate(step="decimate", factor=2),
    ),
    "high-pass alone, z-score of a part": (
        Bandpass(step="bandpass", low=1),
        Epoch(step="epoch", first=-0.2, last=0.3),
        Baseline(step="baseline", first=-0.15, last=0.1, kind="zscore"),
    ),
}


def check_equal(raw, steps):
    sensors = sensors_of(raw.info, ["mag"])
    expected, times = straightforward(raw, SAMPLES, steps, sensors.names)
    found = cut_run(raw, SAMPLES, steps, sensors, "run")
    expected = expected[found.kept]
    assert found.values.dtype == np.float32
    assert found.values.shape == expected.shape
    assert np.abs(found.values - expected).max() < 1e-5 * expected.std()
    np.testing.assert_allclose(found.times, times, atol=1e-12)
    assert found.times == epoch_times(steps, raw.info["sfreq"])


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_equals_mne(preset):
    check_equal(ctf_run(), steps_of(preset))


@pytest.mark.parametrize("name", LISTED)
def test_listed_steps_equal_mne(name):
    check_equal(ctf_run(), LISTED[name])


@pytest.mark.parametrize("preset", PRESETS)
def test_blocks_of_a_file_equal_the_whole_run(preset, tmp_path, monkeypatch):
    monkeypatch.setattr(core, "SENSORS_AT_A_TIME", 3)
    monkeypatch.setattr(core, "EPOCH_BYTES", 100_000)
    path = tmp_path / "run_raw.fif"
    ctf_run().save(path, fmt="double", verbose="error")
    check_equal(mne.io.read_raw_fif(path, preload=False, verbose="error"), steps_of(preset))


@pytest.mark.parametrize(
    ("preset", "count", "first", "last"),
    [
        ("things_meg", 281, -0.1, 1.3),
        ("benchetrit", 181, -0.5, 1.0),
        ("neuralbench", 121, -0.2, 0.8),
    ],
)
def test_times_of_presets_at_1200_hz_are_the_published_ones(preset, count, first, last):
    times = epoch_times(PRESETS[preset], 1200)
    assert len(times) == count
    assert times[0] == pytest.approx(first)
    assert times[-1] == pytest.approx(last)


def test_nice_gives_250_samples_from_the_onset_at_1000_hz():
    times = epoch_times(PRESETS["nice"], 1000)
    np.testing.assert_allclose(times, np.arange(250) / 250, atol=1e-12)


def test_gaps_of_the_acquisition_are_not_filtered_across():
    raw = ctf_run()
    raw.set_annotations(mne.Annotations([7.0], [0.5], ["BAD_ACQ_SKIP"]))
    check_equal(raw, steps_of("things_meg"))
    sensors = sensors_of(raw.info, ["mag"])
    found = cut_run(raw, SAMPLES, steps_of("things_meg"), sensors, "run")
    events = np.c_[SAMPLES + raw.first_samp, 0 * SAMPLES, 1 + 0 * SAMPLES]
    by_mne = mne.Epochs(raw, events, tmin=-0.1, tmax=1.3, baseline=None, verbose="error")
    assert np.flatnonzero(found.kept).tolist() == by_mne.drop_bad().selection.tolist()
    assert not found.kept.all()
