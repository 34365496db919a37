"""One malicious file of each kind that is read: made here, run nowhere."""

import json
import os
import pickle
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

SECRET = b"-----BEGIN KEY-----"


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def mark_of(folder: Path) -> Path:
    return folder / "CODE_WAS_RUN"


def evil(folder: Path) -> bytes:
    return pickle.dumps(Runs(mark_of(folder)))


def objects_npy(folder):
    path = folder / "objects.npy"
    np.save(path, np.array([Runs(mark_of(folder))], dtype=object), allow_pickle=True)
    return path


def objects_npz(folder):
    path = folder / "objects.npz"
    np.savez(path, x=np.array([Runs(mark_of(folder))], dtype=object))
    return path


def bare_pickle(suffix):
    def make(folder):
        path = folder / f"bare{suffix}"
        path.write_bytes(evil(folder))
        return path

    return make


def torch_zip(folder):
    path = folder / "weights.pth"
    torch.save({"weight": Runs(mark_of(folder))}, path)
    return path


def huge_npy(folder):
    """A header that promises more than the disk holds."""
    path = folder / "huge.npy"
    with path.open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(bytes(64))
    return path


def secret(folder):
    path = folder / "secret"
    path.write_bytes(SECRET)
    return path


def external_storage(suffix):
    def make(folder):
        path = folder / f"storage{suffix}"
        with h5py.File(path, "w") as file:
            size = len(SECRET)
            file.create_dataset("x", (size,), "u1", external=[(str(secret(folder)), 0, size)])
        return path

    return make


def external_link(suffix):
    def make(folder):
        other, path = folder / "other.h5", folder / f"link{suffix}"
        with h5py.File(other, "w") as file:
            file["values"] = np.arange(4.0)
        with h5py.File(path, "w") as file:
            file["x"] = h5py.ExternalLink(str(other), "values")
        return path

    return make


def virtual_values(suffix):
    def make(folder):
        other, path = folder / "other.h5", folder / f"virtual{suffix}"
        with h5py.File(other, "w") as file:
            file["values"] = np.arange(4.0)
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "values", (4,))
        with h5py.File(path, "w") as file:
            file.create_virtual_dataset("x", layout)
        return path

    return make


def _pickled_extension(folder):
    meta = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": evil(folder),
    }
    schema = pa.schema([pa.field("x", pa.int64(), metadata=meta)])
    return pa.record_batch([pa.array([1, 2])], schema=schema)


def arrow_extension(folder):
    path, batch = folder / "extension.arrow", _pickled_extension(folder)
    with pa.ipc.new_file(str(path), batch.schema) as writer:
        writer.write_batch(batch)
    return path


def parquet_extension(folder):
    path = folder / "extension.parquet"
    pq.write_table(pa.Table.from_batches([_pickled_extension(folder)]), path)
    return path


def text(name, content):
    def make(folder):
        path = folder / name
        path.write_text(content.replace("MARK", str(mark_of(folder))))
        return path

    return make


def safetensors(header, length=None):
    """A header that lies; its length, too, if one is given."""

    def make(folder):
        path = folder / "lies.safetensors"
        told = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(told) if length is None else length) + told)
        with path.open("ab") as stream:
            stream.write(bytes(16))
        return path

    return make


def tensor(**changed):
    return {"x": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changed}}


def png_bomb() -> bytes:
    """A few hundred bytes that promise ten thousand million pixels."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
