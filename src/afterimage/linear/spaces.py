"""Feature spaces side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.linear.matrix import Matrix
from afterimage.linear.scaling import Moments, measure


@dataclass(frozen=True)
class Spaces:
    """Named feature spaces of the same rows, and one matrix of all their columns.

    Attributes
    ----------
    names : tuple of str
    matrices : tuple of Matrix, shapes (n, p_s)
    """

    names: tuple[str, ...]
    matrices: tuple[Matrix, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows, and of columns of all spaces."""
        return self.matrices[0].shape[0], sum(one.shape[1] for one in self.matrices)

    def __getitem__(self, piece: tuple[slice, slice]) -> np.ndarray:
        """Return some rows of some columns, counted through all spaces."""
        start, stop, _ = piece[1].indices(self.shape[1])
        parts = []
        for own, matrix in zip(self.columns(), self.matrices, strict=True):
            first, last = max(start, own.start), min(stop, own.stop)
            if first < last:
                parts.append(matrix[piece[0], slice(first - own.start, last - own.start)])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def columns(self) -> list[slice]:
        """Return where the columns of each space stand."""
        ends = np.cumsum([one.shape[1] for one in self.matrices])
        starts = [0, *ends[:-1]]
        return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]

    def by_column(self, values: np.ndarray) -> np.ndarray:
        """Repeat the value of each space for each of its columns."""
        return np.repeat(values, [one.shape[1] for one in self.matrices])

    def moments(self, folds: np.ndarray | None = None) -> Moments:
        """Measure all columns; DataError, naming the space, if one is not finite."""
        parts = []
        for name, matrix in zip(self.names, self.matrices, strict=True):
            try:
                parts.append(measure(matrix, folds))
            except DataError as error:
                raise DataError(f"space '{name}': {error.what}", error.remedy) from error
        centre, sums, squares = (
            np.concatenate([getattr(part, key) for part in parts], axis=-1)
            for key in ("centre", "sums", "squares")
        )
        rounding = max(part.rounding for part in parts)
        return Moments(centre, rounding, parts[0].counts, sums, squares)


def make_spaces(spaces: Mapping[str, Matrix], rows: int | None = None) -> Spaces:
    """Put feature spaces side by side.

    Parameters
    ----------
    spaces : mapping of str to Matrix, shapes (n, p_s)
    rows : int, optional
        How many each must have; by default as many as the first.

    Raises
    ------
    ShapeError
        If there is no space, one has no column, or rows differ.
    """
    if not spaces:
        raise ShapeError("spaces: expected at least one feature space. Found: none.", "Give one.")
    expected = next(iter(spaces.values())).shape[0] if rows is None else rows
    for name, matrix in spaces.items():
        n, p = matrix.shape
        if n != expected or p < 1:
            raise ShapeError(
                f"space '{name}': expected {expected} rows and at least one column. Found: {n} "
                f"rows and {p} columns.",
                "All spaces and the targets need the same rows in the same order.",
            )
    return Spaces(tuple(spaces), tuple(spaces.values()))
