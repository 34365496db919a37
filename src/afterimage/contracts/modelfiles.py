"""Models are two files: weights in safetensors, a card in JSON. Loading never runs code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text, written

# As the library writes them: the largest types first, then by name.
TYPES = {
    "uint64": "U64",
    "int64": "I64",
    "float64": "F64",
    "float32": "F32",
    "uint32": "U32",
    "int32": "I32",
    "float16": "F16",
    "uint16": "U16",
    "int16": "I16",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
}
WRITE_BYTES = 64 << 20


def save_tensors(path: Path | str, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a safetensors file, a piece at a time; the same arrays give the same bytes.

    Nothing is copied whole, so that memory-mapped weights larger than memory can be saved.
    """
    ranks = list(TYPES)
    arrays = {name: np.asarray(array) for name, array in tensors.items()}
    names = sorted(arrays, key=lambda name: (ranks.index(arrays[name].dtype.name), name))
    header, end = {}, 0
    for name in names:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        kind = TYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
    # No metadata: with two or more keys the library orders them differently in each process.
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with written(path) as temporary, temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            _write_rows(stream, arrays[name])


def _write_rows(stream: BinaryIO, array: np.ndarray) -> None:
    """Write an array in C order, some rows at a time."""
    if not array.size:
        return
    rows = array.reshape(1) if array.ndim == 0 else array
    step = max(1, WRITE_BYTES // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        block = np.ascontiguousarray(rows[start : start + step])
        stream.write(block.astype(block.dtype.newbyteorder("<"), copy=False).tobytes())


def load_tensors(path: Path | str) -> dict[str, np.ndarray]:
    """Map a safetensors file: values are read from it when they are used.

    Writing into an array changes the process's own copy, never the file.

    Raises
    ------
    DataError
        If it is missing, truncated or something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        # The library checks the header, and that the file is as long as it says.
        with safe_open(path, framework="np"):
            pass
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{path}: not a complete safetensors file ({error}).", "Delete it and run again."
        ) from error
    with Path(path).open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
    names = {kind: name for name, kind in TYPES.items()}
    kinds = {entry["dtype"] for name, entry in header.items() if name != "__metadata__"}
    if unknown := sorted(kinds - set(names)):
        raise DataError(
            f"{path}: holds numbers of the type {unknown[0]}, expected one of {sorted(names)}.",
            "Delete it and run again.",
        )
    tensors = {}
    for name, entry in sorted(header.items()):
        if name == "__metadata__":
            continue
        shape, begin = tuple(entry["shape"]), entry["data_offsets"][0] + 8 + size
        kind = np.dtype(names[entry["dtype"]]).newbyteorder("<")
        if begin % kind.itemsize or not np.prod(shape, dtype=np.int64):
            tensors[name] = np.fromfile(path, kind, int(np.prod(shape)), offset=begin).reshape(
                shape
            )
        else:
            tensors[name] = np.memmap(path, kind, "c", begin, shape or (1,)).reshape(shape)
    return tensors


def save_card(path: Path | str, card: Mapping[str, Any]) -> None:
    """Write what a model is: class, hyper-parameters, input and output, versions."""
    write_text(path, json.dumps(card, indent=2, sort_keys=True) + "\n")


def load_card(path: Path | str) -> dict[str, Any]:
    """Read a model's card.

    Raises
    ------
    DataError
        If it is missing or not JSON.
    """
    try:
        card: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: not a readable model card ({error}).", "Delete it and run again."
        ) from error
    return card


def part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the tensors whose names start with ``prefix/``, without it."""
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
