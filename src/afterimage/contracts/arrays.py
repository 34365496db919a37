"""Arrays are memory-mapped Arrow files: key columns first, a fixed-shape tensor last.

Rows are joined by key, never by position. Writing is streamed, reading is zero-copy.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import written

TENSOR = "values"
BATCH_BYTES = 4 << 20
KEY_TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
}


class ArrayWriter:
    """Stream rows of keys and tensors into an Arrow file.

    Parameters
    ----------
    path : Path or str
    keys : mapping of str to str
        Name and type ("string", "int32", "int64", "float64") of each key column.
    shape : tuple of int
        Of the tensor of one row.
    dtype : str
        NumPy name of the tensor's element type.
    dims : tuple of str
        Name of each dimension of the tensor.
    unit : str
    provenance : mapping
        What the file holds and how it was made; JSON-serialisable, without times.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keys: Mapping[str, str],
        shape: Sequence[int],
        dims: Sequence[str],
        unit: str,
        provenance: Mapping[str, Any],
        dtype: str = "float32",
    ) -> None:
        if len(shape) != len(dims):
            raise ValueError(f"{path}: {len(shape)} sizes for the dimensions {list(dims)}")
        self.path = Path(path)
        self.shape = tuple(int(size) for size in shape)
        self.dtype = np.dtype(dtype)
        row_bytes = max(1, int(np.prod(self.shape, dtype=np.int64))) * self.dtype.itemsize
        self._batch_rows = max(1, BATCH_BYTES // row_bytes)
        tensor = pa.fixed_shape_tensor(pa.from_numpy_dtype(self.dtype), self.shape)
        fields = [pa.field(name, KEY_TYPES[kind], False) for name, kind in keys.items()]
        header = {
            "dims": list(dims),
            "unit": unit,
            "dtype": self.dtype.name,
            "provenance": dict(provenance),
        }
        self._schema = pa.schema(
            [*fields, pa.field(TENSOR, tensor, False)],
            metadata={"afterimage.array": json.dumps(header, sort_keys=True)},
        )
        self._key_names = list(keys)
        self._pending_keys: dict[str, list] = {name: [] for name in keys}
        self._pending: list[np.ndarray] = []
        self._pending_rows = 0

    def __enter__(self) -> Self:
        self._whole = written(self.path)
        self._temporary = self._whole.__enter__()
        self._sink = pa.OSFile(str(self._temporary), "wb")
        self._writer = pa.ipc.new_file(self._sink, self._schema)
        return self

    def write(self, keys: Mapping[str, Iterable], block: np.ndarray) -> None:
        """Append rows.

        Parameters
        ----------
        keys : mapping of str to iterable
            A value per row for each key column.
        block : ndarray, shape (rows, *shape)
        """
        block = np.ascontiguousarray(block, dtype=self.dtype)
        if block.shape[1:] != self.shape:
            raise ValueError(f"{self.path}: rows of shape {block.shape[1:]}, not {self.shape}")
        for name in self._key_names:
            values = list(keys[name])
            if len(values) != len(block):
                raise ValueError(f"{self.path}: {len(values)} values of {name}, {len(block)} rows")
            self._pending_keys[name] += values
        self._pending.append(block)
        self._pending_rows += len(block)
        if self._pending_rows >= self._batch_rows:
            self._flush(final=False)

    def _flush(self, *, final: bool) -> None:
        """Write the pending rows in batches of equal size; a rest waits unless it is the last."""
        rows = np.concatenate(self._pending) if len(self._pending) > 1 else self._pending[0]
        start = 0
        while len(rows) - start >= self._batch_rows or (final and start < len(rows)):
            stop = min(start + self._batch_rows, len(rows))
            self._write_batch(slice(start, stop), rows[start:stop])
            start = stop
        self._pending_keys = {name: vals[start:] for name, vals in self._pending_keys.items()}
        self._pending = [rows[start:]]
        self._pending_rows = len(rows) - start

    def _write_batch(self, part: slice, rows: np.ndarray) -> None:
        columns = [
            pa.array(self._pending_keys[field.name][part], field.type)
            for field in self._schema
            if field.name != TENSOR
        ]
        tensor_type = self._schema.field(TENSOR).type
        flat = pa.array(rows.reshape(-1))
        storage = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(self.shape, dtype=np.int64)))
        columns.append(pa.ExtensionArray.from_storage(tensor_type, storage))
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._pending_rows:
                self._flush(final=True)
            # Closing writes the footer; after a failure there may be no space left for one.
            if kind is None:
                self._writer.close()
            self._sink.close()
        except BaseException as failure:
            self._whole.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._whole.__exit__(kind, error, trace)


class ArrayFile:
    """A memory-mapped array file.

    Parameters
    ----------
    path : Path or str

    Attributes
    ----------
    keys : DataFrame
        The key columns, one row per row of the file.
    shape : tuple of int
        Of one row's tensor.
    dtype : numpy.dtype
    dims : tuple of str
    unit : str
    provenance : dict

    Raises
    ------
    DataError
        If the file is missing, truncated, or not such a file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            source = pa.memory_map(str(self.path), "r")
            reader = pa.ipc.open_file(source)
            header = json.loads((reader.schema.metadata or {})[b"afterimage.array"])
            batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        except FileNotFoundError as error:
            raise DataError(f"{path}: the array file is missing.", "Run snakemake.") from error
        except (pa.ArrowInvalid, pa.ArrowException, OSError, KeyError) as error:
            raise DataError(
                f"{path}: not a complete Arrow array file ({error}); it may be truncated.",
                "Delete it and run snakemake again.",
            ) from error
        self.dims: tuple[str, ...] = tuple(header["dims"])
        self.unit: str = header["unit"]
        self.provenance: dict[str, Any] = header["provenance"]
        self.dtype = np.dtype(header["dtype"])
        self.shape: tuple[int, ...] = tuple(reader.schema.field(TENSOR).type.shape)
        self._blocks = [_tensor_view(batch, self.dtype, self.shape) for batch in batches]
        names = [name for name in reader.schema.names if name != TENSOR]
        self.keys: pd.DataFrame = (
            pa.Table.from_batches(batches, reader.schema).select(names).to_pandas()
        )
        self._starts = np.cumsum([0, *(len(block) for block in self._blocks)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Gather rows, by default all, into an array of shape (rows, *shape)."""
        wanted = np.arange(len(self)) if rows is None else np.asarray(rows, dtype=np.int64)
        result = np.empty((len(wanted), *self.shape), dtype=self.dtype)
        block_of = np.searchsorted(self._starts, wanted, side="right") - 1
        for index in np.unique(block_of):
            here = block_of == index
            result[here] = self._blocks[index][wanted[here] - self._starts[index]]
        return result

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Gather some values of some rows, shape (rows, values); the rest is not read.

        Parameters
        ----------
        rows : ndarray of int, shape (k,)
        columns : slice
            Of the flattened tensor.
        """
        width = int(np.prod(self.shape, dtype=np.int64))
        size = len(range(*columns.indices(width)))
        result = np.empty((len(rows), size), dtype=self.dtype)
        block_of = np.searchsorted(self._starts, rows, side="right") - 1
        for index in np.unique(block_of):
            here = block_of == index
            flat = self._blocks[index].reshape(-1, width)
            result[here] = flat[:, columns][rows[here] - self._starts[index]]
        return result

    def steps(self, part: slice) -> Self:
        """Return the same file with some steps of the first dimension only; nothing is copied."""
        other = copy(self)
        other._blocks = [block[:, part] for block in self._blocks]
        other.shape = (len(range(*part.indices(self.shape[0]))), *self.shape[1:])
        return other

    def blocks(self, max_rows: int = 1 << 30) -> Iterator[tuple[slice, np.ndarray]]:
        """Walk over the file in views of at most ``max_rows`` rows, without copying."""
        for start, block in zip(self._starts[:-1], self._blocks, strict=True):
            for low in range(0, len(block), max_rows):
                part = block[low : low + max_rows]
                yield slice(int(start) + low, int(start) + low + len(part)), part

    def stream(self, max_rows: int = 1 << 30) -> Iterator[tuple[slice, np.ndarray]]:
        """Walk over the file like :meth:`blocks`, but read each batch and let go of it.

        Pages of a memory map count as memory of the process until the system wants them back: a
        walk over gigabytes would look like a job that holds them.
        """
        with pa.OSFile(str(self.path)) as source:
            reader = pa.ipc.open_file(source)
            for number, start in enumerate(self._starts[:-1].tolist()):
                block = _tensor_view(reader.get_batch(number), self.dtype, self.shape)
                for low in range(0, len(block), max_rows):
                    part = block[low : low + max_rows]
                    yield slice(start + low, start + low + len(part)), part

    def rows(self, **key: Sequence) -> np.ndarray:
        """Return the row numbers of key values, in the order of the values.

        Parameters
        ----------
        **key : sequence
            One key column's name and the wanted values: ``rows(stimulus_id=[...])``.

        Raises
        ------
        DataError
            If a value is not in the file or names several rows.
        """
        return find_rows(self.keys, self.path, **key)

    def stimulus_rows(self, stimulus_ids: Sequence[str], fold: int) -> np.ndarray:
        """Return the rows of stimuli, of one fold if the file's values depend on the split."""
        if "fold" not in self.keys:
            return self.rows(stimulus_id=stimulus_ids)
        here = np.flatnonzero(self.keys["fold"].to_numpy() == fold)
        return here[find_rows(self.keys.iloc[here], self.path, stimulus_id=stimulus_ids)]


def _tensor_view(batch: pa.RecordBatch, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """View a batch's tensor column as an array, whatever the number of dimensions."""
    flat = batch.column(batch.schema.get_field_index(TENSOR)).storage.flatten()
    return flat.to_numpy(zero_copy_only=True).astype(dtype, copy=False).reshape(-1, *shape)


def find_rows(keys: pd.DataFrame, path: Path, **key: Sequence) -> np.ndarray:
    """Return the row numbers of the values of one key column.

    Raises
    ------
    DataError
        Naming the file and the ids that are absent or ambiguous.
    """
    ((name, values),) = key.items()
    index = pd.Index(keys[name])
    if not index.is_unique:
        examples = index[index.duplicated()].unique()[:5].tolist()
        raise DataError(
            f"{path}: '{name}' names several rows: {examples}.",
            "Delete the file and run again; if it returns, the data set has duplicate ids.",
        )
    found = index.get_indexer(pd.Index(list(values)))
    if (found < 0).any():
        absent = [value for value, row in zip(values, found, strict=True) if row < 0]
        raise DataError(
            f"{path}: {len(absent)} values of '{name}' are not in the file, such as {absent[:5]}.",
            "The file belongs to other trials or stimuli: delete it and run again.",
        )
    return np.asarray(found, dtype=np.int64)
