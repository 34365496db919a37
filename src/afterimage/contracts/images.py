"""Pictures are one Arrow file of keys and encoded PNG bytes, never a folder of files."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from afterimage.contracts.arrays import KEY_TYPES, find_rows
from afterimage.contracts.errors import DataError
from afterimage.contracts.files import written

CONTENT = "png"


def encode_png(image: np.ndarray) -> bytes:
    """Encode a picture without loss and without time stamps.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3) or (height, width)
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def decode_image(content: bytes) -> np.ndarray:
    """Decode PNG or JPEG bytes to uint8, shape (height, width, 3)."""
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))


class ImageWriter:
    """Stream pictures with their keys into one file.

    Parameters
    ----------
    path : Path or str
    keys : mapping of str to str
        Name and type of each key column.
    provenance : mapping
        JSON-serialisable, without times.
    """

    def __init__(
        self, path: Path | str, *, keys: Mapping[str, str], provenance: Mapping[str, Any]
    ) -> None:
        self.path = Path(path)
        self._keys = list(keys)
        header = {"provenance": dict(provenance)}
        self._schema = pa.schema(
            [
                *(pa.field(name, KEY_TYPES[kind], False) for name, kind in keys.items()),
                pa.field(CONTENT, pa.large_binary(), False),
            ],
            metadata={"afterimage.images": json.dumps(header, sort_keys=True)},
        )

    def __enter__(self) -> Self:
        self._whole = written(self.path)
        self._sink = pa.OSFile(str(self._whole.__enter__()), "wb")
        self._writer = pa.ipc.new_file(self._sink, self._schema)
        return self

    def write(self, keys: Mapping[str, Iterable], images: Sequence[np.ndarray]) -> None:
        """Append pictures; one record batch per call."""
        if len(images) == 0:
            return
        columns = [pa.array(list(keys[n]), self._schema.field(n).type) for n in self._keys]
        columns.append(pa.array([encode_png(image) for image in images], pa.large_binary()))
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._writer.close()
            self._sink.close()
        except BaseException as failure:
            self._whole.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._whole.__exit__(kind, error, trace)


class ImageFile:
    """A memory-mapped file of encoded pictures.

    Attributes
    ----------
    keys : DataFrame
    provenance : dict

    Raises
    ------
    DataError
        If the file is missing, truncated, or not such a file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(self.path), "r"))
            header = json.loads((reader.schema.metadata or {})[b"afterimage.images"])
            table = reader.read_all()
        except FileNotFoundError as error:
            raise DataError(f"{path}: the picture file is missing.", "Run snakemake.") from error
        except (pa.ArrowInvalid, pa.ArrowException, OSError, KeyError) as error:
            raise DataError(
                f"{path}: not a complete file of pictures ({error}); it may be truncated.",
                "Delete it and run snakemake again.",
            ) from error
        self.provenance: dict[str, Any] = header["provenance"]
        self.keys: pd.DataFrame = table.drop_columns([CONTENT]).to_pandas()
        self._content = table.column(CONTENT)

    def __len__(self) -> int:
        return len(self.keys)

    def encoded(self, row: int) -> bytes:
        """Return the PNG bytes of one row."""
        return self._content[int(row)].as_py()

    def image(self, row: int) -> np.ndarray:
        """Decode one row to uint8, shape (height, width, 3).

        Raises
        ------
        DataError
            If it is no picture, or says to be larger than any picture is.
        """
        try:
            return decode_image(self.encoded(row))
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(
                f"{self.path}, row {row}: not a readable picture ({error}).",
                "Delete the file and run snakemake again.",
            ) from error

    def rows(self, **key: Sequence) -> np.ndarray:
        """Return row numbers by key, as :meth:`ArrayFile.rows` does."""
        return find_rows(self.keys, self.path, **key)
