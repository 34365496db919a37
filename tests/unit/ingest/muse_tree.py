"""The recordings of EEG Notebooks (MUSE headband) as BIDS trees, one run for each CSV file."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bids_tree import write_eeg

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("AFTERIMAGE_TEST_DATA", ROOT.parent / "shared" / "data"))
SENSORS = ["TP9", "AF7", "AF8", "TP10"]
RATE = 256
RUNS = [f"run-{number:02d}" for number in range(1, 7)]
MARKERS = {
    "N170": ("Marker0", {1: "face", 2: "house"}),
    "P300": ("Marker", {1: "frequent", 2: "target"}),
}


def write_muse(root: Path, experiment: str) -> Path:
    """Bring an experiment's six recordings into BIDS; skip the test where they are missing."""
    folder = FOLDER / "muse_eeg" / experiment / "subject1/session1"
    files = sorted(folder.glob("*.csv"))
    if len(files) != len(RUNS):
        pytest.skip(f"{len(files)} of 6 recordings are at {folder} (AFTERIMAGE_TEST_DATA)")
    column, names = MARKERS[experiment]
    for run, path in zip(RUNS, files, strict=True):
        table = pd.read_csv(path)
        marks = np.flatnonzero(table[column])
        events = pd.DataFrame({"onset": marks / RATE, "duration": 0.2, "sample": marks})
        shown = table[column].iloc[marks].map(names).to_numpy()
        volts = table[SENSORS].to_numpy().T * 1e-6
        write_eeg(root, SENSORS, volts, RATE, events.assign(trial_type=shown), run=run)
    return root
