"""What a model is fitted on: rows of two sources, joined by key, read when asked for."""

from collections.abc import Iterator, Sequence
from typing import Literal, Self

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import rng as seeded
from afterimage.models.side_by_side import space_widths
from afterimage.models.sources import JoinedRows, RowSource


class TrainingData:
    """Training rows of one fold.

    Parameters
    ----------
    x, y : RowSource
        Inputs and outputs of the same n samples.
    groups : ndarray of str, shape (n,)
        The stimulus of each sample.
    stimulus_side : "x" or "y"
        Which of the two belongs to the stimulus (and so is equal for its repetitions): ``y`` of a
        decoder, ``x`` of an encoder.
    validation : TrainingData, optional
        Other stimuli, for early stopping.
    pairing : ndarray of int, shape (n,), optional
        The row of the stimulus side that each row of the other side is paired with; by default
        its own.

    Attributes
    ----------
    n : int
    groups : ndarray
        Of each row, as it was shown: shuffling changes what a group is paired with, never the
        groups.
    """

    def __init__(
        self,
        x: RowSource,
        y: RowSource,
        groups: np.ndarray,
        stimulus_side: Literal["x", "y"],
        validation: Self | None = None,
        pairing: np.ndarray | None = None,
    ) -> None:
        if not len(x) == len(y) == len(groups):
            raise ValueError(f"{len(x)} inputs, {len(y)} outputs and {len(groups)} groups")
        self.n = len(groups)
        self.groups = np.asarray(groups)
        self.stimulus_side = stimulus_side
        self.validation = validation
        self.pairing = np.arange(self.n) if pairing is None else pairing
        self._x = x
        self._y = y

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several recordings, one after the other.

        A stimulus that several of them were shown is one group. Validation rows are joined too.
        """
        if len(parts) == 1:
            return parts[0]
        validation = [part.validation for part in parts if part.validation is not None]
        return cls(
            JoinedRows([part._x for part in parts]),
            JoinedRows([part._y for part in parts]),
            np.concatenate([part.groups for part in parts]),
            parts[0].stimulus_side,
            cls.joined(validation) if validation else None,
        )

    @property
    def x(self) -> np.ndarray:
        """All inputs, float32, shape (n, p); read anew at each use."""
        return self.read_x(np.arange(self.n))

    @property
    def y(self) -> np.ndarray:
        """All outputs, float32, shape (n, q); read anew at each use."""
        return self.read_y(np.arange(self.n))

    @property
    def widths(self) -> tuple[int, int]:
        """Number of columns of inputs and outputs (p, q)."""
        return self._x.width, self._y.width

    @property
    def spaces(self) -> tuple[int, ...]:
        """Number of columns of each feature space of the inputs, in their order."""
        return space_widths(self._x)

    def read_x(self, rows: np.ndarray) -> np.ndarray:
        """Return inputs of some rows, shape (k, p)."""
        return self._x.read(self.pairing[rows] if self.stimulus_side == "x" else rows)

    def read_y(self, rows: np.ndarray) -> np.ndarray:
        """Return outputs of some rows, shape (k, q)."""
        return self._y.read(self.pairing[rows] if self.stimulus_side == "y" else rows)

    def read_y_columns(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return some columns of the outputs of some rows; of files, only those are read."""
        return self._y.read_columns(
            self.pairing[rows] if self.stimulus_side == "y" else rows, columns
        )

    def first_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first row of each stimulus, and each row's position among the stimuli."""
        _, first, members = np.unique(self.groups, return_index=True, return_inverse=True)
        return first, members

    def shuffled(self, seed: int) -> Self:
        """Return the same rows with every stimulus paired with the values of another one.

        Repetitions stay together: all of them point to the same wrong stimulus. The training and
        validation sides are shuffled each within itself.
        """
        first, members = self.first_rows()
        order = derangement(len(first), seeded(seed, "shuffle"))
        validation = None if self.validation is None else self.validation.shuffled(seed)
        pairing = first[order][members]
        return type(self)(self._x, self._y, self.groups, self.stimulus_side, validation, pairing)

    def batches(
        self, size: int, rng: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield every row once in random order, each batch read straight from the files.

        Parameters
        ----------
        size : int
            Rows of a batch; the last one may be smaller.
        rng : numpy.random.Generator

        Yields
        ------
        tuple of ndarray
            Inputs (k, p), outputs (k, q) and groups (k,).
        """
        order = rng.permutation(self.n)
        for start in range(0, self.n, size):
            rows = order[start : start + size]
            yield self.read_x(rows), self.read_y(rows), self.groups[rows]


def derangement(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a random permutation that leaves nothing in its place.

    Raises
    ------
    DataError
        If n < 2: there is no other stimulus.
    """
    if n < 2:
        raise DataError(
            f"a shuffled refit: {n} stimulus on the training (or validation) side, none to swap "
            "with.",
            "Choose a split with at least two stimuli on each side.",
        )
    # One draw in e = 2.7 succeeds, for any n.
    while True:
        order = rng.permutation(n)
        if (order != np.arange(n)).all():
            return order
