"""Single-trial betas of the Natural Scenes Dataset, one session at a time."""

from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd_layout import BETA_KEY, BETA_SCALE

REMEDY = "Download the session again; the mask and trials_per_session must belong to it."


def read_betas(path: Path, mask: np.ndarray, trials: int) -> np.ndarray:
    """Read the voxels of a mask from one session.

    The file was written by MATLAB as X x Y x Z x trials, so that h5py sees
    trials x Z x Y x X; the mask is X x Y x Z. Voxels come in the C order of the mask.

    Parameters
    ----------
    path : Path
    mask : ndarray of bool, shape (X, Y, Z)
    trials : int
        The expected number.

    Returns
    -------
    ndarray of float32, shape (trials, v)
        Percent signal change.

    Raises
    ------
    DataError
        If the file is missing, truncated, of another shape or type, naming the file.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if BETA_KEY not in file:
                raise DataError(f"{path}: no '{BETA_KEY}', only {sorted(file)}.", REMEDY)
            betas = file[BETA_KEY]
            _check(path, betas.shape, betas.dtype, (trials, *mask.shape[::-1]))
            return _gather(betas, mask)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the session is missing.", REMEDY) from error
    except OSError as error:
        raise DataError(f"{path}: not a complete HDF5 file ({error}).", REMEDY) from error


def _gather(betas: "h5py.Dataset", mask: np.ndarray) -> np.ndarray:  # type: ignore[name-defined] # noqa: F821
    """Read slice by slice: a session of the real data is 1 GB, its visual cortex 47 MB."""
    x, y, z = np.nonzero(mask)
    gathered = np.empty((betas.shape[0], len(x)), dtype=np.float32)
    rows = slice(int(y.min()), int(y.max()) + 1)
    columns = slice(int(x.min()), int(x.max()) + 1)
    for level in np.unique(z):
        piece = betas[:, int(level), rows, columns]
        voxels = np.flatnonzero(z == level)
        gathered[:, voxels] = piece[:, y[voxels] - rows.start, x[voxels] - columns.start]
    gathered /= BETA_SCALE
    return gathered


def _check(path: Path, shape: tuple[int, ...], dtype: np.dtype, expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ShapeError(
            f"{path}: '{BETA_KEY}' is {shape} (trials x Z x Y x X), but trials_per_session and "
            f"the mask ask for {expected}.",
            REMEDY,
        )
    if dtype.kind != "i":
        raise DataError(
            f"{path}: '{BETA_KEY}' is {dtype}, not integers of percent x {BETA_SCALE}.", REMEDY
        )
