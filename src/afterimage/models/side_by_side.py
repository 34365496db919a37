"""Values of several array files side by side: feature spaces of one encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.arrays import ArrayFile
from afterimage.models.sources import JoinedRows, RowSource, StimulusRows


@dataclass(frozen=True)
class JoinedFiles:
    """Array files of the same stimuli, described like one file of flattened values.

    Attributes
    ----------
    files : tuple of ArrayFile
        With the key ``stimulus_id``, and ``fold`` if the values depend on the split.
    """

    files: tuple[ArrayFile, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one stimulus' values: all columns in a row."""
        return (sum(int(np.prod(file.shape, dtype=np.int64)) for file in self.files),)

    @property
    def dims(self) -> tuple[str, ...]:
        """Name of the dimension."""
        return ("column",)

    @property
    def unit(self) -> str:
        """The unit of all files, or none where they differ."""
        units = {file.unit for file in self.files}
        return units.pop() if len(units) == 1 else ""


class SideBySide:
    """Rows of several sources, each row joined with those of the same number.

    Parameters
    ----------
    sources : sequence of RowSource
        At least one; all of one length.
    """

    def __init__(self, sources: Sequence[RowSource]) -> None:
        self.widths = tuple(source.width for source in sources)
        self.width = sum(self.widths)
        self._sources = sources

    def __len__(self) -> int:
        return len(self._sources[0])

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows by number, shape (k, width)."""
        return np.concatenate([source.read(rows) for source in self._sources], axis=1)

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of rows by number; sources that have none of them are not read."""
        start, stop, _ = columns.indices(self.width)
        parts, first = [], 0
        for source in self._sources:
            own = slice(max(start - first, 0), min(stop - first, source.width))
            first += source.width
            if own.start < own.stop:
                parts.append(source.read_columns(rows, own))
        return np.concatenate(parts, axis=1)


def joined(files: Sequence[ArrayFile]) -> ArrayFile | JoinedFiles:
    """Return the only file, or all of them side by side."""
    return files[0] if len(files) == 1 else JoinedFiles(tuple(files))


def stimulus_rows(
    values: ArrayFile | JoinedFiles, stimulus_ids: Sequence[str], fold: int
) -> RowSource:
    """Return the values of stimuli as rows, whatever number of files they lie in."""
    if isinstance(values, ArrayFile):
        return StimulusRows(values, stimulus_ids, fold)
    return SideBySide([StimulusRows(file, stimulus_ids, fold) for file in values.files])


def space_widths(source: RowSource) -> tuple[int, ...]:
    """Return the number of columns of each feature space of a source."""
    if isinstance(source, JoinedRows):
        return space_widths(source.sources[0])
    return source.widths if isinstance(source, SideBySide) else (source.width,)
