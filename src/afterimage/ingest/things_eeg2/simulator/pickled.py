"""Pickled dictionaries in the published forms, with one long array that is never in memory."""

import io
import pickle
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from afterimage.contracts.files import written

PROTOCOL = b"\x80\x04"
FRAME_BYTES = 9
STOP = b"."
EMPTY_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
FLOAT = b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R(K\x03X\x01\x00\x00\x00<NNN"
OBJECT = b"cnumpy\ndtype\nX\x02\x00\x00\x00O8\x89\x88\x87R(K\x03X\x01\x00\x00\x00|NNN"
SIZES = b"J\xff\xff\xff\xff" * 2
FLOAT_STATE, OBJECT_STATE = SIZES + b"K\x00tb", SIZES + b"K?tb"


def save_dictionary(
    path: Path,
    plain: dict[str, Any],
    key: str | None,
    shape: tuple[int, ...],
    blocks: Iterable[np.ndarray],
    header: bool,
) -> None:
    """Write a dictionary of plain values and one array of float64.

    Parameters
    ----------
    path : Path
    plain : dict
        Lists, texts, numbers, small arrays.
    key : str or None
        Of the array; None if there is none.
    shape : tuple of int
        Of the array.
    blocks : iterable of ndarray
        Its values in C order, in pieces.
    header : bool
        Whether it looks as ``np.save`` writes a dictionary; else a bare pickle.
    """
    with written(path) as temporary, temporary.open("wb") as stream:
        stream.write(opening(plain, key, shape, header))
        for block in blocks:
            stream.write(np.ascontiguousarray(block, dtype="<f8").tobytes())
        stream.write(closing(key, header))


def opening(plain: dict[str, Any], key: str | None, shape: tuple[int, ...], header: bool) -> bytes:
    """Return everything before the numbers of the array, as :func:`save_dictionary` is told."""
    inner = _body(plain) + (b"" if key is None else _text(key) + _array(shape))
    if not header:
        return PROTOCOL + inner
    text = io.BytesIO()
    npy.write_array_header_1_0(text, {"descr": "|O", "fortran_order": False, "shape": ()})
    # An array of objects, without dimensions, around a list of the dictionary.
    outer = EMPTY_ARRAY + b"(K\x01)" + OBJECT + OBJECT_STATE + b"\x89]"
    return text.getvalue() + PROTOCOL + outer + inner


def closing(key: str | None, header: bool) -> bytes:
    """Return everything after the numbers of the array."""
    return (b"" if key is None else b"tbs") + (b"atb" if header else b"") + STOP


def _array(shape: tuple[int, ...]) -> bytes:
    """Return the instructions that make an array, up to its numbers."""
    length = 8 * int(np.prod(shape, dtype=np.int64))
    start = EMPTY_ARRAY + b"(K\x01" + _body(shape) + FLOAT + FLOAT_STATE
    return start + b"\x89\x8e" + struct.pack("<Q", length)


def _body(value: Any) -> bytes:
    """Return the instructions that make a value: a pickle without its ends."""
    whole = pickle.dumps(value, protocol=4)
    start = len(PROTOCOL)
    if whole[start : start + 1] == b"\x95":
        start += FRAME_BYTES
    return whole[start : -len(STOP)]


def _text(value: str) -> bytes:
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content
