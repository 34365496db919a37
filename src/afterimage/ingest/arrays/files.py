"""Files as arrays: .npy, .npz, .mat (up to v7, and v7.3), HDF5, tables and NIfTI volumes.

An array is opened without reading it where the format permits; nothing pickled is ever loaded.
"""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.arrays.fields import Source

TABLES = (".csv", ".tsv", ".txt", ".1d", ".parquet", ".pq")
HDF5 = (".h5", ".hdf5", ".hdf", ".nwb")
NIFTI = (".nii", ".nii.gz")
KNOWN = (".mat", ".npz", ".npy", *HDF5, *TABLES, *NIFTI)


@dataclass(frozen=True)
class FileArray:
    """An array in a file; its shape is known, its numbers are read on request.

    Attributes
    ----------
    where : str
        File and key, for errors.
    shape : tuple of int
    dtype : dtype
    part : callable
        (axis, slice) to the ndarray of that slice.
    """

    where: str
    shape: tuple[int, ...]
    dtype: np.dtype
    part: Callable[[int, slice], np.ndarray]

    def whole(self) -> np.ndarray:
        """Read everything."""
        return self.part(0, slice(None))


def in_memory(values: np.ndarray, where: str) -> FileArray:
    """Wrap an array that is already read."""

    def part(axis: int, rows: slice) -> np.ndarray:
        return values[(slice(None),) * axis + (rows,)] if values.ndim else values

    return FileArray(where, values.shape, values.dtype, part)


def on_demand(
    load: Callable[[Path, Any], np.ndarray],
    path: Path,
    key: Any,
    where: str,
    shape: tuple[int, ...],
    dtype: Any,
) -> FileArray:
    """Describe an array whose file has no random access: read whole, when first asked for."""
    state = path.stat()
    stamp = (state.st_mtime_ns, state.st_size)

    def part(axis: int, rows: slice) -> np.ndarray:
        return _loaded(load, path, key, stamp)[(slice(None),) * axis + (rows,)]

    return FileArray(where, shape, np.dtype(dtype), part)


@lru_cache(maxsize=2)
def _loaded(
    load: Callable[[Path, Any], np.ndarray], path: Path, key: Any, stamp: tuple[int, int]
) -> np.ndarray:
    """Keep the last two arrays only: a subject's sessions do not pile up in memory."""
    return load(path, key)


def suffix(path: Path) -> str:
    """Return the kind of a file by its name, in lower case."""
    name = path.name.lower()
    return ".nii.gz" if name.endswith(".nii.gz") else path.suffix.lower()


def check_file(path: Path, named: str, key: str = "file") -> None:
    """Raise DataError if a file is missing, naming what is there and the key that asks for it.

    Also if it lies outside the data set's folder: `data_root` is the one place that is named
    explicitly, and a data set's YAML may come from anyone.
    """
    inside = PurePath(named)
    if inside.is_absolute() or ".." in inside.parts:
        raise DataError(
            f"{named}: lies outside the data set's folder (named in the data set's YAML).",
            f"Correct `{key}` in the YAML, or let data_root be a folder that holds all files.",
        )
    if path.is_file():
        return
    folder = path.parent
    if not folder.is_dir():
        found = f"the folder {folder} does not exist"
    else:
        names = sorted(item.name for item in folder.iterdir())
        close = get_close_matches(path.name, names, n=1)
        found = f"the closest name there is '{close[0]}'" if close else f"it holds {names[:8]}"
    raise DataError(
        f"{path}: file not found (named '{named}' in the data set's YAML); {found}.",
        f"Correct `{key}` in the YAML, or data_root (snakemake --config data_root=/the/folder).",
    )


def open_array(path: Path, source: Source, key: str | int | None) -> FileArray:
    """Open the array that a source names.

    Parameters
    ----------
    path : Path
    source : Source
        For the choice of columns and the format of text tables.
    key : str, int or None
        With its placeholders filled in.

    Raises
    ------
    DataError
        If the file is damaged or of an unknown kind, or has no such key; the error lists the keys
        that exist with their shapes.
    """
    from afterimage.ingest.arrays import hdf5, matlab, tables

    kind = suffix(path)
    if kind == ".npy":
        return _npy(path)
    if kind == ".npz":
        return _npz(path, key)
    if kind in HDF5:
        return hdf5.open_hdf5(path, key)
    if kind == ".mat":
        return matlab.open_matlab(path, key)
    if kind in TABLES:
        return tables.open_table(path, source, key)
    if kind in NIFTI:
        return _nifti(path)
    raise DataError(
        f"{path}: files of the kind '{kind}' are not read.",
        f"Save the data as one of {', '.join(KNOWN)}.",
    )


def damaged(path: Path, error: Exception) -> DataError:
    """Return the error for a file that cannot be read."""
    return DataError(
        f"{path}: not a readable {suffix(path)} file ({type(error).__name__}: {error}).",
        "The file may be truncated or of another kind: copy it again, or correct its name.",
    )


def wrong_key(path: Path, key: Any, found: dict[str, str]) -> DataError:
    """Return the error for a key that does not exist, with those that do.

    Parameters
    ----------
    found : dict
        Key to description (shape and type).
    """
    listed = ", ".join(f"{name} {what}" for name, what in list(found.items())[:20])
    more = f" and {len(found) - 20} more" if len(found) > 20 else ""
    if key is None:
        return DataError(
            f"{path}: the file holds several arrays, and no `key` is given. "
            f"Keys found: {listed}{more}.",
            "Say which one with `key`.",
        )
    close = get_close_matches(str(key), list(found), n=1, cutoff=0.5)
    lower = [name for name in found if name.lower() == str(key).lower()]
    hint = f"Did you mean '{(lower or close)[0]}'?" if lower or close else "Choose one of those."
    return DataError(
        f"{path}: no key '{key}'. Keys found: {listed or 'none'}{more}.",
        f"{hint} Correct the key in the data set's YAML.",
    )


def describe(shape: tuple[int, ...], dtype: Any) -> str:
    """Return "(90, 3092) float64"."""
    return f"({', '.join(map(str, shape))}) {dtype}"


def pickled(path: Path, key: Any) -> DataError:
    """Return the error for an array of Python objects."""
    where = f"{path}, key '{key}'" if key is not None else str(path)
    return DataError(
        f"{where}: holds pickled Python objects, which are never loaded (they can run code).",
        "Save it again as a plain array: numbers, or strings as np.array(labels, dtype=str).",
    )


def _npy(path: Path) -> FileArray:
    try:
        with path.open("rb") as stream:
            _, dtype = _npy_header(stream)
        if dtype.hasobject:
            raise pickled(path, None)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise damaged(path, error) from error
    return in_memory(array, str(path))


def _npy_header(stream: Any) -> tuple[tuple[int, ...], np.dtype]:
    first = np.lib.format.read_magic(stream) == (1, 0)
    form = np.lib.format
    read = form.read_array_header_1_0 if first else form.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _npz(path: Path, key: str | int | None) -> FileArray:
    headers = _npz_headers(path)
    if key is None and len(headers) == 1:
        key = next(iter(headers))
    if key not in headers:
        raise wrong_key(path, key, {name: describe(*header) for name, header in headers.items()})
    shape, dtype = headers[str(key)]
    if dtype.hasobject:
        raise pickled(path, key)
    return on_demand(_read_npz, path, str(key), f"{path}, key '{key}'", shape, dtype)


def _read_npz(path: Path, key: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive[key])
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path, error) from error


def _npz_headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Read shapes and types from the headers inside the archive, not the arrays."""
    headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as stream:
                    headers[name.removesuffix(".npy")] = _npy_header(stream)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path, error) from error
    return headers


def load_nifti(path: Path) -> Any:
    """Open a NIfTI image without reading its volumes."""
    import nibabel

    try:
        return nibabel.load(path)
    except (nibabel.filebasedimages.ImageFileError, OSError, EOFError, ValueError) as error:
        raise damaged(path, error) from error


def _nifti(path: Path) -> FileArray:
    image = load_nifti(path)

    shape = tuple(image.shape)
    # A compressed file has no random access: slices would unpack it again and again.
    if path.name.endswith(".gz"):
        return on_demand(_read_nifti, path, None, str(path), shape, np.float64)

    def part(axis: int, rows: slice) -> np.ndarray:
        try:
            return np.asarray(image.dataobj[(slice(None),) * axis + (rows,)])
        except (OSError, EOFError, ValueError) as error:
            raise damaged(path, error) from error

    return FileArray(str(path), shape, np.dtype(np.float64), part)


def _read_nifti(path: Path, key: None) -> np.ndarray:
    try:
        return np.asarray(load_nifti(path).dataobj)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise damaged(path, error) from error


def list_keys(path: Path) -> dict[str, str]:
    """Return every key of a file with its shape and type, for a person who writes the YAML."""
    from afterimage.ingest.arrays import hdf5, matlab, tables

    kind = suffix(path)
    if kind == ".npz":
        return {name: describe(*header) for name, header in _npz_headers(path).items()}
    if kind in HDF5:
        return hdf5.hdf5_keys(path)
    if kind == ".mat":
        return matlab.matlab_keys(path)
    if kind in TABLES:
        return tables.table_keys(path, Source())
    array = open_array(path, Source(), None)
    return {"(no key)": describe(array.shape, array.dtype)}
