"""Masks and regions of the Natural Scenes Dataset.

Volumes are X x Y x Z. A voxel is a channel, and the channels are in the C order of the X x Y x Z
mask: the order of ``volume[mask]``.
"""

import gzip
import re
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError

REMEDY = "Download it again, all files of a subject from the same space."


def read_volume(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a NIfTI volume.

    Parameters
    ----------
    path : Path

    Returns
    -------
    volume : ndarray, shape (X, Y, Z)
    affine : ndarray, shape (4, 4)
        From voxel numbers to mm.

    Raises
    ------
    DataError
        If the file is missing, truncated, or no volume.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        image = nibabel.load(path)
        volume = np.asarray(image.dataobj)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing.", REMEDY) from error
    except (ImageFileError, OSError, EOFError, ValueError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not a complete NIfTI volume ({error}).", REMEDY) from error
    if volume.ndim != 3:
        raise ShapeError(f"{path}: a volume of shape {volume.shape}, not X x Y x Z.", REMEDY)
    return volume, image.affine


def voxels_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the voxels of a mask: where its label is above 0.

    Parameters
    ----------
    path : Path
        Of the mask's volume.

    Returns
    -------
    mask : ndarray of bool, shape (X, Y, Z)
    millimetres : ndarray, shape (v, 3)
        Coordinates of the voxels, in the C order of the mask.
    """
    volume, affine = read_volume(path)
    mask = volume > 0
    if not mask.any():
        raise DataError(f"{path}: no voxel has a label above 0.", REMEDY)
    return mask, np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]


def regions_of(path: Path, names: Path, mask: np.ndarray) -> list[list[str]]:
    """Name the region of each voxel of a mask.

    Parameters
    ----------
    path : Path
        Of the atlas's volume.
    names : Path
        Of the names of its labels.
    mask : ndarray of bool, shape (X, Y, Z)

    Returns
    -------
    list of list of str
        For each voxel none, one or two names: the ventral and dorsal parts V1v and V1d are V1 too.
    """
    volume, _ = read_volume(path)
    if volume.shape != mask.shape:
        raise ShapeError(f"{path}: shape {volume.shape}, but the mask's is {mask.shape}.", REMEDY)
    known = read_names(names)
    named = {label: _with_whole(name) for label, name in known.items() if label > 0}
    labels = volume[mask].astype(np.int64).tolist()
    unknown = sorted({label for label in labels if label > 0 and label not in named})
    if unknown:
        raise DataError(f"{names}: no name for label {unknown[0]} of {path}.", REMEDY)
    return [named[label] if label > 0 else [] for label in labels]


def read_names(path: Path) -> dict[int, str]:
    """Read the names of an atlas's labels: a number and a name in each line.

    Parameters
    ----------
    path : Path
        A ``.ctab`` file; stray tabs and colours after the name are dropped.
    """
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        return {int(parts[0]): parts[1] for parts in lines if parts and parts[0] != "#"}
    except OSError as error:
        raise DataError(f"{path}: the file is missing or unreadable.", REMEDY) from error
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: not a list of label numbers and names.", REMEDY) from error


def _with_whole(name: str) -> list[str]:
    part = re.fullmatch(r"(V\d)[vd]", name)
    return [part[1], name] if part else [name]
