"""Real recordings of MNE's test data, as BIDS; skipped where they are not at hand."""

import os
from pathlib import Path

import mne
import mne_bids
import numpy as np
import pandas as pd
import pytest
from bids_tree import dataset, write_eeg
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("AFTERIMAGE_TEST_DATA", ROOT.parent / "shared" / "data"))
EPOCH = [{"step": "epoch", "first": -0.05, "last": 0.2}]
SHOWN = [0.5, 1.0, 1.5]


def write(root: Path, name: str) -> mne.io.BaseRaw:
    """Copy a recording into a BIDS tree with a table of three events."""
    path = FOLDER / "mne_small" / name
    if not path.is_file():
        pytest.skip(f"the recording is not at {path} (AFTERIMAGE_TEST_DATA)")
    raw = mne.io.read_raw(path, preload=False, verbose="error")
    with raw.info._unlock():
        raw.info["line_freq"] = 50
    place = mne_bids.BIDSPath(root=root, subject="01", task="look", datatype="eeg")
    mne_bids.write_raw_bids(raw, place, overwrite=True, verbose="error")
    table = pd.DataFrame({"onset": SHOWN, "duration": 0.1, "value": [3, 1, 3]})
    events = root / "sub-01/eeg/sub-01_task-look_events.tsv"
    table.to_csv(events, sep="\t", index=False)
    return raw


@pytest.mark.parametrize("name", ["test.vhdr", "test.edf"])
def test_a_real_recording_is_cut_as_mne_cuts_it(tmp_path, name):
    raw = write(tmp_path, name)
    adapter = dataset(
        datatype="eeg",
        sessions=[],
        runs=[],
        stimuli=None,
        events={"picture": "value"},
        preprocess=EPOCH,
        bads="keep",
    )
    recording = adapter.recording(tmp_path, "sub-01")
    [(_, found)] = recording.blocks()
    samples = np.round(np.array(SHOWN) * raw.info["sfreq"]).astype(int)
    events = np.c_[samples + raw.first_samp, samples * 0, samples * 0 + 1]
    picks = recording.channels["name"].tolist()
    epochs = mne.Epochs(
        raw, events, 1, -0.05, 0.2, baseline=None, picks=picks, preload=True, verbose="error"
    )
    expected = np.swapaxes(epochs.get_data(copy=False), 1, 2)
    assert np.abs(found - expected).max() < 1e-5 * expected.std()
    assert recording.trials["repetition"].tolist() == [0, 0, 1]


def muse(root: Path) -> Path:
    """Bring the N170 recordings into BIDS: six runs with a marker, faces 1 and houses 2."""
    files = sorted((FOLDER / "muse_eeg/N170/subject1/session1").glob("*.csv"))
    if not files:
        pytest.skip(f"the recording muse_eeg is not at {FOLDER} (AFTERIMAGE_TEST_DATA)")
    for number, path in enumerate(files, 1):
        table = pd.read_csv(path)
        marks = np.flatnonzero(table["Marker0"])
        what = table["Marker0"].iloc[marks].map({1: "face", 2: "house"})
        events = pd.DataFrame({"onset": marks / 256, "duration": 0.2, "sample": marks})
        volts = table[MUSE].to_numpy().T * 1e-6
        events = events.assign(trial_type=what.to_numpy())
        write_eeg(root, MUSE, volts, 256, events, run=f"run-{number:02d}")
    return root


MUSE = ["TP9", "AF7", "AF8", "TP10"]


def test_faces_and_houses_are_told_apart_as_well_as_the_readme_says(tmp_path):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

    adapter = dataset(
        datatype="eeg",
        sessions=[],
        runs=[f"run-{number:02d}" for number in range(1, 7)],
        events={"label": "trial_type", "incomplete": "drop"},
        stimuli=None,
        preprocess=[
            {"step": "bandpass", "low": 0.5, "high": 20},
            {"step": "epoch", "first": -0.1, "last": 0.6},
            {"step": "baseline"},
            {"step": "decimate", "factor": 4},
        ],
    )
    root = muse(tmp_path)
    recording = adapter.recording(root, "sub-01")
    found = np.concatenate([block for _, block in recording.blocks()])
    category = {one.stimulus_id: one.category for one in adapter.stimuli(root)}
    face = recording.trials["stimulus_id"].map(category).to_numpy() == "face"
    clean = np.ptp(found, axis=1).max(axis=1) < 200e-6
    assert clean.sum() > 900
    with threadpool_limits(1):
        scores = cross_val_predict(
            LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
            found[clean].reshape(clean.sum(), -1),
            face[clean],
            groups=recording.trials["run"].to_numpy()[clean],
            cv=LeaveOneGroupOut(),
            method="decision_function",
        )
    assert roc_auc_score(face[clean], scores) > 0.67  # 0.70 by the README, 0.5 by chance
