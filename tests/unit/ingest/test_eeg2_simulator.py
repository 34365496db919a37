"""The simulated THINGS-EEG2: its files are read by NumPy and MNE, and its truth is found again."""

import hashlib
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest
from eeg2_folder import adapter, read_all
from in_memory import ncsnr

from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.seeds import rng
from afterimage.contracts.truth import true_ncsnr
from afterimage.ingest.simulated.evoked import KINDS
from afterimage.ingest.things_eeg2.layout import ALL_SENSORS, OCCIPITAL, TARGET
from afterimage.ingest.things_eeg2.simulator.continuous import draw_codes
from afterimage.ingest.things_eeg2.simulator.simulate import simulate

SMALL = {
    "concepts": 6,
    "exemplars": 2,
    "test_concepts": 12,
    "training_repetitions": 2,
    "test_repetitions": 20,
    "reference_pictures": 200,
    "side": 32,
    "ncsnr": 1.0,
}
FORMS: dict[str, dict[str, Any]] = {
    "official": {},
    "nice": {},
    "raw": {"sessions": [1, 3], "repetitions": "all"},
}
STEPS = [
    {"step": "bandpass", "low": 0.5, "high": 40},
    {"step": "epoch", "first": -0.1, "last": 0.4},
    {"step": "baseline"},
    {"step": "decimate", "factor": 20},
]


def simulated(form: str, **changes: Any):
    wanted = {**SMALL, **changes.pop("simulate", {})}
    return adapter(form, simulate=wanted, **{**FORMS[form], **changes})


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    roots = {form: tmp_path_factory.mktemp(form) for form in FORMS}
    for form, root in roots.items():
        simulate(simulated(form).config, root)
    return roots


def digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.mark.parametrize("form", list(FORMS))
def test_the_same_configuration_gives_the_same_bytes(made, form, tmp_path):
    simulate(simulated(form).config, tmp_path)
    assert digests(tmp_path) == digests(made[form])


def test_another_seed_gives_other_recordings_and_pictures(made, tmp_path):
    simulate(simulated("official", simulate={"seed": 1}).config, tmp_path)
    before, after = digests(made["official"]), digests(tmp_path)
    same = {name for name in after if after[name] == before.get(name)}
    assert not {name for name in same if name.endswith((".npy", ".jpg", ".safetensors"))}


@pytest.mark.parametrize("form", list(FORMS))
def test_the_adapter_reads_what_the_simulator_wrote(made, form):
    dataset, root = simulated(form), made[form]
    recording = dataset.recording(root, "sub-01")
    ids, values = read_all(dataset, root)
    sessions = 2 if form == "raw" else 1
    assert len(ids) == sessions * (12 * 2 + 12 * 20) == len(recording.trials)
    assert values.shape[1:] == recording.shape
    assert np.isfinite(values).all()
    assert recording.notes[0] == "The recording is simulated."
    assert dataset.is_simulated()
    assert "truth/sub-01.safetensors" in dataset.recording_files(root, "sub-01")
    stimuli = list(dataset.stimuli(root))
    assert {s.stimulus_id for s in stimuli} == set(recording.trials["stimulus_id"])
    assert stimuli[0].image.shape == (32, 32, 3)


def test_concepts_have_exemplars_of_one_category_and_none_is_in_both_partitions(made):
    stimuli = list(simulated("official").stimuli(made["official"]))
    training, test = stimuli[:12], stimuli[12:]
    assert [s.source_id for s in training[::2]] == [s.source_id for s in training[1::2]]
    assert len({s.source_id for s in training}) == 6
    assert len({s.source_id for s in test}) == 12
    assert not {s.source_id for s in training} & {s.source_id for s in test}


def test_numpy_reads_all_files_in_the_published_layout(made):
    official = np.load(
        made["official"] / "Preprocessed_data/sub-01/preprocessed_eeg_test.npy", allow_pickle=True
    ).item()
    assert official["preprocessed_eeg_data"].shape == (12, 20, 17, 100)
    assert official["ch_names"] == list(OCCIPITAL)
    nice = np.load(
        made["nice"] / "Preprocessed_data_250Hz/sub-01/preprocessed_eeg_training.npy",
        allow_pickle=True,
    )
    assert nice["preprocessed_eeg_data"].shape == (12, 2, 63, 250)
    assert (len(nice["times"]), nice["times"][50]) == (300, 0)
    names = np.load(made["raw"] / "Image_set/image_metadata.npy", allow_pickle=True).item()
    assert len(names) == 6
    assert names["train_img_concepts"][2][:6] == "00002_"
    assert names["train_img_concepts"] != names["train_img_concepts_THINGS"]


@pytest.mark.parametrize("form", ["official", "nice"])
def test_noise_ceilings_of_epochs_are_the_true_ones(made, form):
    dataset, root = simulated(form), made[form]
    trials = dataset.recording(root, "sub-01").trials
    test = trials["trial_id"].str.contains("-test-").to_numpy()
    values = read_all(dataset, root)[1][test]
    shown = np.unique(trials["stimulus_id"][test], return_inverse=True)[1]
    flat = values.reshape(len(values), -1)
    found = ncsnr(flat, np.zeros(len(flat), dtype=int), shown).reshape(values.shape[1:])
    truth = dataset.truth(root, "sub-01")
    assert truth["ncsnr_test"].shape == truth["ncsnr"].shape == found.shape
    assert np.corrcoef(found.ravel(), truth["ncsnr_test"].ravel())[0, 1] > 0.9
    np.testing.assert_allclose(truth["peak"], [kind.peak for kind in KINDS])
    before = np.array(truth["times"]) < min(kind.onset for kind in KINDS)
    assert (truth["ncsnr"][before] == 0).all()
    assert np.median(truth["ncsnr"].max(axis=0)) == pytest.approx(1, rel=0.02)


def test_noise_ceilings_of_cut_recordings_follow_the_true_ones(made):
    dataset, root = simulated("raw", preprocess=STEPS), made["raw"]
    trials = dataset.recording(root, "sub-01").trials
    test = trials["trial_id"].str.contains("-test-").to_numpy()
    values = read_all(dataset, root)[1][test]
    shown = np.unique(trials["stimulus_id"][test], return_inverse=True)[1]
    flat = values.reshape(len(values), -1)
    session = (trials["session"][test] == 3).astype(int).to_numpy()
    found = ncsnr(flat, session, shown).reshape(values.shape[1:])
    truth = dataset.truth(root, "sub-01")
    times = np.array(dataset.recording(root, "sub-01").times)
    steps = [int(np.abs(truth["times"] - time).argmin()) for time in times]
    wanted = truth["ncsnr_test"][steps]
    late = times > 0
    assert np.corrcoef(found[late].ravel(), wanted[late].ravel())[0, 1] > 0.8


@pytest.mark.parametrize("form", list(FORMS))
def test_the_truth_fits_what_the_workflow_asks_of_it(made, form, tmp_path):
    dataset, root = simulated(form), made[form]
    save_tensors(tmp_path / "truth.safetensors", dataset.truth(root, "sub-01"))
    recording = dataset.recording(root, "sub-01")
    found = true_ncsnr(tmp_path / "truth.safetensors", recording.times)
    assert found.shape == recording.shape


def test_truth_is_told_for_the_chosen_sensors(made):
    whole = simulated("official").truth(made["official"], "sub-01")
    some = simulated("official", sensors=["Oz", "P7"]).truth(made["official"], "sub-01")
    rows = sorted(OCCIPITAL.index(name) for name in ("Oz", "P7"))
    np.testing.assert_array_equal(some["ncsnr"], whole["ncsnr"][:, rows])
    np.testing.assert_array_equal(some["times"], whole["times"])


def test_continuous_recordings_hold_line_noise_blinks_and_codes(made):
    content = np.load(
        made["raw"] / "Raw_data/sub-01/ses-03/raw_eeg_test.npy", allow_pickle=True
    ).item()
    assert content["ch_names"] == [*ALL_SENSORS, "stim"]
    info = mne.create_info(content["ch_names"], content["sfreq"], content["ch_types"])
    raw = mne.io.RawArray(content["raw_eeg_data"], info, verbose="error")
    events = mne.find_events(raw, "stim", verbose="error")
    codes, counts = np.unique(events[:, 2], return_counts=True)
    assert codes.tolist() == [*range(1, 13), TARGET]
    assert counts.tolist() == [20] * 12 + [13]
    assert set(np.diff(events[:, 0])) == {200}
    spectrum = raw.compute_psd(fmin=40, fmax=60, n_fft=2000, picks="eeg", verbose="error")
    power = spectrum.get_data().mean(axis=0)
    assert abs(spectrum.freqs[power.argmax()] - 50) < 0.6
    peak = np.abs(content["raw_eeg_data"]).max(axis=1)
    assert peak[ALL_SENSORS.index("Fp1")] > 1.5 * peak[ALL_SENSORS.index("Oz")]
    assert 2e-5 < peak[ALL_SENSORS.index("Oz")] < 2e-4  # volts


def test_orders_hold_every_trial_and_the_share_of_targets():
    codes = draw_codes(10, 6, 0.25, rng(0, "codes"))
    values, counts = np.unique(codes, return_counts=True)
    assert values.tolist() == [*range(1, 11), TARGET]
    assert counts.tolist() == [6] * 10 + [20]
