"""Which voxels or vertices of a subject are read, where they lie and which regions hold them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.geometry import Geometry
from afterimage.ingest.nsd.atlases import Atlases
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.regions import regions_of
from afterimage.ingest.nsd.selection import Choice


@dataclass(frozen=True)
class Voxels:
    """The v voxels (or vertices) that are read, in the order of their index.

    Attributes
    ----------
    masks : tuple of ndarray of bool
        One per file of betas: (X, Y, Z), or (vertices,) of the left and of the right hemisphere.
    index : ndarray of int64, shape (v,)
        Place in the grid: see :class:`afterimage.contracts.geometry.Geometry`.
    millimetres : ndarray, shape (v, 3)
        NaN where coordinates are unknown.
    rois : list of list of str
    geometry : Geometry
    notes : list of str
    """

    masks: tuple[np.ndarray, ...]
    index: np.ndarray
    millimetres: np.ndarray
    rois: list[list[str]]
    geometry: Geometry
    notes: list[str]

    def channels(self) -> pd.DataFrame:
        """Return them in the columns of the table of channels."""
        table = pd.DataFrame({"channel": np.arange(len(self.index), dtype=np.int32)})
        table["name"] = None
        table["excluded"] = False
        table["reason"] = ""
        table["index"] = self.index
        table[["x", "y", "z"]] = self.millimetres
        table["rois"] = self.rois
        return table


def read_voxels(root: Path, config: NsdConfig, subject: str) -> Voxels:
    """Find the configured voxels of a subject.

    Parameters
    ----------
    root : Path
    config : NsdConfig
        Its ``voxels`` choose, as a union; its ``atlases`` name the regions.
    subject : str

    Returns
    -------
    Voxels

    Raises
    ------
    DataError
        If a file is missing or damaged, a label is unknown, or no voxel is left.
    ShapeError
        If two files have different grids.
    """
    atlases = Atlases(root, config, subject)
    selections = [Choice.parse(text) for text in config.voxels]
    chosen = [atlases.chosen(selection) for selection in selections]
    empty = [one.text for one, mask in zip(selections, chosen, strict=True) if not mask.any()]
    mask = np.logical_or.reduce(chosen)
    index = np.flatnonzero(mask)
    if not len(index):
        where = atlases.labels.file(selections[0].atlas, selections[0].side)
        raise DataError(
            f"{where}: no voxel of {subject} has a label above 0 among {list(config.voxels)}.",
            "Choose others under voxels, or download the atlas again.",
        )
    return Voxels(
        masks=atlases.labels.masks(mask),
        index=index,
        millimetres=atlases.labels.coordinates(index),
        rois=regions_of(atlases, selections, config.atlases, index),
        geometry=atlases.labels.geometry(),
        notes=[f"No voxel of {subject} belongs to '{text}'." for text in empty],
    )
