"""Responses of one piece: shape, dimensions, and a stream of blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.contracts.geometry import Geometry
from afterimage.ingest.arrays.axes import Layout, default_axes
from afterimage.ingest.arrays.config import Responses
from afterimage.ingest.arrays.fields import Source
from afterimage.ingest.arrays.files import NIFTI, FileArray, load_nifti
from afterimage.ingest.arrays.sources import Place

# Float32 numbers per block: 64 MiB.
BLOCK = 2**24


@dataclass(frozen=True)
class OneArray:
    """One array of responses, its axes and its mask.

    Attributes
    ----------
    array : FileArray
    layout : Layout
    voxels : ndarray of bool or None
        Channels inside the mask, over the flattened volume.
    roi : str or None
    affine : ndarray, shape (4, 4), or None
        From voxel numbers to millimetres (NIfTI).
    """

    array: FileArray
    layout: Layout
    voxels: np.ndarray | None
    roi: str | None
    affine: np.ndarray | None

    @property
    def channels(self) -> int:
        """Number of channels inside the mask."""
        return self.layout.channels if self.voxels is None else int(self.voxels.sum())

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Read steps of the outer axis: shape (rows, *others, channels)."""
        block = self.layout.arrange(self.array.part(self.layout.outer, slice(start, stop)))
        return block if self.voxels is None else block[..., self.voxels]

    def geometry(self) -> Geometry | None:
        """Return the volume that the voxels are cut from, if the file says where it lies."""
        if self.affine is None or self.layout.channel_axes != ("x", "y", "z"):
            return None
        sizes = tuple(self.layout.shape[self.layout.axes.index(name)] for name in "xyz")
        affine = tuple(tuple(float(value) for value in row) for row in self.affine)
        return Geometry("volume", sizes, "native", affine)

    def xyz(self) -> np.ndarray | None:
        """Return millimetres of each voxel, shape (channels, 3), if the file says."""
        geometry = self.geometry()
        if geometry is None or self.affine is None:
            return None
        grid = np.indices(geometry.shape).reshape(3, -1).T
        grid = grid if self.voxels is None else grid[self.voxels]
        return grid @ self.affine[:3, :3].T + self.affine[:3, 3]


@dataclass(frozen=True)
class PieceResponses:
    """Responses of one piece: one array, or several side by side."""

    arrays: tuple[OneArray, ...]
    scale: float

    def geometry(self) -> Geometry | None:
        """Return the volume behind the channels, if they come from a single one."""
        return self.first.geometry() if len(self.arrays) == 1 else None

    def grid_index(self) -> np.ndarray | None:
        """Return each channel's place in that volume, in C order, shape (channels,)."""
        if self.geometry() is None:
            return None
        voxels = self.first.voxels
        return np.arange(self.channels) if voxels is None else np.flatnonzero(voxels)

    @property
    def first(self) -> OneArray:
        """The array that rows and dimensions are taken from."""
        return self.arrays[0]

    @property
    def n(self) -> int:
        """Number of rows: trials, or volumes of a series."""
        return self.first.layout.n

    @property
    def where(self) -> str:
        """File and key, for errors."""
        return self.first.array.where

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions of one response."""
        return self.first.layout.dims

    @property
    def channels(self) -> int:
        """Number of channels of all arrays."""
        return sum(one.channels for one in self.arrays)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one response."""
        return (*self.first.layout.item[:-1], self.channels)

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (first row, float32 responses of shape (rows, *shape)) in order."""
        layout = self.first.layout
        size = max(1, int(np.prod(self.shape)) * layout.inner)
        step = max(1, BLOCK // size)
        for start in range(0, layout.shape[layout.outer], step):
            stop = min(start + step, layout.shape[layout.outer])
            yield start * layout.inner, self.read(start, stop)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Read steps of the outer axis: float32, shape (rows, *shape)."""
        parts = [one.rows(start, stop) for one in self.arrays]
        block = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
        block = np.asarray(block, dtype=np.float32)
        return block * np.float32(self.scale) if self.scale != 1 else block


def open_responses(place: Place, responses: Responses, row: str) -> PieceResponses:
    """Open the responses of a piece without reading them.

    Parameters
    ----------
    row : str
        "trial", or "time" in a series.

    Raises
    ------
    ShapeError
        If axes and shape disagree, or joined arrays have different rows.
    DataError
        If there are no rows, or the values are not real numbers.
    """
    sources: list[Source] = list(responses.join) if responses.join else [responses]
    place = place.within(responses.file)
    arrays = tuple(_one(place, source, responses, row) for source in sources)
    first = arrays[0].layout
    for other in arrays[1:]:
        if (other.layout.n, other.layout.item[:-1]) != (first.n, first.item[:-1]):
            raise ShapeError(
                f"{other.array.where}: has {other.layout.n} trials (shape {other.array.shape}), "
                f"expected {first.n} as {arrays[0].array.where} has (shape "
                f"{arrays[0].array.shape}).",
                "Arrays under `join` describe the same trials; pieces that follow one another in "
                "time belong under `parts`, `sessions` or `runs`.",
            )
    return PieceResponses(arrays, responses.scale if responses.scale is not None else 1.0)


def _one(place: Place, source: Source, responses: Responses, row: str) -> OneArray:
    array = place.open(source, "responses")
    if np.dtype(array.dtype).kind not in "biuf":
        raise DataError(
            f"{array.where}: responses are of the type {array.dtype}, expected real numbers.",
            "Name the numeric array; of complex numbers save the real part or the magnitude.",
        )
    named = place.named(source) or ""
    nifti = named.lower().endswith(NIFTI)
    layout = _layout(array, responses, row, nifti)
    if 0 in array.shape:
        raise DataError(
            f"{array.where}: has the shape {array.shape}: no {row}s or no channels.",
            "Name the array that holds the responses, or correct the file.",
        )
    affine = np.asarray(load_nifti(place.root / named).affine) if nifti else None
    voxels = _mask(place, responses.mask, array, layout) if responses.mask else None
    return OneArray(array, layout, voxels, getattr(source, "roi", None), affine)


def _layout(array: FileArray, responses: Responses, row: str, nifti: bool) -> Layout:
    given = responses.axes
    axes = tuple(given) if given else default_axes(len(array.shape), row, nifti)
    if axes is None:
        example = {3: [row, "sensor", "time"], 4: ["x", "y", "z", row]}.get(
            len(array.shape), [row, "voxel", "..."]
        )
        raise ConfigError(
            f"{array.where}: responses have {len(array.shape)} axes, shape {array.shape}, and "
            "what they mean is not said.",
            "Name them under responses in the file's order, for example "
            f"`axes: [{', '.join(example)}]`.",
        )
    if len(axes) != len(array.shape):
        raise ShapeError(
            f"{array.where}: responses have the shape {array.shape}, expected {len(axes)} axes "
            f"({', '.join(axes)}).",
            "Correct `responses.axes`: one name per axis, in the file's order.",
        )
    together = ("stimulus", "repetition") if "repetition" in axes else ("stimulus",)
    return Layout(axes, array.shape, together if "stimulus" in axes else (row,))


def _mask(place: Place, source: Source, array: FileArray, layout: Layout) -> np.ndarray:
    mask = place.open(source, "responses.mask")
    if layout.channel_axes != ("x", "y", "z"):
        raise ConfigError(
            f"{array.where}: a mask is given, but the axes are {list(layout.axes)}.",
            "A mask needs axes x, y, z; to choose among voxels use `channels.keep`.",
        )
    sizes = tuple(layout.shape[layout.axes.index(name)] for name in "xyz")
    volume = mask.whole()
    volume = volume[..., 0] if volume.ndim == 4 and volume.shape[3] == 1 else volume
    if volume.shape != sizes:
        raise ShapeError(
            f"{mask.where}: mask has the shape {mask.shape}, expected {sizes} as {array.where}.",
            "Use a mask in the space of the responses.",
        )
    voxels = np.nan_to_num(volume.astype(float)).reshape(-1) != 0
    if not voxels.any():
        raise DataError(f"{mask.where}: mask is zero everywhere.", "Use another mask.")
    return voxels
