"""Runs of the preprocessed series: which showed pictures, and in which volumes those began.

A session with rest has a resting run before and one after its runs with pictures; files count all
of them, the table of responses counts runs with pictures only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig

REMEDY = "Download the session's design files and series again, run 13 and 14 included if any."
REST_RUNS = 2
SHOWN = 3


@dataclass(frozen=True)
class SeriesRun:
    """One run with pictures.

    Attributes
    ----------
    number : int
        1-based, as in the names of its files.
    design : Path
        Its design file.
    rows : int
        Number of rows of that file.
    onsets : ndarray of int64, shape (n_trials,)
        0-based volume in which each trial's picture appeared.
    pictures : ndarray of int64, shape (n_trials,)
        0-based.
    """

    number: int
    design: Path
    rows: int
    onsets: np.ndarray
    pictures: np.ndarray


def run_numbers(config: NsdConfig) -> range:
    """Return the numbers that runs of a session can have, resting ones included."""
    return range(1, config.runs_per_session + REST_RUNS + 1)


def read_runs(root: Path, config: NsdConfig, subject: str, session: int) -> list[SeriesRun]:
    """Read the runs of a session that showed pictures.

    A run is one of rest if its design file is missing or zero throughout.

    Raises
    ------
    DataError
        If a file is damaged, or there are not as many runs with pictures as there should be.
    """
    runs = []
    for number in run_numbers(config):
        path = root / layout.series_design_file(subject, config.space, session, number)
        design = _read_design(path) if path.is_file() else np.zeros(0, dtype=np.int64)
        onsets = np.flatnonzero(design)
        if len(onsets):
            runs.append(SeriesRun(number, path, len(design), onsets, design[onsets] - 1))
    if len(runs) != config.runs_per_session:
        first = root / layout.series_design_file(subject, config.space, session, 1)
        raise DataError(
            f"{first}: by this and the session's other design files, {len(runs)} runs showed "
            f"pictures, but runs_per_session is {config.runs_per_session}.",
            REMEDY,
        )
    return runs


def _read_design(path: Path) -> np.ndarray:
    try:
        values = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable column of numbers ({error}).", REMEDY) from error
    if values.shape[1:] != (1,) or (values < 0).any() or (values % 1).any():
        raise ShapeError(
            f"{path}: expected one column of 0 or a picture's 1-based number, found "
            f"{values.shape[1]} columns from {values.min()} to {values.max()}.",
            REMEDY,
        )
    return values[:, 0].astype(np.int64)


def onsets_of(
    root: Path, config: NsdConfig, subject: str, trials: pd.DataFrame
) -> tuple[np.ndarray, dict[int, list[SeriesRun]]]:
    """Find the volume in which each trial began, checking its picture.

    Parameters
    ----------
    root : Path
    config : NsdConfig
    subject : str
    trials : DataFrame
        Table of trials in order.

    Returns
    -------
    onsets : ndarray of int64, shape (n_trials,)
        0-based volume within the run.
    runs : dict of int to list of SeriesRun
        The runs with pictures of each session.

    Raises
    ------
    DataError
        If design files and the table of trials disagree, naming the first trials that differ.
    """
    onsets = np.empty(len(trials), dtype=np.int64)
    found = {}
    places = trials.groupby(["session", "run"], sort=False).indices
    for session in dict.fromkeys(trials["session"].tolist()):
        found[session] = read_runs(root, config, subject, session)
        for task_run, run in enumerate(found[session], start=1):
            rows = places[session, task_run]
            _check_pictures(run, trials.iloc[rows])
            onsets[rows] = run.onsets
    return onsets, found


def _check_pictures(run: SeriesRun, trials: pd.DataFrame) -> None:
    said = [layout.stimulus_id(number) for number in run.pictures.tolist()]
    expected = trials["stimulus_id"].tolist()
    if len(said) != len(expected):
        raise ShapeError(
            f"{run.design}: {len(said)} pictures, but run {trials['run'].iloc[0]} has "
            f"{len(expected)} trials by the table of responses.",
            REMEDY,
        )
    differs = [row for row, pair in enumerate(zip(said, expected, strict=True)) if len({*pair}) > 1]
    if differs:
        told = "; ".join(
            f"{trials['trial_id'].iloc[row]}: {said[row]}, not {expected[row]}"
            for row in differs[:SHOWN]
        )
        raise DataError(
            f"{run.design}: {len(differs)} of {len(said)} pictures are not those of the "
            f"trials, such as {told} (nsd00000 is the file's number 1).",
            REMEDY,
        )
