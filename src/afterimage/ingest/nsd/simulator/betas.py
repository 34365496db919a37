"""Write single-trial betas and their noise ceilings in each of the published formats."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.simulated.brain import NOISE_PERCENT
from afterimage.ingest.simulated.ceilings import released_ncsnr
from afterimage.ingest.simulated.files import (
    Scratch,
    save_hdf5_columns,
    save_mgh,
    save_mgh_series,
    save_nifti,
    save_nifti_series,
)
from afterimage.ingest.simulated.grid import Grid, affine

COLUMNS_AT_ONCE = 8192
LARGEST = 32767


def whole_brain(
    percent: np.ndarray, columns: np.ndarray, grid: Grid, folder: Path, rng: np.random.Generator
) -> Scratch:
    """Add the voxels that respond to nothing, and round as the files do.

    Parameters
    ----------
    percent : ndarray, shape (n_trials, v)
        Betas of the sheet.
    columns : ndarray of int, shape (v,)
        Which of the brain's places those are.
    grid : Grid
    folder : Path
        Where the result lies.
    rng : Generator
        Of the noise of the other voxels.

    Returns
    -------
    Scratch of int16, shape (n_trials, n_brain)
        Percent signal change times 300.
    """
    kept = Scratch(folder, (len(percent), len(grid.brain)), np.int16)
    betas = kept.open()
    others = np.setdiff1d(np.arange(len(grid.brain)), columns)
    for start in range(0, len(others), COLUMNS_AT_ONCE):
        part = others[start : start + COLUMNS_AT_ONCE]
        noise = rng.standard_normal((len(percent), len(part)), dtype=np.float32)
        betas[:, part] = _stored(NOISE_PERCENT * noise)
    betas[:, columns] = _stored(percent)
    return kept


def write_betas(
    root: Path, config: NsdConfig, subject: str, session: int, betas: np.ndarray, grid: Grid
) -> None:
    """Write one session.

    Parameters
    ----------
    root, config, subject, session
    betas : ndarray of int16, shape (n_trials, n_brain)
    grid : Grid
    """
    form = config.file_format()
    paths = [
        root / path
        for path in layout.betas_files(subject, config.space, config.betas, session, form)
    ]
    if config.space in layout.VOLUMES:
        _write_volume(paths[0], config, betas, grid)
        return
    for path, columns in zip(paths, _halves(grid), strict=True):
        half = betas[:, columns]
        if form == "hdf5":
            # MATLAB writes vertices x trials.
            vertices = np.arange(half.shape[1])
            save_hdf5_columns(path, layout.BETA_KEY, half.shape, vertices, half)
        else:
            save_mgh_series(path, half.shape, (trial / layout.BETA_SCALE for trial in half))


def write_ncsnr(
    root: Path,
    config: NsdConfig,
    subject: str,
    sessions: Sequence[Scratch],
    pictures: Sequence[np.ndarray],
    grid: Grid,
) -> None:
    """Write the noise-ceiling SNR over all written sessions; zero outside of the brain."""
    ncsnr = released_ncsnr([kept.open for kept in sessions], pictures)
    paths = [root / path for path in layout.ncsnr_files(subject, config.space, config.betas)]
    if config.space in layout.VOLUMES:
        volume = np.zeros(grid.shape, dtype=np.float32)
        volume.ravel()[grid.brain] = ncsnr
        save_nifti(paths[0], volume, affine(grid.shape, layout.VOXEL_MM[config.space]))
        return
    for path, columns in zip(paths, _halves(grid), strict=True):
        save_mgh(path, ncsnr[columns])


def _write_volume(path: Path, config: NsdConfig, betas: np.ndarray, grid: Grid) -> None:
    if config.file_format() == "hdf5":
        # MATLAB writes X x Y x Z x trials; the same bytes read in C order are trials x Z x Y x X.
        turned = grid.shape[::-1]
        places = np.ravel_multi_index(np.unravel_index(grid.brain, grid.shape)[::-1], turned)
        save_hdf5_columns(path, layout.BETA_KEY, (len(betas), *turned), places, betas)
        return
    volume = np.zeros(grid.shape, dtype=np.int16)

    def placed(trial: np.ndarray) -> np.ndarray:
        volume.ravel()[grid.brain] = trial
        return volume

    spacing = affine(grid.shape, layout.VOXEL_MM[config.space])
    shape = (*grid.shape, len(betas))
    save_nifti_series(path, shape, spacing, 1.0, map(placed, betas))


def _stored(percent: np.ndarray) -> np.ndarray:
    return np.clip(np.round(percent * layout.BETA_SCALE), -LARGEST, LARGEST).astype(np.int16)


def _halves(grid: Grid) -> tuple[slice, slice]:
    left = grid.shape[0]
    return slice(0, left), slice(left, grid.size)
