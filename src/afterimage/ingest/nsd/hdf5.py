"""Voxels out of an HDF5 file of betas, read where they lie and nowhere else.

MATLAB writes X x Y x Z x trials (or vertices x trials). The same bytes read in C order are
trials x Z x Y x X (or trials x vertices): that is what h5py shows.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.nsd.layout import BETA_KEY
from afterimage.ingest.own_values import refuse_foreign_values

REMEDY = "Download the session again."
# Of one reading; larger pieces are read in several of fewer trials.
PIECE_BYTES = 64 << 20
ROWS_AT_ONCE = 16

Box = tuple[slice, ...]


class Hdf5Betas:
    """An open HDF5 file of one session (of one hemisphere).

    Parameters
    ----------
    path : Path
    mask : ndarray of bool, shape (X, Y, Z) or (vertices,)

    Attributes
    ----------
    shape : tuple of int
        As MATLAB shows it: (X, Y, Z, trials) or (vertices, trials).
    dtype : dtype
        Of what is stored.
    """

    def __init__(self, path: Path, mask: np.ndarray) -> None:
        self.path, self.mask = path, mask

    def __enter__(self) -> Self:
        import h5py

        try:
            self._file = h5py.File(self.path, "r")
            if not isinstance(self._file.get(BETA_KEY), h5py.Dataset):
                found = sorted(self._file)
                self._file.close()
                raise DataError(f"{self.path}: no '{BETA_KEY}', only {found}.", REMEDY)
        except FileNotFoundError as error:
            raise DataError(f"{self.path}: the session is missing.", REMEDY) from error
        except OSError as error:
            raise _damaged(self.path, error) from error
        self._betas = self._file[BETA_KEY]
        refuse_foreign_values(self.path, self._betas)
        self.shape = self._betas.shape[::-1]
        self.dtype = self._betas.dtype
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, trials: slice) -> np.ndarray:
        """Return the stored values of some trials, shape (k, v), in the C order of the mask.

        Raises
        ------
        DataError
            If the file is damaged.
        """
        number = np.full(self.mask.shape, -1, dtype=np.int64)
        number[self.mask] = np.arange(np.count_nonzero(self.mask))
        number = number.transpose()
        voxels = np.count_nonzero(self.mask)
        gathered = np.empty((trials.stop - trials.start, voxels), self.dtype)
        found = np.empty(voxels, dtype=np.int64)
        done = 0
        try:
            for box in boxes(number >= 0, (self._betas.chunks or (1,))[1:]):
                here = number[box].ravel()
                inside = np.flatnonzero(here >= 0)
                inside = inside[np.argsort(here[inside])]
                columns = slice(done, done + len(inside))
                found[columns] = here[inside]
                for rows in _row_pieces(trials, here.size * self.dtype.itemsize):
                    piece = self._betas[(rows, *box)].reshape(-1, len(here))
                    into = slice(rows.start - trials.start, rows.stop - trials.start)
                    gathered[into, columns] = np.take(piece, inside, axis=1, mode="clip")
                done = columns.stop
        except OSError as error:
            raise _damaged(self.path, error) from error
        return _in_order(gathered, np.argsort(found))


def _in_order(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Reorder columns in place, some rows at a time: half the memory of ``values[:, order]``."""
    if (np.diff(order) == 1).all():
        return values
    for start in range(0, len(values), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        values[rows] = np.take(values[rows], order, axis=1, mode="clip")
    return values


def boxes(wanted: np.ndarray, chunks: tuple[int, ...]) -> Iterator[Box]:
    """Cut a grid into boxes of whole chunks that hold what is wanted and little else.

    Parameters
    ----------
    wanted : ndarray of bool
        At least one is true.
    chunks : tuple of int
        Size of the chunks along each axis; empty if the file has none: the whole grid is then one
        box, since its bytes lie together.

    Yields
    ------
    tuple of slice
        Neighbouring chunks along the last axis make one box, a row of a volume for example.
    """
    if not chunks:
        yield tuple(slice(0, size) for size in wanted.shape)
        return
    counts = [-(-size // chunk) for size, chunk in zip(wanted.shape, chunks, strict=True)]
    for places in product(*(range(count) for count in counts[:-1])):
        across = tuple(
            slice(place * chunk, (place + 1) * chunk)
            for place, chunk in zip(places, chunks[:-1], strict=True)
        )
        line = np.flatnonzero(wanted[across].reshape(-1, wanted.shape[-1]).any(axis=0))
        for first, last in _runs(np.unique(line // chunks[-1])):
            stop = min((last + 1) * chunks[-1], wanted.shape[-1])
            yield (*across, slice(first * chunks[-1], stop))


def _runs(numbers: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of ascending whole numbers."""
    for run in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
        if len(run):
            yield int(run[0]), int(run[-1])


def _row_pieces(trials: slice, trial_bytes: int) -> Iterator[slice]:
    rows = max(1, PIECE_BYTES // max(trial_bytes, 1))
    for start in range(trials.start, trials.stop, rows):
        yield slice(start, min(start + rows, trials.stop))


def _damaged(path: Path, error: Any) -> DataError:
    return DataError(f"{path}: not a complete HDF5 file ({error}).", REMEDY)
