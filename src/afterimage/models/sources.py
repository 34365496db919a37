"""Where the rows of a model come from: memory-mapped files, read only when asked for."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import ConfigError, ShapeError
from afterimage.models.average import Samples, averaged
from afterimage.models.checks import require_finite
from afterimage.models.flat import flattened
from afterimage.models.preparation import Preparation

BLOCK_ROWS = 512


class RowSource(Protocol):
    """Rows of float32, read by number."""

    width: int

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows, shape (k, width)."""
        ...

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of the rows, shape (k, columns)."""
        ...


class ResponseRows:
    """Responses of samples: kept channels, prepared, averaged over a sample's trials.

    Parameters
    ----------
    file : ArrayFile
        Responses with the key ``trial_id``; channels are the last dimension.
    samples : Samples
    channels : ndarray of int, shape (v,)
        The channels that models may use.
    preparation : Preparation
    """

    def __init__(
        self,
        file: ArrayFile,
        samples: Samples,
        channels: np.ndarray,
        preparation: Preparation,
    ) -> None:
        self.file = file
        self.samples = samples
        self.channels = channels
        self.preparation = preparation
        self.width = response_width(file, channels)
        self._rows = file.rows(trial_id=samples.trials["trial_id"].tolist())

    def __len__(self) -> int:
        return len(self.samples)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return samples by number, shape (k, width), a bounded number of trials at a time."""
        return self.read_columns(rows, slice(0, self.width))

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of samples; all of them are read and prepared."""
        size = len(range(*columns.indices(self.width)))
        result = np.empty((len(rows), size), dtype=np.float32)
        for start in range(0, len(rows), BLOCK_ROWS):
            part = np.asarray(rows)[start : start + BLOCK_ROWS]
            result[start : start + len(part)] = self._read_block(part)[:, columns]
        return result

    def _read_block(self, samples: np.ndarray) -> np.ndarray:
        members = self.samples.members(samples)
        values = read_channels(self.file, self._rows[members], self.channels)
        require_finite(values, f"{self.file.path}")
        values = self.preparation.apply(values, self.samples.trials.iloc[members])
        return averaged(values, self.samples.counts[samples])


class StimulusRows:
    """Values that belong to the stimulus of each sample: features, targets.

    Parameters
    ----------
    file : ArrayFile
        With the key ``stimulus_id``, and ``fold`` if the values depend on the split.
    stimulus_ids : sequence of str
        The stimulus of each row.
    fold : int
        Which fold's values, if the file has any.
    """

    def __init__(self, file: ArrayFile, stimulus_ids: Sequence[str], fold: int) -> None:
        self.file = file
        self.width = int(np.prod(file.shape, dtype=np.int64))
        self._rows = file.stimulus_rows(stimulus_ids, fold)

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows by number, shape (k, width)."""
        return self.read_columns(rows, slice(0, self.width))

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some values of rows by number; the others are not read."""
        values = self.file.read_columns(self._rows[rows], columns)
        require_finite(values, f"{self.file.path}")
        return values.astype(np.float32, copy=False)


class JoinedRows:
    """Rows of several sources, one after the other.

    Parameters
    ----------
    sources : sequence of RowSource
        At least one; all of one width.
    """

    def __init__(self, sources: Sequence[RowSource]) -> None:
        self.sources = sources
        self.width = sources[0].width
        self._ends = np.cumsum([len(source) for source in sources])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows by number, shape (k, width)."""
        return self.read_columns(rows, slice(0, self.width))

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of rows by number."""
        rows = np.asarray(rows)
        size = len(range(*columns.indices(self.width)))
        result = np.empty((len(rows), size), dtype=np.float32)
        owner = np.searchsorted(self._ends, rows, side="right")
        for number, source in enumerate(self.sources):
            here = owner == number
            if here.any():
                own = rows[here] - (self._ends[number] - len(source))
                result[here] = source.read_columns(own, columns)
        return result


class KeptRows:
    """Rows of another source, read once and kept in memory.

    Parameters
    ----------
    source : RowSource
    """

    def __init__(self, source: RowSource) -> None:
        self.width = source.width
        self._values = source.read(np.arange(len(source)))

    def __len__(self) -> int:
        return len(self._values)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows by number, shape (k, width)."""
        return self._values[rows]

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of rows by number."""
        return self._values[rows, columns]


def kept_channels(channels: pd.DataFrame, roi: str = "all") -> np.ndarray:
    """Return the indices of the channels that models use, ascending.

    Parameters
    ----------
    channels : DataFrame
        In the columns of ``CHANNELS``.
    roi : str
        The region whose channels are used, or "all".

    Raises
    ------
    ConfigError
        If no channel lies in a region of that name; it lists the names.
    """
    chosen = channels.loc[~channels["excluded"]]
    if roi != "all":
        inside = chosen["rois"].map(lambda names: roi in list(names)).to_numpy(dtype=bool)
        if not inside.any():
            names = sorted({str(name) for rois in channels["rois"] for name in rois})
            raise ConfigError(
                f"responses.roi: no usable channel lies in '{roi}'.",
                f"Known regions: {', '.join(names) or 'none'}; or 'all'.",
            )
        chosen = chosen.loc[inside]
    return np.sort(chosen["channel"].to_numpy(dtype=np.int64))


def response_width(file: ArrayFile, channels: np.ndarray) -> int:
    """Return the number of values of one response after the choice of channels.

    Raises
    ------
    ShapeError
        If the channels do not fit the file.
    """
    if len(channels) == 0 or channels[-1] >= file.shape[-1]:
        raise ShapeError(
            f"{file.path}: responses have {file.shape[-1]} channels; the table of channels keeps "
            f"{len(channels)}, up to number {channels[-1] if len(channels) else 'none'}.",
            "Both come from one ingest job: delete them and run again, or exclude fewer channels.",
        )
    return int(np.prod(file.shape[:-1], dtype=np.int64)) * len(channels)


def read_channels(file: ArrayFile, rows: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """Return kept channels of some rows, flattened to shape (k, width)."""
    values = file.read(rows)
    if len(channels) < file.shape[-1]:
        values = values[..., channels]
    return flattened(values)
