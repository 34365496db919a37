"""What a dictionary must hold, and how an array in a file is read without keeping it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.things_eeg2.pickles import AGAIN


def field(path: Path, content: dict[str, Any], key: str) -> Any:
    """Return what a key holds; DataError with the keys that there are if it is missing."""
    if key not in content:
        raise DataError(
            f"{path}: no '{key}' in the dictionary; there are {', '.join(map(str, content))}.",
            "Check the form that the data set's file names: official, nice or raw.",
        )
    return content[key]


def numbers(path: Path, content: dict[str, Any], key: str, dimensions: int) -> np.ndarray:
    """Return an array of real numbers with so many dimensions."""
    values = field(path, content, key)
    if isinstance(values, list | tuple):
        values = np.array(values)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
        kind = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise DataError(f"{path}: '{key}' holds {kind}, expected an array of numbers.", AGAIN)
    if values.ndim != dimensions:
        raise ShapeError(
            f"{path}: '{key}' has the shape {values.shape}, expected {dimensions} dimensions.",
            "Check the form that the data set's file names: official, nice or raw.",
        )
    return values


def texts(path: Path, content: dict[str, Any], key: str) -> list[str]:
    """Return a list of texts that is not empty."""
    values = field(path, content, key)
    values = values.tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(values, list | tuple) or not values:
        raise DataError(f"{path}: '{key}' is no list of texts.", AGAIN)
    if not all(isinstance(value, str) for value in values):
        raise DataError(f"{path}: '{key}' holds something else than texts.", AGAIN)
    # Texts that NumPy made are of a type of their own.
    return [str(value) for value in values]


def number(path: Path, content: dict[str, Any], key: str) -> float:
    """Return a positive number."""
    value = field(path, content, key)
    value = (
        value.item() if isinstance(value, np.ndarray | np.generic) and value.ndim == 0 else value
    )
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise DataError(f"{path}: '{key}' is {value!r}, expected a positive number.", AGAIN)
    return float(value)


def afresh(values: np.ndarray) -> np.ndarray:
    """Map an array of a file again.

    What is read of a mapping counts as memory until the mapping goes: whoever reads a file in
    pieces takes a new one for each.
    """
    if not isinstance(values, np.memmap):
        return values
    assert values.filename is not None
    order: Literal["C", "F"] = "C" if values.flags.c_contiguous else "F"
    return np.memmap(values.filename, values.dtype, "r", values.offset, values.shape, order)


def check_finite(block: np.ndarray, names: Sequence[str], ids: Sequence[str], path: Path) -> None:
    """Refuse NaN and infinite values, naming the first trial and the sensor.

    Parameters
    ----------
    block : ndarray, shape (n, times, sensors)
    names : sequence of str
        Of the sensors.
    ids : sequence of str
        Of the trials.
    path : Path
    """
    bad = ~np.isfinite(block)
    if bad.any():
        trial, _, sensor = np.argwhere(bad)[0].tolist()
        raise DataError(
            f"{path}: NaN or an infinite value in trial {ids[trial]}, sensor {names[sensor]}.",
            f"{AGAIN} Or leave the sensor out: list the others under `sensors`.",
        )
