"""Writers of raw files that give the same bytes for the same values: no times, no host names.

Large files are written from an iterator, so that memory does not grow with their length.
"""

import gzip
import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import IO, Any

import numpy as np

from afterimage.contracts.files import write_bytes, written

MAT_HEADER_BYTES = 116
# Noise hardly shrinks: the least effort is as good as the largest, and many times faster.
FAST, SMALL = 1, 9
CHUNKS_AT_ONCE = 8192


class Scratch:
    """An array on disk, for what would fill the memory; it vanishes with the process.

    Parameters
    ----------
    folder : Path
    shape : tuple of int
    dtype : type
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], dtype: type) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open as long as this is
        self._file.truncate(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        self.shape, self.dtype = shape, dtype

    def open(self) -> np.ndarray:
        """Return the array; what was touched of it stays in memory until nobody holds it."""
        return np.memmap(self._file, self.dtype, mode="r+", shape=self.shape)


@contextmanager
def gzipped(path: Path, level: int = SMALL) -> Iterator[gzip.GzipFile]:
    """Give a stream whose content takes the place of a file when it is complete."""
    with (
        written(path) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile("", "wb", level, raw, mtime=0) as stream,
    ):
        yield stream


def save_hdf5_rows(
    path: Path, key: str, shape: tuple[int, ...], rows: np.ndarray, values: Iterable[np.ndarray]
) -> None:
    """Write some rows of an array, one to a chunk; others are zero and take no place on disk.

    Parameters
    ----------
    path, key
    shape : tuple of int
        Of the whole array.
    rows : ndarray of int, shape (n,)
        Ascending.
    values : iterable of n ndarrays of uint8, shape (*shape[1:],)
    """
    with written(path) as temporary, _new_hdf5(temporary) as file:
        chunks = (1, *shape[1:])
        data = file.create_dataset(key, shape, np.uint8, chunks=chunks, track_times=False)
        for row, value in zip(rows.tolist(), values, strict=True):
            data[row] = value


def save_hdf5_columns(
    path: Path, key: str, shape: tuple[int, ...], places: np.ndarray, values: np.ndarray
) -> None:
    """Write an array of which one chunk is the first axis at one place of the others.

    Parameters
    ----------
    path, key
    shape : tuple of int
        Of the whole array; places that are not given are filled with zeros.
    places : ndarray of int, shape (n,)
        In C order of the axes after the first; any order.
    values : ndarray, shape (shape[0], n)
    """
    indices = product(*map(range, shape[1:]))
    total = int(np.prod(shape[1:]))
    with written(path) as temporary, _new_hdf5(temporary) as file:
        chunks = (shape[0], *[1] * (len(shape) - 1))
        data = file.create_dataset(key, shape, values.dtype, chunks=chunks, track_times=False)
        for start in range(0, total, CHUNKS_AT_ONCE):
            inside = np.flatnonzero((places >= start) & (places < start + CHUNKS_AT_ONCE))
            block = np.zeros((min(CHUNKS_AT_ONCE, total - start), shape[0]), dtype=values.dtype)
            block[places[inside] - start] = values[:, inside].T
            # Past HDF5's own scattering of a block over chunks, which is three times slower.
            for chunk, index in zip(block, indices, strict=False):
                data.id.write_direct_chunk((0, *index), chunk)


def save_nifti(path: Path, volume: np.ndarray, affine: np.ndarray) -> None:
    """Write a volume, gzipped."""
    import nibabel

    image = nibabel.Nifti1Image(volume, affine)
    write_bytes(path, gzip.compress(image.to_bytes(), mtime=0))


def save_nifti_series(
    path: Path,
    shape: tuple[int, ...],
    affine: np.ndarray,
    seconds: float,
    volumes: Iterable[np.ndarray],
) -> None:
    """Write volumes of int16 one after another, gzipped.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        X, Y, Z and the number of volumes.
    affine : ndarray, shape (4, 4)
    seconds : float
        Between two volumes.
    volumes : iterable of ndarray, shape (X, Y, Z)
    """
    import nibabel

    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(shape)
    header.set_sform(affine, code="aligned")
    header.set_qform(affine, code="aligned")
    header.set_zooms((*header.get_zooms()[:3], seconds))
    header.set_xyzt_units("mm", "sec")
    header.set_slope_inter(1, 0)
    header["vox_offset"] = header.single_vox_offset
    header["magic"] = header.single_magic
    with gzipped(path, FAST) as stream:
        stream.write(header.binaryblock)
        stream.write(bytes(header.single_vox_offset - len(header.binaryblock)))
        for volume in volumes:
            stream.write(volume.astype("<i2").tobytes(order="F"))


def save_mgh(path: Path, values: np.ndarray) -> None:
    """Write one value per vertex; gzipped if the name ends in "mgz"."""
    content = io.BytesIO()
    _write_mgh(content, (len(values), 1, 1, 1), values.dtype, [values])
    packed = path.suffix == ".mgz"
    write_bytes(path, gzip.compress(content.getvalue(), mtime=0) if packed else content.getvalue())


def save_mgh_series(path: Path, shape: tuple[int, int], frames: Iterable[np.ndarray]) -> None:
    """Write a vertices x 1 x 1 x frames file of float32.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        Numbers of frames and of vertices.
    frames : iterable of ndarray, shape (n_vertices,)
    """
    with written(path) as temporary, temporary.open("wb") as stream:
        _write_mgh(stream, (shape[1], 1, 1, shape[0]), np.dtype(np.float32), frames)


def save_surface(path: Path, points: np.ndarray, triangles: np.ndarray) -> None:
    """Write a FreeSurfer surface."""
    from nibabel.freesurfer import write_geometry

    with written(path) as temporary:
        write_geometry(temporary, points, triangles, create_stamp="simulated by Afterimage")


def save_mat(path: Path, variables: dict[str, np.ndarray]) -> None:
    """Write a MATLAB 5 file."""
    from scipy.io import savemat

    stream = io.BytesIO()
    savemat(stream, variables)
    # The header tells platform and date; 116 bytes of text are free to say something else.
    header = b"MATLAB 5.0 MAT-file, simulated by Afterimage".ljust(MAT_HEADER_BYTES)
    write_bytes(path, header + stream.getvalue()[MAT_HEADER_BYTES:])


def _new_hdf5(path: Path) -> Any:
    import h5py

    return h5py.File(path, "w", libver=("earliest", "v110"))


def _write_mgh(
    stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, frames: Iterable[np.ndarray]
) -> None:
    from nibabel.freesurfer.mghformat import MGHHeader

    header = MGHHeader()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    start = io.BytesIO()
    header.writehdr_to(start)
    stream.write(start.getvalue().ljust(header.get_data_offset(), b"\0"))
    for frame in frames:
        stream.write(frame.astype(dtype.newbyteorder(">")).tobytes())
    header.writeftr_to(stream)
