"""Labels of the vertices of two cortical surfaces, from FreeSurfer's files.

A vertex's index is its number, the right hemisphere's counted on after the left one's.
"""

from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.geometry import Geometry
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.volumes import DAMAGED

REMEDY = "Download it again, all files of a subject from the same space."


def read_labels(path: Path) -> np.ndarray:
    """Read one hemisphere's labels.

    Parameters
    ----------
    path : Path
        An ``.mgz`` file of (vertices, 1, 1) values.

    Returns
    -------
    ndarray of int32, shape (vertices,)

    Raises
    ------
    DataError
        If the file is missing, damaged or no surface.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        values = np.asarray(nibabel.load(path).dataobj)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is missing.", REMEDY) from error
    except (ImageFileError, *DAMAGED) as error:
        raise DataError(f"{path}: not a complete MGZ file ({error}).", REMEDY) from error
    if values.size != values.shape[0]:
        raise ShapeError(f"{path}: shape {values.shape}, not one value per vertex.", REMEDY)
    return np.nan_to_num(values.ravel(), nan=0.0).astype(np.int32)


def read_vertices(path: Path) -> np.ndarray:
    """Read the coordinates of a surface's vertices in mm, shape (vertices, 3)."""
    from nibabel.freesurfer import read_geometry

    try:
        return np.asarray(read_geometry(path)[0])
    except (*DAMAGED, IndexError) as error:
        raise DataError(f"{path}: not a complete surface ({error}).", REMEDY) from error


class SurfaceLabels:
    """Labels of all vertices of one subject's surfaces.

    Parameters
    ----------
    root : Path
    subject : str
    space : str
    atlas : str
        One that exists: it tells the number of vertices.
    """

    def __init__(self, root: Path, subject: str, space: layout.Space, atlas: str) -> None:
        self._root, self._subject, self._space = root, subject, space
        self._sizing = atlas
        self._known: dict[str, tuple[np.ndarray, ...]] = {}
        self._first: tuple[str, tuple[int, ...]] | None = None

    def brain(self, side: layout.Hemisphere | None) -> np.ndarray:
        """Return true for every vertex of one or both hemispheres, shape (vertices,)."""
        return self._on_side([np.ones(n, dtype=bool) for n in self._vertices()], side)

    def labels(self, atlas: str, side: layout.Hemisphere | None) -> np.ndarray:
        """Return the label of each vertex, shape (vertices,); 0 off the chosen side.

        Raises
        ------
        ShapeError
            If the file's number of vertices is not that of the others.
        """
        return self._on_side(list(self._read(atlas)), side)

    def file(self, atlas: str, side: layout.Hemisphere | None) -> str:
        """Return the path of an atlas's labels, for messages."""
        names = layout.atlas_files(self._subject, self._space, atlas)
        return str(self._root / names[1 if side == "rh" else 0])

    def geometry(self) -> Geometry:
        """Return the number of vertices of both hemispheres."""
        return Geometry("surface", self._vertices(), self._space)

    def coordinates(self, index: np.ndarray) -> np.ndarray:
        """Return the place of some vertices in mm, shape (v, 3); NaN without the surfaces."""
        paths = [self._root / name for name in layout.surface_files(self._subject, self._space)]
        if not all(path.is_file() for path in paths):
            return np.full((len(index), 3), np.nan)
        both = [read_vertices(path) for path in paths]
        for path, vertices, expected in zip(paths, both, self._vertices(), strict=True):
            if len(vertices) != expected:
                raise ShapeError(
                    f"{path}: {len(vertices)} vertices, but the labels have {expected}.", REMEDY
                )
        return np.concatenate(both)[index]

    def masks(self, mask: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return a mask of all vertices as one for each hemisphere, left first."""
        left = self._vertices()[0]
        return mask[:left], mask[left:]

    def side_names(self, index: np.ndarray) -> list[list[str]]:
        """Return the hemisphere of each vertex."""
        left, right = layout.HEMISPHERES
        return [[left] if number < self._vertices()[0] else [right] for number in index.tolist()]

    def _vertices(self) -> tuple[int, ...]:
        if self._first is None:
            self._read(self._sizing)
        assert self._first is not None
        return self._first[1]

    def _read(self, atlas: str) -> tuple[np.ndarray, ...]:
        if atlas not in self._known:
            names = layout.atlas_files(self._subject, self._space, atlas)
            both = tuple(read_labels(self._root / name) for name in names)
            found = tuple(len(labels) for labels in both)
            if self._first is None:
                self._first = names[0], found
            other, expected = self._first
            if found != expected:
                raise ShapeError(
                    f"{self._root / names[0]}: {found} vertices (left, right), but "
                    f"{self._root / other} has {expected}: the two are of different surfaces.",
                    REMEDY,
                )
            self._known[atlas] = both
        return self._known[atlas]

    def _on_side(self, both: list[np.ndarray], side: layout.Hemisphere | None) -> np.ndarray:
        parts = [
            values if side in (None, name) else np.zeros_like(values)
            for name, values in zip(layout.HEMISPHERES, both, strict=True)
        ]
        return np.concatenate(parts)
