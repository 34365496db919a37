"""The regions that hold each voxel: what the configuration's entries and atlases call it."""

from collections.abc import Iterable, Sequence

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.nsd.atlases import Atlases, needs_names
from afterimage.ingest.nsd.labels import with_whole
from afterimage.ingest.nsd.selection import Choice

REMEDY = "Download both again; they must come from the same release."


def regions_of(
    atlases: Atlases, selections: Sequence[Choice], named_by: Iterable[str], index: np.ndarray
) -> list[list[str]]:
    """Name the regions of some voxels.

    Where two atlases use one name, the later one's is written "<atlas>:<name>".

    Parameters
    ----------
    atlases : Atlases
    selections : sequence of Choice
        Name what they choose: "nsdgeneral", or the label "early".
    named_by : iterable of str
        Atlases of which every label is a region; V1v and V1d are V1 too.
    index : ndarray of int64, shape (v,)

    Returns
    -------
    list of list of str
        For each voxel its regions, then its hemisphere where that is known.

    Raises
    ------
    DataError
        If a label has no name.
    """
    regions = _Regions(len(index))
    for selection in selections:
        if not selection.is_brain:
            _name_selection(regions, atlases, selection, index)
    for atlas in named_by:
        _name_atlas(regions, atlases, atlas, index)
    for selection in selections:
        if selection.side:
            regions.add(atlases.chosen(selection)[index], selection.side, [selection.side])
    return [
        list(dict.fromkeys([*names, *side]))
        for names, side in zip(regions.rois, atlases.labels.side_names(index), strict=True)
    ]


class _Regions:
    def __init__(self, voxels: int) -> None:
        self.rois: list[list[str]] = [[] for _ in range(voxels)]
        self._owner: dict[str, str] = {}

    def add(self, inside: np.ndarray, atlas: str, names: Iterable[str]) -> None:
        owned = [
            name if self._owner.setdefault(name, atlas) == atlas else f"{atlas}:{name}"
            for name in names
        ]
        for row in np.flatnonzero(inside).tolist():
            self.rois[row] += owned


def _name_selection(
    regions: _Regions, atlases: Atlases, selection: Choice, index: np.ndarray
) -> None:
    values = atlases.labels.labels(selection.atlas, selection.side)[index]
    if selection.label is None:
        regions.add(values > 0, selection.atlas, [selection.atlas])
        return
    for number in atlases.numbers(selection):
        names = [f"{selection.atlas}:{number}"]
        if needs_names(selection):
            names = with_whole(atlases.names(selection.atlas)[number])
        regions.add(values == number, selection.atlas, names)


def _name_atlas(regions: _Regions, atlases: Atlases, atlas: str, index: np.ndarray) -> None:
    values, known = atlases.labels.labels(atlas, None)[index], atlases.names(atlas)
    for number in np.unique(values[values > 0]).tolist():
        if number not in known:
            raise DataError(
                f"{atlases.names_file(atlas)}: no name for label {number} of "
                f"{atlases.labels.file(atlas, None)}.",
                REMEDY,
            )
        regions.add(values == number, atlas, with_whole(known[number]))
