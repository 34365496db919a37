"""The noise-ceiling ratios that the authors of the Natural Scenes Dataset released."""

from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.volumes import DAMAGED
from afterimage.ingest.nsd.voxels import Voxels

REMEDY = "Download it again, or delete it: the comparison is then left out."


def read_released(root: Path, config: NsdConfig, subject: str, voxels: Voxels) -> np.ndarray | None:
    """Read the ratios of the voxels that are read.

    Parameters
    ----------
    root : Path
    config : NsdConfig
    subject : str
    voxels : Voxels

    Returns
    -------
    ndarray of float64, shape (v,), or None
        NaN where none was released; None without the files, or for time series.

    Raises
    ------
    DataError
        If a file is damaged.
    ShapeError
        If it is of another grid.
    """
    names = layout.ncsnr_files(subject, config.space, config.betas)
    if config.series is not None or not all((root / name).is_file() for name in names):
        return None
    parts = [_values(root / name, mask) for name, mask in zip(names, voxels.masks, strict=True)]
    return np.concatenate(parts)


def _values(path: Path, mask: np.ndarray) -> np.ndarray:
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        values = np.asarray(nibabel.load(path).dataobj, dtype=np.float64)
    except (ImageFileError, *DAMAGED) as error:
        raise DataError(f"{path}: not a complete file of ratios ({error}).", REMEDY) from error
    if values.squeeze().shape != mask.shape:
        raise ShapeError(
            f"{path}: shape {values.squeeze().shape}, but the masks have {mask.shape}.", REMEDY
        )
    return values.squeeze()[mask]
