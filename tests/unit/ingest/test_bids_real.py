"""Real recordings of MNE's test data, as BIDS; skipped where they are not at hand."""

import os
from pathlib import Path

import mne
import mne_bids
import numpy as np
import pandas as pd
import pytest
from bids_tree import dataset

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
