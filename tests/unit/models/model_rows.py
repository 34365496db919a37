"""Helpers of the tests of models: arrays on disk, training rows in memory."""

import numpy as np

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.models.checks import require_finite
from afterimage.models.training import TrainingData

N_TRAIN, N_VAL, N_TEST, VOXELS, VALUES = 24, 6, 8, 14, 5


class MemoryRows:
    """Rows that are already in memory.

    Parameters
    ----------
    values : ndarray, shape (n, width)
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.width = values.shape[1]

    def __len__(self) -> int:
        return len(self.values)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows, shape (k, width)."""
        values = np.asarray(self.values[rows], dtype=np.float32)
        require_finite(values, "an array in memory")
        return values

    def read_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of the rows, shape (k, columns)."""
        return self.read(rows)[:, columns]


def write_array(path, key, ids, values, dims, **more):
    with ArrayWriter(
        path,
        keys={key: "string"},
        shape=values.shape[1:],
        dims=dims,
        unit=more.get("unit", ""),
        provenance={},
    ) as writer:
        writer.write({key: ids}, values)
    return ArrayFile(path)


def in_memory(stimuli=30, p=12, q=4, kind="decoder", seed=0, sizes=(2,), validation=True):
    """Training rows whose responses are noisy linear functions of the stimuli's values."""
    rng = np.random.default_rng(seed)
    members = rng.permutation(
        np.repeat(np.arange(stimuli), [sizes[i % len(sizes)] for i in range(stimuli)])
    )
    inside = rng.normal(size=(stimuli, q if kind == "decoder" else p))
    inside = inside[members]
    outside = inside @ rng.normal(size=(inside.shape[1], p if kind == "decoder" else q))
    outside += 0.5 * rng.normal(size=outside.shape)
    x, y = (outside, inside) if kind == "decoder" else (inside, outside)
    groups = np.array([f"g{member:03d}" for member in members])
    kept = members >= 6 if validation else members >= 0
    side = "y" if kind == "decoder" else "x"

    def rows(mask, other=None):
        return TrainingData(MemoryRows(x[mask]), MemoryRows(y[mask]), groups[mask], side, other)

    return rows(kept, rows(~kept) if validation else None)
