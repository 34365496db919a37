"""Small BIDS trees with a known evoked signal, written by mne-bids."""

from pathlib import Path

import mne
import mne_bids
import numpy as np
import pandas as pd
from meeg_runs import ctf_info
from PIL import Image

from afterimage.ingest.bids.adapter import Bids

RATE, SECONDS, TRIALS, FIRST = 300.0, 30.0, 12, 451
CONCEPTS = ("cat", "boat", "tree")
STEPS = [
    {"step": "bandpass", "low": 1, "high": 40},
    {"step": "epoch", "first": -0.1, "last": 0.4},
    {"step": "baseline"},
    {"step": "decimate", "factor": 2},
]
CONFIG = {
    "name": "bids",
    "subjects": ["sub-01"],
    "sessions": ["ses-01", "ses-02"],
    "runs": ["run-01", "run-02"],
    "task": "look",
    "datatype": "meg",
    "events": {"picture": "stim_file"},
    "stimuli": {},
    "preprocess": STEPS,
}


def dataset(**changes) -> Bids:
    return Bids(Bids.Config.model_validate({**CONFIG, **changes}))


def evoked(info, seed=7):
    """Return what every picture evokes, shape (sensors, 90): a bump of its own in each sensor."""
    bump = np.exp(-((np.arange(90) - 40) ** 2) / 100)
    return 1e-12 * np.random.default_rng(seed).standard_normal((len(info.ch_names), 1)) * bump


def onsets():
    return 150 + 720 * np.arange(TRIALS)


def pictures(number: int) -> list[str]:
    """Return what a run shows: 6 pictures twice; the runs share them."""
    names = [f"{concept}/{concept}_{i}.png" for concept in CONCEPTS for i in (1, 2)]
    return [str(name) for name in np.random.default_rng(number).permutation(names * 2)]


def raw_of(number: int, count=8, rate=RATE):
    info = ctf_info(count, rate)
    rng = np.random.default_rng(number)
    values = 1e-13 * rng.standard_normal((count, int(SECONDS * rate)))
    for onset in onsets()[onsets() < values.shape[1] - 90]:
        values[:, onset : onset + 90] += evoked(info)
    with info._unlock():
        info["line_freq"] = 50
    return mne.io.RawArray(values, info, first_samp=FIRST, verbose="error")


def write_run(root: Path, subject: str, session: str, run: str, raw, table: pd.DataFrame) -> Path:
    """Write a run and its table of events; return the table's path."""
    path = mne_bids.BIDSPath(
        root=root, subject=subject, session=session, run=run, task="look", datatype="meg"
    )
    mne_bids.write_raw_bids(
        raw, path, allow_preload=True, format="FIF", overwrite=True, verbose="error"
    )
    events = path.copy().update(suffix="events", extension=".tsv").fpath
    table.to_csv(events, sep="\t", index=False, na_rep="n/a")
    return events


def events_table(number: int, rate=RATE) -> pd.DataFrame:
    """Return events with a button press between, as the acquisition writes them."""
    rows = [
        {"onset": onset / rate, "duration": 0.3, "trial_type": "picture", "sample": onset}
        | {"stim_file": name}
        for onset, name in zip(onsets(), pictures(number), strict=True)
    ]
    press = {"onset": 2.0, "duration": 0.0, "trial_type": "edge press", "sample": 600}
    return pd.DataFrame([*rows[:3], press, *rows[3:]])


def write_pictures(root: Path) -> None:
    for name in sorted(set(pictures(0))):
        path = root / "stimuli" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = 40 * (1 + CONCEPTS.index(path.parent.name))
        Image.new("RGB", (8, 6), (shade, 0, int(path.stem[-1]))).save(path)


def write_tree(root: Path, subjects=("01",)) -> Path:
    """Write two sessions of two runs of each subject, and the pictures."""
    for subject in subjects:
        for number in range(4):
            session, run = f"{number // 2 + 1:02d}", f"{number % 2 + 1:02d}"
            write_run(root, subject, session, run, raw_of(number), events_table(number))
    write_pictures(root)
    return root


HEADER = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
Codepage=UTF-8
DataFile={stem}.eeg
MarkerFile={stem}.vmrk
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels={count}
SamplingInterval={interval}
[Binary Infos]
BinaryFormat=IEEE_FLOAT_32
[Channel Infos]
{channels}
"""
MARKERS = """Brain Vision Data Exchange Marker File, Version 1.0
[Common Infos]
Codepage=UTF-8
DataFile={stem}.eeg
[Marker Infos]
Mk1=New Segment,,1,1,0,20200101000000000000
"""


def write_eeg(root: Path, names, volts: np.ndarray, rate: float, table: pd.DataFrame) -> Path:
    """Write a BrainVision recording without session or run; return its table of events."""
    folder, stem = root / "sub-01/eeg", "sub-01_task-look_eeg"
    folder.mkdir(parents=True)
    channels = "\n".join(f"Ch{i}={name},,1,µV" for i, name in enumerate(names, 1))
    words = {"stem": stem, "count": len(names), "interval": 1e6 / rate, "channels": channels}
    (folder / f"{stem}.vhdr").write_text(HEADER.format(**words), encoding="utf-8")
    (folder / f"{stem}.vmrk").write_text(MARKERS.format(**words), encoding="utf-8")
    (volts.T * 1e6).astype("<f4").tofile(folder / f"{stem}.eeg")
    events = folder / "sub-01_task-look_events.tsv"
    table.to_csv(events, sep="\t", index=False, na_rep="n/a")
    return events
