"""Dictionaries of plain data and arrays from the ``.npy`` files of THINGS-EEG2, which are pickles.

Two forms are out there: what ``np.save`` makes of a dictionary (a header, then a pickle), and a
bare pickle that is called ``.npy``. Neither may run anything here.
"""

from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_eeg2.machine import DamagedError, Machine, RefusedError

HEADERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
AGAIN = "Download it again (docs/datasets/things_eeg2.md says where)."


def read_dictionary(path: Path) -> dict[str, Any]:
    """Read a dictionary; long arrays stay in the file, mapped read-only.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        Plain values and arrays. Byte strings of more than 64 KiB that belong to an array are not
        loaded, except in pickles of protocol 2, which hold them as text.

    Raises
    ------
    DataError
        If the file is missing, ends early, is no dictionary, or holds anything but plain data and
        arrays of numbers or texts; the refused name is told, and nothing of it was run.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing.", AGAIN)
    with path.open("rb") as stream:
        try:
            content = _run(path, stream)
        except RefusedError as refused:
            raise DataError(
                f"{path}: refused, because it holds {refused}: only plain data and NumPy arrays "
                "are read from a pickle. Nothing of it was run.",
                f"Do not open it with np.load either. {AGAIN} A file of your own: save a "
                "dictionary of lists, numbers and arrays by np.save.",
            ) from refused
        except DamagedError as damaged:
            raise DataError(
                f"{path}: not a complete pickle of a dictionary ({damaged}).", AGAIN
            ) from damaged
    if not isinstance(content, dict):
        raise DataError(
            f"{path}: a {type(content).__name__}, expected a dictionary.",
            "Check the form that the data set's file names, and where its files lie.",
        )
    return content


def _run(path: Path, stream: IO[bytes]) -> Any:
    outer = stream.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX
    stream.seek(0)
    if outer:
        _read_header(stream)

    def mapped(dtype: np.dtype, offset: int, shape: tuple[int, ...], order: Any) -> np.ndarray:
        return np.memmap(path, dtype, "r", offset, shape, order)

    return Machine(stream, mapped, outer).run()


def _read_header(stream: IO[bytes]) -> None:
    try:
        shape, _, dtype = HEADERS[npy.read_magic(stream)](stream)
    except (ValueError, KeyError) as error:
        raise DamagedError(f"its header says {error}") from error
    if shape != () or not dtype.hasobject:
        raise DamagedError(f"it is an array of {shape} {dtype}")
