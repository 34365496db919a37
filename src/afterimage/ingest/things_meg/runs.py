"""Opens the CTF recording of a run, mended where its authors mended it."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.parts import Findings
from afterimage.ingest.meeg.run import Epochs
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.trials import cut_trials
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.config import ThingsMegConfig
from afterimage.ingest.things_meg.events import (
    apart_notes,
    read_events,
    run_onsets,
    trigger_channel,
)

REMEDY = "Download the run again, or take its session out of 'sessions' in the data set's file."


@dataclass(frozen=True)
class Wanted:
    """The trials of a run that are cut.

    Attributes
    ----------
    ids : list of str, of length n
    places : ndarray of int, shape (n,)
        0-based, among all trials of the run.
    count : int
        All trials of the run, catch trials included.
    """

    ids: list[str]
    places: np.ndarray
    count: int


def open_run(root: Path, subject: str, session: int, run: int) -> Any:
    """Open a run without reading its samples; the faulty sensor is left out.

    Returns
    -------
    mne.io.BaseRaw

    Raises
    ------
    DataError
        If files of it are missing or damaged.
    """
    import mne

    path = root / layout.run_folder(subject, session, run)
    missing = [
        name for name in layout.run_files(subject, session, run) if not (root / name).is_file()
    ]
    if missing:
        raise DataError(f"{root / missing[0]}: missing.", REMEDY)
    try:
        with warnings.catch_warnings():
            # Of positions and names that nobody reads here; what is wrong is checked below.
            warnings.simplefilter("ignore")
            raw = mne.io.read_raw_ctf(path, preload=False, verbose="error")
    except (OSError, RuntimeError, ValueError, IndexError) as error:
        raise DataError(f"{path}: not a complete CTF recording ({error}).", REMEDY) from error
    if layout.FAULTY in raw.ch_names:
        raw.drop_channels([layout.FAULTY])
    return raw


def cut_part(
    root: Path,
    config: ThingsMegConfig,
    subject: str,
    place: tuple[int, int],
    wanted: Wanted,
    sensors: Sensors,
    found: Findings,
) -> tuple[list[str], Epochs]:
    """Preprocess one run and cut its trials.

    Parameters
    ----------
    root : Path
    config : ThingsMegConfig
    subject : str
    place : (int, int)
        Session and run.
    wanted : Wanted
    sensors : Sensors
        Of the first run.
    found : Findings
        What was learnt is added.

    Returns
    -------
    trial_ids : list of str
    epochs : Epochs
    """
    session, run = place
    raw = open_run(root, subject, session, run)
    path = root / layout.run_folder(subject, session, run)
    events = read_events(root / layout.events_file(subject, session, run), wanted.count)
    rate = float(raw.info["sfreq"])
    onsets, apart = run_onsets(events, trigger_channel(raw), rate, config, path)
    found.tell(apart_notes(apart, config.onsets))
    if (subject, session, run) in layout.DROPOUTS:
        raw = _mended(raw, sensors, layout.DROPOUTS[subject, session, run], path)
    shown = (wanted.ids, onsets[wanted.places])
    return cut_trials(raw, shown, config.steps(), sensors, str(path), config.incomplete, found)


def _mended(raw: Any, sensors: Sensors, start: float, path: Path) -> Any:
    """Overwrite a drop-out by each sensor's median over the run; the run is then in memory."""
    names = [name for name in sensors.names if name in raw.ch_names]
    references = [
        n for n, k in zip(raw.ch_names, raw.get_channel_types(), strict=True) if k == "ref_meg"
    ]
    raw = raw.pick([*names, *references]).load_data(verbose="error")
    first = int(np.abs(raw.times - start).argmin())
    length = int(layout.DROPOUT_SECONDS / (1 / raw.info["sfreq"]))
    if raw.times[-1] < start:
        raise DataError(
            f"{path}: {raw.times[-1]:.1f} s long, but a drop-out is known at {start} s.", REMEDY
        )
    for row in range(len(raw.ch_names)):
        values = raw._data[row]
        values[first : first + length] = np.median(values)
    return raw
