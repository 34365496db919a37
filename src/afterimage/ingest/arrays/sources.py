"""From a source of the YAML to an array or a vector, with its placeholders filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.ingest.arrays.fields import SINGLE_ARRAY, Selector, Source, Vector, text
from afterimage.ingest.arrays.files import FileArray, check_file, in_memory, open_array
from afterimage.ingest.arrays.layers import fill


@dataclass(frozen=True)
class Place:
    """Where the sources of a piece are looked for.

    Attributes
    ----------
    root : Path
        The data set's folder.
    values : mapping
        Of the placeholders.
    files : tuple of (str or None)
        Default files, the nearest first.
    """

    root: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str | None, ...] = ()

    def within(self, file: str | None) -> "Place":
        """Return the place inside a section that may have a default file of its own."""
        return Place(self.root, self.values, (file, *self.files))

    def named(self, source: Source) -> str | None:
        """Return the file that a source is read from, relative to the root; None if from none."""
        ranges = isinstance(source, Selector) and source.ranges is not None
        if source.value is not None or source.values is not None or ranges:
            return None
        names = [name for name in (source.file, *self.files) if name is not None]
        if source.key is not None or source.columns is not None:
            # A default file that holds one array has no keys: a key means another file.
            names = [name for name in names if not name.lower().endswith(SINGLE_ARRAY)]
        return fill(names[0], self.values) if names else None

    def key(self, source: Source) -> str | int | None:
        """Return the key of a source without placeholders."""
        return fill(source.key, self.values) if isinstance(source.key, str) else source.key

    def open(self, source: Source, what: str) -> FileArray:
        """Open the array of a source; ``what`` is its path in the YAML.

        Raises
        ------
        ConfigError
            If no file is named.
        DataError
            If the file or the key does not exist, or the file is damaged.
        """
        if source.values is not None:
            return in_memory(np.asarray(source.values), f"{what} (values in the YAML)")
        named = self.named(source)
        key = self.key(source)
        if source.file is None and isinstance(key, str) and (self.root / key).is_file():
            raise ConfigError(
                f"{what}: '{key}' is a file, but stands where the key of an array is expected.",
                f"Write `{{file: {key}}}`, with `key` beside it if the file holds several arrays.",
            )
        if named is None:
            raise ConfigError(
                f"{what}: no file is named for it.",
                "Give `file` beside it, or once at the top of the data set's YAML.",
            )
        path = self.root / named
        check_file(path, named)
        return open_array(path, source, key)


def one_dimension(array: FileArray, what: str) -> np.ndarray:
    """Read a vector; axes of length one (MATLAB's) are dropped.

    Raises
    ------
    ShapeError
        If there is more than one axis longer than one.
    DataError
        If the values are complex.
    """
    if sum(size > 1 for size in array.shape) > 1:
        raise ShapeError(
            f"{array.where}: {what} has the shape {array.shape}, expected one value per row.",
            "Name a vector, (n), (n, 1) or (1, n).",
        )
    if np.dtype(array.dtype).kind == "c":
        raise DataError(f"{array.where}: {what} is complex.", "Name a real or string vector.")
    return array.whole().reshape(-1)


def vector(
    place: Place, source: Vector | Selector, what: str, length: int | None
) -> tuple[list[Any], str]:
    """Read one value per row and say where it was found.

    Parameters
    ----------
    length : int or None
        Rows expected, needed for a constant; None where any number will do.

    Returns
    -------
    values : list
        Strings, numbers, or None for what is missing.
    where : str
    """
    if source.value is not None:
        values, where = [source.value] * (length or 0), f"{what} (value in the YAML)"
    else:
        array = place.open(source, what)
        one_hot = isinstance(source, Vector) and source.one_hot
        found = hot_columns(array, what) if one_hot else one_dimension(array, what)
        values, where = [_plain(v) for v in found], array.where
    if isinstance(source, Vector):
        values = _converted(values, source, _names(place, source, what), where, what)
    return values, where


def hot_columns(array: FileArray, what: str) -> np.ndarray:
    """Return the column of the 1 in each row of a one-hot matrix.

    Raises
    ------
    DataError
        If a row does not hold exactly one 1 and zeros.
    """
    matrix = array.whole()
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ShapeError(
            f"{array.where}: {what} has the shape {array.shape}, expected a one-hot matrix of "
            "rows x classes.",
            "Leave out `one_hot` for a vector of labels.",
        )
    wrong = np.flatnonzero(((matrix != 0) & (matrix != 1)).any(axis=1) | (matrix.sum(axis=1) != 1))
    if wrong.size:
        raise DataError(
            f"{array.where}: {what}, row {wrong[0]} (counted from 0) does not hold exactly one 1.",
            "Leave out `one_hot`, name the right matrix, or transpose it to rows x classes.",
        )
    return matrix.argmax(axis=1)


def _names(place: Place, source: Vector, what: str) -> Mapping[str, Any] | None:
    if source.names_from is None:
        return source.names
    array = place.open(source.names_from, f"{what}.names_from")
    listed = one_dimension(array, f"{what}.names_from")
    return {str(i): _plain(name) for i, name in enumerate(listed, source.names_from.base)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value


def _converted(
    values: list[Any],
    source: Vector,
    names: Mapping[str, Any] | None,
    where: str,
    what: str,
) -> list[Any]:
    if source.scale is not None or source.add is not None:
        scale, add = 1.0 if source.scale is None else source.scale, source.add or 0.0
        values = [
            None if v is None else _plain(_number(v, where, what) * scale + add) for v in values
        ]
    if names is None:
        return values
    unknown = sorted({text(v) for v in values if v is not None and text(v) not in names})
    if unknown:
        raise DataError(
            f"{where}: {what} has the values {unknown[:8]}, which `names` does not list; listed: "
            f"{sorted(names)[:12]}.",
            "Add them to `names` in the data set's YAML, or correct the file.",
        )
    return [None if value is None else names[text(value)] for value in values]


def _number(value: Any, where: str, what: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: {what} has the value {value!r}, expected a number.",
            'Say which numbers are meant: `names: {"ses-01": 1}`.',
        ) from error


def numbers(values: list[Any], where: str, what: str) -> np.ndarray:
    """Return float64 numbers; what is missing is NaN.

    Raises
    ------
    DataError
        If a value is not a number.
    """
    return np.array([np.nan if v is None else _number(v, where, what) for v in values], dtype=float)


def integers(values: list[Any], where: str, what: str) -> np.ndarray:
    """Return int64 numbers.

    Raises
    ------
    DataError
        If a value is missing or not a whole number.
    """
    found = numbers(values, where, what)
    wrong = np.flatnonzero(~np.isfinite(found) | (found != np.round(found)))
    if wrong.size:
        raise DataError(
            f"{where}: {what} is {values[wrong[0]]!r} in row {wrong[0]} (counted from 0), expected "
            "a whole number.",
            "Correct the file, or translate the values with `names`.",
        )
    return found.astype(np.int64)


def selected(place: Place, chosen: Selector, what: str, length: int) -> np.ndarray:
    """Return a boolean vector of the rows that a selector means.

    Raises
    ------
    ShapeError
        If a mask has another length.
    DataError
        If row numbers lie outside, or if it is not clear whether numbers are a mask.
    """
    if chosen.ranges is not None:
        base = chosen.base or 0
        rows = [np.arange(first, last + 1) - base for first, last in chosen.ranges]
        return _at(np.concatenate(rows), length, f"{what} (ranges in the YAML)", what)
    array = None if chosen.value is not None else place.open(chosen, what)
    if array is not None and chosen.only is None and chosen.without is None:
        return _mask_or_rows(array, chosen, what, length)
    values, where = vector(place, chosen, what, length)
    check_length(len(values), length, where, what)
    words = [None if value is None else text(value) for value in values]
    if chosen.only is not None:
        wanted = {text(value) for value in chosen.only}
        _check_known(wanted, words, where, what)
        return np.array([word in wanted for word in words])
    unwanted = {text(value) for value in chosen.without or []}
    return np.array([word not in unwanted for word in words])


def _check_known(wanted: set[str], words: list[str | None], where: str, what: str) -> None:
    found = {word for word in words if word is not None}
    if not wanted & found:
        raise DataError(
            f"{where}: {what} wants rows with {sorted(wanted)[:8]}, found {sorted(found)[:8]}.",
            "Correct `only` in the data set's YAML.",
        )


def _mask_or_rows(array: FileArray, chosen: Selector, what: str, length: int) -> np.ndarray:
    kind = np.dtype(array.dtype).kind
    values = one_dimension(array, what)
    if kind == "b":
        check_length(len(values), length, array.where, what)
        return values.astype(bool)
    if kind not in "iuf":
        raise DataError(
            f"{array.where}: {what} is not numeric, expected row numbers or a mask.",
            "Compare strings with `only: [...]` or `without: [...]`.",
        )
    if chosen.base is None:
        raise ConfigError(
            f"{array.where}: {what} holds numbers, expected to be told what they mean.",
            "Row numbers: `base: 0` or `base: 1`. A mask of 0 and 1: `only: [1]`.",
        )
    if len(values) == length > 2 and set(np.unique(values)) <= {0, 1}:
        raise DataError(
            f"{array.where}: {what} holds only 0 and 1, one per row: a mask, not row numbers.",
            "Write `only: [1]` instead of `base`.",
        )
    rows = integers(list(values), array.where, what) - chosen.base
    return _at(rows, length, array.where, what)


def _at(rows: np.ndarray, length: int, where: str, what: str) -> np.ndarray:
    outside = rows[(rows < 0) | (rows >= length)]
    if outside.size:
        raise DataError(
            f"{where}: {what} names row {outside[0]} (counted from 0), but {length} rows exist.",
            "Correct the numbers, or `base`: 0 if the first row is 0, 1 if it is 1.",
        )
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask


def check_length(found: int, expected: int, where: str, what: str) -> None:
    """Raise ShapeError if a vector has another length than the rows that it describes."""
    if found != expected:
        raise ShapeError(
            f"{where}: {what} has {found} entries, expected {expected}.",
            "Name the vector that belongs to these rows, or correct the file.",
        )
