"""Labels of the voxels of a volume, from NIfTI files.

Volumes are X x Y x Z. A voxel's index is its place in C order: that of ``volume.ravel()``.
"""

import gzip
import zlib
from itertools import product
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.geometry import Geometry
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.selection import BRAIN

REMEDY = "Download it again, all files of a subject from the same space."
SAME_MM = 1e-3
# What nibabel, gzip and zlib raise for files that are damaged.
DAMAGED = (OSError, EOFError, ValueError, gzip.BadGzipFile, zlib.error)


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
    except (ImageFileError, *DAMAGED) as error:
        raise DataError(f"{path}: not a complete NIfTI volume ({error}).", REMEDY) from error
    if volume.ndim != 3:
        raise ShapeError(f"{path}: a volume of shape {volume.shape}, not X x Y x Z.", REMEDY)
    return volume, image.affine


class VolumeLabels:
    """Labels of all voxels of one subject's volume; every file must have the same grid.

    Parameters
    ----------
    root : Path
    subject : str
    space : str
    """

    def __init__(self, root: Path, subject: str, space: layout.Space) -> None:
        self._root, self._subject, self._space = root, subject, space
        self._known: dict[str, np.ndarray] = {}
        self._first: tuple[Path, tuple[int, ...], np.ndarray] | None = None

    def brain(self, side: layout.Hemisphere | None) -> np.ndarray:
        """Return where the authors' liberal brain mask is above 0, shape (X * Y * Z,)."""
        assert side is None, "the brain mask of a volume has no sides"
        return self._read(layout.brain_mask_file(self._subject, self._space)) > 0

    def labels(self, atlas: str, side: layout.Hemisphere | None) -> np.ndarray:
        """Return the label of each voxel, shape (X * Y * Z,); 0 or less means none.

        Raises
        ------
        ShapeError
            If the file's grid is not that of the others.
        """
        named = f"{side}.{atlas}" if side else atlas
        (name,) = layout.atlas_files(self._subject, self._space, named)
        return self._read(name)

    def file(self, atlas: str, side: layout.Hemisphere | None) -> str:
        """Return the path of an atlas's labels, or of the brain mask, for messages."""
        if atlas == BRAIN:
            return str(self._root / layout.brain_mask_file(self._subject, self._space))
        named = f"{side}.{atlas}" if side else atlas
        return str(self._root / layout.atlas_files(self._subject, self._space, named)[0])

    def geometry(self) -> Geometry:
        """Return the grid of the files read so far."""
        path, shape, affine = self._grid()
        rows = tuple(tuple(float(value) for value in row) for row in affine)
        return Geometry("volume", shape, self._space, rows, _codes(path))

    def coordinates(self, index: np.ndarray) -> np.ndarray:
        """Return the middle of some voxels in mm, shape (v, 3)."""
        _, shape, affine = self._grid()
        places = np.stack(np.unravel_index(index, shape), axis=1)
        return places @ affine[:3, :3].T + affine[:3, 3]

    def masks(self, mask: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return a mask of all voxels as one for the one file of betas, shape (X, Y, Z)."""
        return (mask.reshape(self._grid()[1]),)

    def side_names(self, index: np.ndarray) -> list[list[str]]:
        """Return the hemisphere of each voxel: unknown."""
        return [[] for _ in index]

    def _grid(self) -> tuple[Path, tuple[int, ...], np.ndarray]:
        assert self._first is not None, "no file was read yet"
        return self._first

    def _read(self, name: str) -> np.ndarray:
        if name not in self._known:
            path = self._root / name
            volume, affine = read_volume(path)
            if self._first is None:
                self._first = path, volume.shape, affine
            _check_same_grid(path, volume.shape, affine, self._first)
            self._known[name] = _whole_numbers(volume).ravel()
        return self._known[name]


def _whole_numbers(volume: np.ndarray) -> np.ndarray:
    return np.nan_to_num(volume, nan=0.0).astype(np.int32)


def _check_same_grid(
    path: Path,
    shape: tuple[int, ...],
    affine: np.ndarray,
    first: tuple[Path, tuple[int, ...], np.ndarray],
) -> None:
    other, expected, placed = first
    if shape != expected:
        raise ShapeError(
            f"{path}: shape {shape}, but that of {other} is {expected}: the two are of different "
            "subjects or spaces.",
            REMEDY,
        )
    _check_same_place(path, shape, affine, str(other), placed)


def _check_same_place(
    path: Path, shape: tuple[int, ...], affine: np.ndarray, other: str, placed: np.ndarray
) -> None:
    corners = np.array([(*corner, 1) for corner in product(*((0, size - 1) for size in shape))])
    apart = float(np.abs(corners @ (affine - placed).T).max())
    if apart > SAME_MM:
        raise ShapeError(
            f"{path}: its affine places voxels up to {apart:.3g} mm away from where {other} does: "
            "the two are of different spaces.",
            REMEDY,
        )


def check_responses_place(path: Path, geometry: Geometry) -> None:
    """Check that a NIfTI file of responses lies where the masks do; other files hold no affine.

    Parameters
    ----------
    path : Path
        A damaged file is left to its reader.
    geometry : Geometry
        Of the masks.

    Raises
    ------
    ShapeError
        If its voxels lie elsewhere.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    if geometry.affine is None or not path.name.endswith((".nii", ".nii.gz")):
        return
    try:
        affine = nibabel.load(path).affine
    except (ImageFileError, *DAMAGED):
        return
    masks = "the mask of the voxels"
    _check_same_place(path, geometry.shape, affine, masks, np.array(geometry.affine))


def _codes(path: Path) -> tuple[int, int]:
    """Return NIfTI's sform and qform codes of a readable file."""
    import nibabel

    header = nibabel.load(path).header
    return int(header["sform_code"]), int(header["qform_code"])
