"""The released epochs: opened without reading them, checked, and read some at a time."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.whole import check_whole

AT_A_TIME = 32
BYTES = 4
REMEDY = (
    "All files of the epochs must be there, complete and of one release: fetch them again "
    "(docs/datasets/things_meg.md)."
)
# What MNE raises for files that end too early; its last check is an assertion.
DAMAGED = (OSError, ValueError, RuntimeError, IndexError, KeyError, EOFError, AssertionError)


def open_epochs(root: Path, subject: str, files: int, trials: int) -> Any:
    """Open all files of a subject's epochs as one; their values stay on disk.

    Parameters
    ----------
    root : Path
    subject : str
    files : int
        Number of files.
    trials : int
        Rows of the table of attributes.

    Returns
    -------
    mne.BaseEpochs

    Raises
    ------
    DataError
        If a file is missing, damaged or cut short.
    ShapeError
        If there are not as many epochs as trials.
    """
    import mne

    paths = [root / layout.epochs_file(subject, number) for number in range(files)]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{missing[0]}: this part of the epochs is missing.", REMEDY)
    for path in paths:
        check_whole(path, REMEDY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            epochs = mne.read_epochs(paths[0], proj=False, preload=False, verbose="error")
            rates = [float(mne.io.read_info(path, verbose="error")["sfreq"]) for path in paths]
    except FileNotFoundError as error:
        raise DataError(f"{paths[0]}: {error}", REMEDY) from error
    except DAMAGED as error:
        what = str(error) or "one of them ends too early"
        raise DataError(f"{paths[0]}: not complete files of epochs ({what}).", REMEDY) from error
    _check_rates(paths, rates)
    sizes = ", ".join(f"{path.name} {path.stat().st_size:,} bytes" for path in paths)
    if len(epochs) != trials:
        raise ShapeError(
            f"{paths[0]}: {len(epochs)} epochs in {files} files, but sample_attributes_{subject}"
            f".csv has {trials} trials; a file that was cut short ends the series ({sizes}).",
            REMEDY,
        )
    needed = len(epochs) * len(epochs.ch_names) * len(epochs.times) * BYTES
    if sum(path.stat().st_size for path in paths) < needed:
        raise DataError(
            f"{paths[-1]}: cut short: {needed:,} bytes of epochs cannot be in {sizes}.", REMEDY
        )
    return epochs


def read_slices(
    epochs: Any, rows: np.ndarray, sensors: Sensors | Sequence[str], where: Path
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield some epochs, a few at a time.

    Parameters
    ----------
    epochs : mne.BaseEpochs
    rows : ndarray of int, shape (n,)
        Ascending.
    sensors : Sensors or sequence of str
    where : Path
        For messages.

    Yields
    ------
    rows : ndarray of int, shape (m,)
    values : ndarray of float32, shape (m, times, sensors)
    """
    names = sensors.names if isinstance(sensors, Sensors) else sensors
    picks = [epochs.ch_names.index(name) for name in names]
    for begin in range(
        int(rows[0]) if len(rows) else 0, int(rows[-1]) + 1 if len(rows) else 0, AT_A_TIME
    ):
        end = min(begin + AT_A_TIME, int(rows[-1]) + 1)
        own = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)]
        if not len(own):
            continue
        try:
            values = epochs.get_data(
                picks=picks, item=slice(begin, end), copy=False, verbose="error"
            )
        except DAMAGED as error:
            raise DataError(
                f"{where}: epochs {begin} to {end - 1} cannot be read ({error}): a part is cut "
                "short.",
                REMEDY,
            ) from error
        yield own, np.swapaxes(values[own - begin], 1, 2).astype(np.float32)


def _check_rates(paths: Sequence[Path], rates: Sequence[float]) -> None:
    for path, rate in zip(paths, rates, strict=True):
        if rate != rates[0]:
            raise DataError(
                f"{path}: {rate:g} samples per second, but {rates[0]:g} in {paths[0].name}.",
                REMEDY,
            )
