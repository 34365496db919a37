"""Atlases of one subject: labels of every voxel or vertex, and the names of the labels."""

from pathlib import Path
from typing import Protocol

import numpy as np

from afterimage.contracts.geometry import Geometry
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.labels import numbers_of, read_names
from afterimage.ingest.nsd.selection import Choice
from afterimage.ingest.nsd.surfaces import SurfaceLabels
from afterimage.ingest.nsd.volumes import VolumeLabels

# Read for the number of vertices alone where a configuration names no atlas.
ANY_ATLAS = "nsdgeneral"


class Labels(Protocol):
    """Labels of all n voxels or vertices of a subject, in the order of their index."""

    def brain(self, side: layout.Hemisphere | None) -> np.ndarray:
        """Return where there is brain, bool of shape (n,)."""
        ...

    def labels(self, atlas: str, side: layout.Hemisphere | None) -> np.ndarray:
        """Return labels, int32 of shape (n,); 0 or less where there is none."""
        ...

    def file(self, atlas: str, side: layout.Hemisphere | None) -> str:
        """Return the path of an atlas, for messages."""
        ...

    def geometry(self) -> Geometry:
        """Return the grid."""
        ...

    def coordinates(self, index: np.ndarray) -> np.ndarray:
        """Return mm of shape (v, 3), NaN where unknown."""
        ...

    def masks(self, mask: np.ndarray) -> tuple[np.ndarray, ...]:
        """Cut a mask of shape (n,) into one per file of betas."""
        ...

    def side_names(self, index: np.ndarray) -> list[list[str]]:
        """Return the hemisphere of some of them, in lists that are empty where it is unknown."""
        ...


class Atlases:
    """Labels and names of a subject's atlases, each file read once.

    Parameters
    ----------
    root : Path
    config : NsdConfig
    subject : str
    """

    def __init__(self, root: Path, config: NsdConfig, subject: str) -> None:
        self._root, self._space, self._subject = root, config.space, subject
        self.labels: Labels
        if config.space in layout.VOLUMES:
            self.labels = VolumeLabels(root, subject, config.space)
        else:
            self.labels = SurfaceLabels(root, subject, config.space, atlases_read(config)[0])
        self._names: dict[str, dict[int, str]] = {}

    def names(self, atlas: str) -> dict[int, str]:
        """Return the name of each of an atlas's labels."""
        if atlas not in self._names:
            self._names[atlas] = read_names(self.names_file(atlas))
        return self._names[atlas]

    def names_file(self, atlas: str) -> Path:
        """Return the path of an atlas's names."""
        return self._root / layout.names_file(self._subject, self._space, atlas)

    def numbers(self, selection: Choice) -> list[int]:
        """Return the numbers that an entry's label stands for; a number stands for itself.

        Raises
        ------
        DataError
            If there is no such label, naming those that there are.
        """
        assert selection.label is not None, f"'{selection.text}' chooses a whole atlas"
        if needs_names(selection):
            where = str(self.names_file(selection.atlas))
            return numbers_of(selection.label, self.names(selection.atlas), where)
        values = self.labels.labels(selection.atlas, selection.side)
        present = {number: str(number) for number in np.unique(values[values > 0]).tolist()}
        where = self.labels.file(selection.atlas, selection.side)
        return numbers_of(selection.label, present, where)

    def chosen(self, selection: Choice) -> np.ndarray:
        """Return which voxels or vertices an entry chooses, bool of shape (n,)."""
        if selection.is_brain:
            return self.labels.brain(selection.side)
        values = self.labels.labels(selection.atlas, selection.side)
        return values > 0 if selection.label is None else np.isin(values, self.numbers(selection))


def atlases_read(config: NsdConfig) -> list[str]:
    """Return the atlases whose labels are read, each once, in the configuration's order."""
    chosen = [Choice.parse(text) for text in config.voxels]
    names = [one.atlas for one in chosen if not one.is_brain] + list(config.atlases)
    if not names and config.space not in layout.VOLUMES:
        names = [ANY_ATLAS]
    return list(dict.fromkeys(names))


def needs_names(selection: Choice) -> bool:
    """Return whether an entry's label is looked up in the table of the atlas's names."""
    return selection.label is not None and not selection.label.isdigit()
