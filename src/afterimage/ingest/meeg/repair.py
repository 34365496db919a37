"""Bad sensors of single epochs, found by autoreject and interpolated."""

from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.parts import Note
from afterimage.ingest.meeg.grid import Grid
from afterimage.ingest.meeg.head import head_centre
from afterimage.ingest.meeg.steps import Autoreject

FEWEST = 10  # epochs: one for each fold of autoreject's cross-validation
REPAIRED = 2  # what autoreject's table of labels says of a sensor that it interpolates


def repaired(
    values: np.ndarray, grid: Grid, step: Autoreject, info: Any, notes: list[Note], where: str
) -> np.ndarray:
    """Interpolate bad sensors epoch by epoch, and say which epochs cannot be repaired.

    Thresholds are found within the run, from its epochs alone and not from what was shown.

    Parameters
    ----------
    values : ndarray of float64, shape (n, sensors, times)
        Overwritten.
    grid : Grid
    step : Autoreject
    info : mne.Info
        Of these sensors, with their places.
    notes : list of Note
        How many epochs were repaired is added.
    where : str
        The file, for messages.

    Returns
    -------
    ndarray of bool, shape (n,)
        Epochs that are rejected; they are as they were.

    Raises
    ------
    ConfigError
        If autoreject is not installed.
    DataError
        If there are too few epochs to find thresholds, or sensors without places.
    """
    try:
        from autoreject import AutoReject
    except ImportError as error:
        raise ConfigError(
            "preprocess: the step 'autoreject' needs a package that is not installed.",
            "Install it: pip install 'afterimage[autoreject]'; or leave the step out.",
        ) from error
    import mne

    if not len(values):
        return np.zeros(0, dtype=bool)
    if len(values) < FEWEST:
        raise DataError(
            f"{where}: the step 'autoreject' needs {FEWEST} epochs of a run, there are "
            f"{len(values)} that are not left out before.",
            "Leave the step out of `preprocess`, or take the run out of the data set's file.",
        )
    origin = head_centre(info, notes)
    info = info.copy()
    with info._unlock():
        info["sfreq"], info["bads"] = grid.rate, []
    epochs = mne.EpochsArray(values, info, tmin=grid.times[0], proj=False, verbose="error")
    finder = AutoReject(random_state=step.seed, n_jobs=1, verbose=False)
    try:
        log = finder.fit(epochs).get_reject_log(epochs)
    except (RuntimeError, ValueError) as error:
        raise DataError(
            f"{where}: the step 'autoreject' cannot be done: {error}",
            "It needs the places of all sensors. Leave the step out of `preprocess`, or correct "
            "the recording.",
        ) from error
    names, count = np.array(log.ch_names), 0
    # Of MEG sensors fields are mapped on a sphere; EEG is interpolated on one of its own.
    for row in np.flatnonzero((log.labels == REPAIRED).any(axis=1) & ~log.bad_epochs).tolist():
        one = mne.EpochsArray(values[[row]], info, tmin=grid.times[0], proj=False, verbose="error")
        one.info["bads"] = names[log.labels[row] == REPAIRED].tolist()
        mended = one.interpolate_bads(origin=origin, verbose="error")
        values[row] = mended.get_data(copy=False)[0]
        count += 1
    counts = {"repaired": count, "epochs": len(values)}
    notes.append(Note("autoreject repaired sensors in {repaired} of {epochs} epochs.", counts))
    rejected: np.ndarray = log.bad_epochs.astype(bool)
    return rejected
