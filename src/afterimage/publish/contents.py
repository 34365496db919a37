"""What stands in a file as numbers and as anything else, for files that hold numbers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# Name of a column, tensor or key: an array if it is of numbers, otherwise anything comparable.
Content = dict[str, Any]


def content_of(path: Path) -> Content | None:
    """Return a file's values by name; None for a kind that is compared by its bytes alone."""
    reader = READERS.get(path.suffix)
    return reader(path) if reader else None


def _arrow(path: Path) -> Content:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        return _columns(pa.ipc.open_file(source).read_all())


def _parquet(path: Path) -> Content:
    import pyarrow.parquet as pq

    return _columns(pq.read_table(path))


def _columns(table: Any) -> Content:
    return {name: _column(table.column(name).combine_chunks()) for name in table.column_names}


def _column(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if isinstance(column.type, pa.FixedShapeTensorType):
        return column.to_numpy_ndarray()
    if pa.types.is_floating(column.type):
        return column.to_numpy(zero_copy_only=False)
    return column.to_pylist()


def _safetensors(path: Path) -> Content:
    from safetensors.numpy import load_file

    return dict(load_file(path))


def _json(path: Path) -> Content:
    found: Content = {}
    _flatten(json.loads(path.read_bytes()), "", found)
    return found


def _flatten(value: Any, name: str, found: Content) -> None:
    if isinstance(value, dict):
        found[f"{name}{{}}"] = sorted(value)
        for key, one in value.items():
            _flatten(one, f"{name}.{key}", found)
    elif isinstance(value, list):
        found[f"{name}[]"] = len(value)
        for number, one in enumerate(value):
            _flatten(one, f"{name}.{number}", found)
    else:
        found[name] = np.array([value]) if isinstance(value, float) else value


READERS: dict[str, Callable[[Path], Content]] = {
    ".arrow": _arrow,
    ".json": _json,
    ".parquet": _parquet,
    ".safetensors": _safetensors,
}
