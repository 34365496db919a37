"""Results per channel, back in the space of the files that the recording came from."""

import gzip
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.files import write_bytes
from afterimage.contracts.geometry import Geometry

HEMISPHERES = ("lh", "rh")


def write_maps(
    folder: Path | str, geometry: Geometry | None, channels: pd.DataFrame, scores: pd.DataFrame
) -> list[str]:
    """Write each column of a table of scores as a map.

    Parameters
    ----------
    folder : Path or str
        Made anew. Volumes become ``<column>.nii.gz`` with the affine and its codes from the source,
        surfaces ``lh.<column>.mgh`` and ``rh.<column>.mgh``, vertex by vertex.
    geometry : Geometry or None
        Of the recording; without one there is nothing to go back to, and the folder is empty.
    channels : DataFrame
        In the columns of CHANNELS.
    scores : DataFrame
        ``step``, ``channel`` and any number of columns of numbers. Where there is no score, a map
        is NaN. Several steps become the last dimension of a map.

    Returns
    -------
    list of str
        Names of the files.
    """
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if geometry is None:
        return []
    written = []
    index = channels.set_index("channel")["index"]
    for name in scores.columns.drop(["step", "channel"]):
        values = scores.pivot(index="step", columns="channel", values=name)
        place = index.loc[values.columns].to_numpy(dtype=np.int64)
        grid = np.stack([fill(geometry, place, step) for step in values.to_numpy()], axis=-1)
        for file, content in _files(geometry, str(name), grid).items():
            write_bytes(folder / file, content)
            written.append(file)
    return written


def fill(geometry: Geometry, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Put values at their places; NaN elsewhere.

    Parameters
    ----------
    geometry : Geometry
    index : ndarray of int, shape (n,)
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray of float32
        (X, Y, Z) of a volume, (left + right vertices,) of a surface.

    Raises
    ------
    ShapeError
        If an index leaves the grid.
    """
    size = int(np.prod(geometry.shape)) if geometry.kind == "volume" else sum(geometry.shape)
    if len(index) and (index.min() < 0 or index.max() >= size):
        raise ShapeError(
            f"channels: index {int(index.max())} is outside of {geometry.space}, which has "
            f"{size} places.",
            "The table of channels belongs to another recording: delete it and run again.",
        )
    grid = np.full(size, np.nan, dtype=np.float32)
    grid[index] = values
    return grid.reshape(geometry.shape) if geometry.kind == "volume" else grid


def _files(geometry: Geometry, name: str, grid: np.ndarray) -> Mapping[str, bytes]:
    if geometry.kind == "volume":
        return {f"{name}.nii.gz": _nifti(geometry, grid[..., 0] if grid.shape[-1] == 1 else grid)}
    halves = np.split(grid, [geometry.shape[0]])
    return {
        f"{side}.{name}.mgh": _mgh(half) for side, half in zip(HEMISPHERES, halves, strict=True)
    }


def _nifti(geometry: Geometry, volume: np.ndarray) -> bytes:
    import nibabel

    affine = np.array(geometry.affine)
    image = nibabel.Nifti1Image(volume, affine)
    image.set_sform(affine, code=geometry.codes[0])
    image.set_qform(affine, code=geometry.codes[1])
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), mtime=0)


def _mgh(vertices: np.ndarray) -> bytes:
    import nibabel

    frames = vertices[:, None, None, :]
    image = nibabel.freesurfer.MGHImage(
        frames[..., 0] if frames.shape[-1] == 1 else frames, np.eye(4)
    )
    content: bytes = image.to_bytes()
    return content
