"""Voxels out of a NIfTI or MGH file, whose trials (or volumes) follow one another.

The first axis varies fastest in these files, so that one trial's Z x Y x X values lie together and
a compressed file is read once from its beginning to its end.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd.volumes import DAMAGED

REMEDY = "Download it again."
# Of one reading; the trials of a volume are about 1.4 MB each.
PIECE_BYTES = 32 << 20
REST_BYTES = 1 << 20
SPATIAL_AXES = 3


class Frames:
    """An open file of trials or volumes.

    Parameters
    ----------
    path : Path
        ``.nii.gz``, ``.nii`` or ``.mgh``.
    mask : ndarray of bool, shape (X, Y, Z) or (vertices,)

    Attributes
    ----------
    shape : tuple of int
        (X, Y, Z, trials) or (vertices, trials).
    dtype : dtype
        Of the values: floats where the file's header scales them.
    """

    def __init__(self, path: Path, mask: np.ndarray) -> None:
        self.path, self.mask = path, mask

    def __enter__(self) -> Self:
        import nibabel
        from nibabel.arrayproxy import ArrayProxy
        from nibabel.filebasedimages import ImageFileError

        try:
            image = nibabel.load(self.path)
        except FileNotFoundError as error:
            raise DataError(f"{self.path}: the file is missing.", REMEDY) from error
        except (ImageFileError, *DAMAGED) as error:
            raise _damaged(self.path, error) from error
        if len(image.shape) != SPATIAL_AXES + 1:
            raise ShapeError(
                f"{self.path}: shape {image.shape}, not of several volumes one after another.",
                REMEDY,
            )
        shape = tuple(int(size) for size in image.shape)
        self.shape = (*self._flattened(shape[:SPATIAL_AXES]), shape[-1])
        lies = image.dataobj
        self.dtype = np.dtype(lies.dtype if (lies.slope, lies.inter) == (1, 0) else np.float32)
        # An own stream stays open between pieces, and its checksum can be compared at the end.
        compressed = self.path.suffix == ".gz"
        self._stream = gzip.open(self.path) if compressed else self.path.open("rb")
        spec = (lies.shape, lies.dtype, lies.offset, lies.slope, lies.inter)
        self._values = ArrayProxy(self._stream, spec, mmap=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, trials: slice) -> np.ndarray:
        """Return the values of some trials, shape (k, v), in the C order of the mask.

        Raises
        ------
        DataError
            If the file is damaged.
        """
        place = np.stack(np.nonzero(self.mask))
        # Place of each voxel among the values of one trial as they lie in the file.
        index = np.ravel_multi_index(tuple(place[::-1]), self.mask.shape[::-1])
        gathered = np.empty((trials.stop - trials.start, len(index)), self.dtype.newbyteorder("="))
        for rows in self._pieces(trials):
            piece = self._piece(rows)
            flat = piece.reshape(-1, piece.shape[-1], order="F").T
            into = slice(rows.start - trials.start, rows.stop - trials.start)
            gathered[into] = np.take(flat, index, axis=1, mode="clip")
        return gathered

    def _piece(self, rows: slice) -> np.ndarray:
        try:
            piece = np.asarray(self._values[..., rows])
            if rows.stop == self.shape[-1]:
                # At the end of a compressed file its checksum is compared.
                while self._stream.read(REST_BYTES):
                    pass
        except DAMAGED as error:
            raise _damaged(self.path, error) from error
        return piece

    def _flattened(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Drop the two empty axes of a surface's file."""
        surface = self.mask.ndim == 1 and places[1:] == (1, 1)
        return places[:1] if surface else places

    def _pieces(self, trials: slice) -> Iterator[slice]:
        frame_bytes = int(np.prod(self.shape[:-1], dtype=np.int64)) * self.dtype.itemsize
        rows = max(1, PIECE_BYTES // frame_bytes)
        for start in range(trials.start, trials.stop, rows):
            yield slice(start, min(start + rows, trials.stop))


def _damaged(path: Path, error: BaseException) -> DataError:
    return DataError(f"{path}: not a complete file of volumes ({error}).", REMEDY)
