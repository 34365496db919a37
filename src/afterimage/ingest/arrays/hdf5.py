"""Arrays in HDF5 files, read slice by slice."""

from pathlib import Path
from typing import Any

import numpy as np

from afterimage.ingest.arrays.files import FileArray, damaged, describe, in_memory, wrong_key
from afterimage.ingest.own_values import refuse_foreign_values


def open_hdf5(path: Path, key: str | int | None) -> FileArray:
    """Open a data set by its path inside the file (``a/b/c``).

    Raises
    ------
    DataError
        If the file is damaged or has no such data set.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if key is None and len(found := hdf5_keys(path)) == 1:
                key = next(iter(found))
            name = str(key).strip("/") if key is not None else ""
            if not name or not isinstance(file.get(name), h5py.Dataset):
                raise wrong_key(path, key, hdf5_keys(path))
            data = file[name]
            refuse_foreign_values(path, data)
            where = f"{path}, key '{name}'"
            if not isinstance(data.dtype, np.dtype) or data.dtype.kind == "O" or data.ndim == 0:
                strings = h5py.check_string_dtype(data.dtype) is not None
                return in_memory(np.asarray(data.asstr()[()] if strings else data[()]), where)
            shape, dtype = data.shape, data.dtype
    except OSError as error:
        raise damaged(path, error) from error

    def part(axis: int, rows: slice) -> np.ndarray:
        try:
            with h5py.File(path, "r") as file:
                return np.asarray(file[name][(slice(None),) * axis + (rows,)])
        except OSError as error:
            raise damaged(path, error) from error

    return FileArray(where, shape, dtype, part)


def hdf5_keys(path: Path) -> dict[str, str]:
    """Return the path of each data set with its shape and type."""
    import h5py

    found: dict[str, str] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = describe(item.shape, item.dtype)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except OSError as error:
        raise damaged(path, error) from error
    return dict(sorted(found.items()))
