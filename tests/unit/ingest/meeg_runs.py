"""Small runs and an independent, straightforward computation of each preset by MNE."""

import mne
import numpy as np

from afterimage.ingest.meeg.steps import (
    Bandpass,
    Baseline,
    Crop,
    Decimate,
    Epoch,
    Notch,
    Resample,
)

RATE, SECONDS, FIRST = 1200.0, 20.0, 1234
SAMPLES = np.array([1300, 3111, 5000, 7207, 9999, 14001, 20250])


def ctf_info(count: int = 20, rate: float = RATE):
    """Return some CTF gradiometers of MNE's canonical helmet, spread over it."""
    info = mne.channels.read_meg_canonical_info("ctf275")
    info = mne.pick_info(info, np.linspace(0, 273, count).astype(int))
    with info._unlock():
        info["sfreq"], info["lowpass"] = rate, rate / 2
    return info


def ctf_run(count: int = 20, rate: float = RATE, seconds: float = SECONDS, seed: int = 0):
    """Return a run of drifting noise, in memory; the acquisition began before the file."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, int(rate * seconds)))
    values = 1e-13 * (noise + 0.02 * np.cumsum(noise, axis=1) + 3)
    return mne.io.RawArray(values, ctf_info(count, rate), first_samp=FIRST, verbose="error")


def straightforward(raw, samples, steps, sensors):
    """Do the steps by MNE's own objects: the whole run, then all epochs at their full rate."""
    raw = raw.copy().load_data(verbose="error").pick(list(sensors), verbose="error")
    events = np.c_[samples + raw.first_samp, np.zeros_like(samples), np.ones_like(samples)]
    epochs = None
    for step in steps:
        if isinstance(step, Notch):
            raw.notch_filter(list(step.frequencies), verbose="error")
        elif isinstance(step, Bandpass):
            raw.filter(step.low, step.high, verbose="error")
        elif isinstance(step, Resample) and epochs is None:
            raw, events = raw.resample(step.rate, events=events, verbose="error")
        elif isinstance(step, Resample):
            epochs.resample(step.rate, verbose="error")
        elif isinstance(step, Epoch):
            epochs = mne.Epochs(
                raw,
                events,
                tmin=step.first,
                tmax=step.last,
                baseline=None,
                proj=False,
                preload=True,
                reject_by_annotation=False,
                verbose="error",
            )
        elif isinstance(step, Baseline) and step.kind == "mean":
            epochs.apply_baseline((step.first, step.last), verbose="error")
        elif isinstance(step, Baseline):
            own = (step.first, step.last)
            mne.baseline.rescale(epochs._data, epochs.times, own, "zscore", copy=False)
        elif isinstance(step, Decimate):
            epochs.decimate(step.factor, verbose="error")
        elif isinstance(step, Crop):
            epochs.crop(step.first, min(step.last, epochs.tmax))
    return np.swapaxes(epochs.get_data(copy=True), 1, 2), epochs.times
