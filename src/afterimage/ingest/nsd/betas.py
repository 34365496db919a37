"""Single-trial betas of the Natural Scenes Dataset, one session at a time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd.frames import Frames
from afterimage.ingest.nsd.hdf5 import Hdf5Betas
from afterimage.ingest.nsd.layout import BETA_SCALE

REMEDY = "Download the session again; space, subject and trials_per_session must belong to it."
# Stored values that are held at a time. A file whose voxels lie apart is read several times if
# the chosen voxels of a session are more: 1.8 mm volumes are not, a 1 mm brain is.
HELD_BYTES = 512 << 20
BLOCK_BYTES = 32 << 20


def read_betas(
    files: Sequence[Path], masks: Sequence[np.ndarray], trials: int
) -> Iterator[np.ndarray]:
    """Read the voxels of a mask from one session, in blocks of trials.

    Integers are percent signal change times 300, floats are percent. Voxels come in the C order
    of the mask, the left hemisphere's before the right one's. A voxel that had no data in the
    session is 0 in all trials, as published.

    Parameters
    ----------
    files : sequence of Path
        ``.hdf5``, ``.nii.gz`` or ``.mgh``: one volume, or one file per hemisphere.
    masks : sequence of ndarray of bool, shape (X, Y, Z) or (vertices,)
        One per file; a file is not touched if nothing in it is wanted.
    trials : int
        The expected number.

    Yields
    ------
    ndarray of float32, shape (k, v)
        Percent signal change of the next k trials.

    Raises
    ------
    ShapeError
        If a file has another shape.
    DataError
        If a file is missing, truncated, of another type, or holds no data.
    """
    wanted = [(path, mask) for path, mask in zip(files, masks, strict=True) if mask.any()]
    with ExitStack() as stack:
        sources = [_open(path, mask) for path, mask in wanted]
        for source in sources:
            stack.enter_context(source)
            _check(source, trials)
        empty = True
        for rows in _parts(trials, sum(_trial_bytes(source) for source in sources), HELD_BYTES):
            stored = [source.read(rows) for source in sources]
            for block in _percent(stored):
                empty = empty and not (np.abs(block) > 0).any()
                yield block
        if empty:
            names = ", ".join(str(path) for path, _ in wanted)
            raise DataError(f"{names}: every chosen voxel is 0 or NaN in all trials.", REMEDY)


def _open(path: Path, mask: np.ndarray) -> Hdf5Betas | Frames:
    return Hdf5Betas(path, mask) if path.suffix == ".hdf5" else Frames(path, mask)


def _check(source: Hdf5Betas | Frames, trials: int) -> None:
    expected = (*source.mask.shape, trials)
    axes = "X x Y x Z x trials" if source.mask.ndim > 1 else "vertices x trials"
    if source.shape[:-1] != expected[:-1]:
        raise ShapeError(
            f"{source.path}: {source.shape} ({axes}), but the mask asks for {expected}: betas of "
            "another subject or space.",
            REMEDY,
        )
    if source.shape != expected:
        raise ShapeError(
            f"{source.path}: {source.shape[-1]} trials, but trials_per_session is {trials}.",
            REMEDY,
        )
    if source.dtype.kind not in "if":
        raise DataError(
            f"{source.path}: {source.dtype}, neither integers of percent x {BETA_SCALE} nor "
            "floats of percent.",
            REMEDY,
        )


def _trial_bytes(source: Hdf5Betas | Frames) -> int:
    return int(np.count_nonzero(source.mask)) * source.dtype.itemsize


def _percent(stored: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Turn stored values, shape (k, v) of each file, into percent, some trials at a time."""
    voxels = sum(part.shape[1] for part in stored)
    single = np.dtype(np.float32)
    for rows in _parts(len(stored[0]), voxels * single.itemsize, BLOCK_BYTES):
        block = np.empty((rows.stop - rows.start, voxels), single)
        start = 0
        for part in stored:
            into = block[:, start : start + part.shape[1]]
            into[...] = part[rows]
            if part.dtype.kind == "i":
                into /= BETA_SCALE
            start += part.shape[1]
        yield block


def _parts(trials: int, trial_bytes: int, most: int) -> Iterator[slice]:
    rows = max(1, most // max(trial_bytes, 1))
    for start in range(0, trials, rows):
        yield slice(start, min(start + rows, trials))
