"""Columns of tables (.csv, .tsv, whitespace-separated text, .parquet) as arrays."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.arrays.fields import Columns, Source
from afterimage.ingest.arrays.files import FileArray, damaged, in_memory, suffix, wrong_key

SEPARATORS = {".csv": ",", ".tsv": "\t"}


def open_table(path: Path, source: Source, key: str | int | None) -> FileArray:
    """Open one column (``key``), several (``columns``), or the whole table.

    Raises
    ------
    DataError
        If the file is damaged or has no such column.
    ShapeError
        If the lists of a Parquet column differ in length.
    """
    frame = read_table(path, source)
    if source.columns is not None:
        names = choose(list(frame.columns), source.columns, path)
        where = f"{path}, columns '{names[0]}' to '{names[-1]}'"
        return in_memory(_matrix(frame[names], where), where)
    if key is None and frame.shape[1] == 1:
        key = frame.columns[0]
    if key is None:
        where = f"{path}, all {frame.shape[1]} columns"
        return in_memory(_matrix(frame, where), where)
    name = column(list(frame.columns), key)
    if name is None:
        raise wrong_key(path, key, table_keys(path, source))
    where = f"{path}, column '{name}'"
    return in_memory(_column(frame[name], where), where)


def read_table(path: Path, source: Source) -> pd.DataFrame:
    """Read a table; columns without a header are named 0, 1, 2, ..."""
    state = path.stat()
    stamp = (state.st_mtime_ns, state.st_size)
    if suffix(path) in (".parquet", ".pq"):
        return _parquet(path, stamp)
    header = source.header if source.header is not None else suffix(path) in SEPARATORS
    given = source.separator or SEPARATORS.get(suffix(path), "whitespace")
    return _text_table(path, header, r"\s+" if given == "whitespace" else given, stamp)


@lru_cache(maxsize=2)
def _parquet(path: Path, stamp: tuple[int, int]) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged(path, error) from error


@lru_cache(maxsize=2)
def _text_table(path: Path, header: bool, separator: str, stamp: tuple[int, int]) -> pd.DataFrame:
    try:
        # Only an empty cell and "nan" are missing: "NA" and "None" may be labels.
        frame = pd.read_csv(
            path,
            sep=separator,
            header=0 if header else None,
            keep_default_na=False,
            na_values=["", "nan", "NaN", "n/a"],
            skipinitialspace=True,
        )
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise damaged(path, error) from error
    frame.columns = pd.Index(
        [name.strip() if isinstance(name, str) else int(name) for name in frame.columns]
    )
    return frame


def column(names: list[Any], key: str | int) -> Any:
    """Return the column of a name, or of a number counted from 0; None if there is none."""
    if key in names:
        return key
    if isinstance(key, int) and 0 <= key < len(names):
        return names[key]
    if isinstance(key, str) and key.isdigit() and int(key) in names:
        return int(key)
    return None


def choose(names: list[Any], chosen: Columns, path: Path) -> list[Any]:
    """Return the columns that are meant.

    Raises
    ------
    DataError
        If there is none, or if a named one is missing.
    """
    if chosen.names is not None:
        return [_required(names, name, path) for name in chosen.names]
    found = list(names)
    if chosen.first is not None or chosen.last is not None:
        first = names.index(_required(names, chosen.first, path)) if chosen.first is not None else 0
        last = names.index(_required(names, chosen.last, path)) if chosen.last is not None else None
        found = names[first : None if last is None else last + 1]
    if chosen.like is not None:
        like = chosen.like
        found = [name for name in found if fnmatchcase(str(name), like)]
    if chosen.regex is not None:
        found = [name for name in found if re.fullmatch(chosen.regex, str(name))]
    if chosen.without is not None:
        left_out = {_required(names, name, path) for name in chosen.without}
        found = [name for name in found if name not in left_out]
    if not found:
        raise DataError(
            f"{path}: no column is meant by {chosen.text()}; the columns are {names[:12]}"
            f"{' ...' if len(names) > 12 else ''}.",
            "Correct `columns` in the data set's YAML.",
        )
    return found


def _required(names: list[Any], key: Any, path: Path) -> Any:
    name = column(names, key)
    if name is None:
        raise wrong_key(path, key, {str(name): "" for name in names})
    return name


def _matrix(frame: pd.DataFrame, where: str) -> np.ndarray:
    for name in frame.columns:
        if frame[name].dtype.kind not in "biuf":
            texts = frame[name][pd.to_numeric(frame[name], errors="coerce").isna()]
            example = f" such as {texts.iloc[0]!r}" if len(texts) else ""
            raise DataError(
                f"{where}: column '{name}' is not numeric{example}, expected numbers.",
                "Leave the column out of `columns`, or correct the cells (an empty cell is NaN); "
                "if the file has no header line, say `header: false`.",
            )
    return frame.to_numpy()


def _column(values: pd.Series, where: str) -> np.ndarray:
    array = values.to_numpy()
    if array.dtype.kind != "O" or not len(array):
        return array if array.dtype.kind in "biufcO" else values.astype(object).to_numpy()
    if not isinstance(array[0], list | tuple | np.ndarray):
        return array
    rows = [_nested(row) for row in array]
    shapes = {row.shape for row in rows}
    if len(shapes) > 1:
        raise ShapeError(
            f"{where}: lists of different lengths {sorted(shapes)[:4]}, expected one length.",
            "Make all rows equally long.",
        )
    return np.stack(rows)


def _nested(row: Any) -> np.ndarray:
    """Turn lists of lists into an array."""
    if len(row) and isinstance(row[0], list | tuple | np.ndarray):
        return np.stack([_nested(item) for item in row])
    return np.asarray(row)


def table_keys(path: Path, source: Source) -> dict[str, str]:
    """Return each column with its type."""
    frame = read_table(path, source)
    return {str(name): f"({len(frame)}) {frame[name].dtype}" for name in frame.columns}
