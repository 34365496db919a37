"""Continuous recordings: one file for each session and partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.things_eeg2.fields import afresh, number, numbers, texts
from afterimage.ingest.things_eeg2.layout import STIM
from afterimage.ingest.things_eeg2.pickles import AGAIN, read_dictionary
from afterimage.ingest.things_eeg2.sensors import check_names

DATA = "raw_eeg_data"


@dataclass(frozen=True)
class Continuous:
    """One file.

    Attributes
    ----------
    path : Path
    values : ndarray, shape (channels, samples)
        In the file; volts, and codes in the channel of triggers.
    names, kinds : tuple of str
        Of the channels, the one of triggers included.
    rate : float
        In Hz.
    band : (float, float)
        Edges in Hz of the amplifier's filters, if told.
    """

    path: Path
    values: np.ndarray
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    rate: float
    band: tuple[float, float]

    @property
    def samples(self) -> int:
        """Return the number of samples."""
        return self.values.shape[1]

    def sensor_names(self) -> list[str]:
        """Return the names of the EEG sensors."""
        return [n for n, kind in zip(self.names, self.kinds, strict=True) if kind == "eeg"]

    def triggers(self) -> np.ndarray:
        """Read the channel of triggers, shape (samples,), as int64."""
        codes = np.array(afresh(self.values)[self.names.index(STIM)], dtype=np.float64)
        if not np.isfinite(codes).all():
            raise DataError(f"{self.path}: NaN or infinite values in '{STIM}'.", AGAIN)
        return codes.astype(np.int64)


def read_continuous(path: Path) -> Continuous:
    """Open a file; of the recording nothing is read.

    Raises
    ------
    DataError
        If it is missing, damaged or refused, or a key is missing.
    ShapeError
        If the array does not fit its dictionary.
    """
    content = read_dictionary(path)
    values = numbers(path, content, DATA, 2)
    names, kinds = texts(path, content, "ch_names"), texts(path, content, "ch_types")
    if not len(values) == len(names) == len(kinds):
        raise ShapeError(
            f"{path}: '{DATA}' has the shape {values.shape} (channels, samples), but there are "
            f"{len(names)} names and {len(kinds)} types of channels.",
            AGAIN,
        )
    check_names(names, path)
    if STIM not in names or "eeg" not in kinds:
        raise DataError(
            f"{path}: expected a channel '{STIM}' and channels of the type 'eeg', found "
            f"{', '.join(names[:3])} ... of the types {', '.join(sorted(set(kinds)))}.",
            AGAIN,
        )
    rate = number(path, content, "sfreq")
    band = (_edge(content, "highpass", 0.0), _edge(content, "lowpass", rate / 2))
    return Continuous(path, values, tuple(names), tuple(kinds), rate, band)


def _edge(content: dict[str, Any], key: str, otherwise: float) -> float:
    """Return the edge of a filter; only warnings of aliasing depend on it."""
    value = content.get(key)
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise


def check_alike(files: Sequence[Continuous]) -> None:
    """Refuse files of one subject that differ in sensors or sampling rate."""
    first = files[0]
    for other in files[1:]:
        if set(other.sensor_names()) != set(first.sensor_names()):
            odd = sorted(set(other.sensor_names()) ^ set(first.sensor_names()))
            raise DataError(
                f"{first.path} and {other.path}: not the same sensors; {odd[0]} is in one only.",
                "List the sensors that all files have under `sensors`, or leave the session out.",
            )
        if other.rate != first.rate:
            raise DataError(
                f"{first.path} and {other.path}: {first.rate:g} and {other.rate:g} Hz.",
                "Leave the session out: `sessions` in the data set's file.",
            )
