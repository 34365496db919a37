"""What callers hand over, as the engine reads it: matrices, labels, sizes."""

from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.linear.matrix import Matrix


def as_matrix(values: Any, name: str) -> Matrix:
    """Return something with rows and columns of which pieces can be read.

    Frames, lists and other things that NumPy makes arrays of are converted; what has a shape and
    is no array is taken for a matrix that is read a piece at a time.

    Parameters
    ----------
    values : Matrix, or array-like, shape (rows, columns)
    name : str
        For errors.

    Raises
    ------
    DataError
        If it is sparse or masked, or not numbers.
    ShapeError
        If it has not two dimensions.
    """
    if isinstance(values, np.ma.MaskedArray) or hasattr(values, "tocsr"):
        raise DataError(
            f"{name}: expected plain numbers. Found: {type(values).__name__}.",
            "Make it a dense array; put NaN where a target is unknown.",
        )
    plain = isinstance(values, np.ndarray | list | tuple) or hasattr(values, "to_numpy")
    found = np.asarray(values) if plain else values
    shape = tuple(getattr(found, "shape", ()))
    if len(shape) != 2:
        raise ShapeError(
            f"{name}: expected rows and columns. Found: shape {shape}.",
            "Give a matrix; of one target, a single column: values[:, None].",
        )
    if isinstance(found, np.ndarray) and found.dtype.kind not in "fiub":
        raise DataError(
            f"{name}: expected real numbers. Found: {found.dtype}.", "Convert them to numbers."
        )
    matrix: Matrix = found
    return matrix


def as_labels(values: Any, name: str, n: int) -> np.ndarray:
    """Return one label per row, whatever sequence or column of a frame they come in.

    Raises
    ------
    ShapeError
        If there are not as many as rows.
    """
    labels = np.asarray(values)
    if labels.shape != (n,):
        raise ShapeError(
            f"{name}: expected one for each of {n} rows. Found: shape {labels.shape}.",
            f"Give the {name.removesuffix('s')} of every row.",
        )
    if labels.dtype.kind == "O":
        labels = labels.astype(str)
    return labels


def check_batch(batch: int | None) -> None:
    """Refuse batches without targets."""
    if batch is not None and batch < 1:
        raise ConfigError(
            f"batch: expected at least one target at a time. Found: {batch}.",
            "Leave it out, and what fits is taken.",
        )


def check_room(into: np.ndarray | None, shape: tuple[int, int]) -> None:
    """Refuse room for weights that has another shape."""
    if into is not None and into.shape != shape:
        raise ShapeError(
            f"into: expected room for weights of shape {shape}. Found: {into.shape}.",
            "Make an array or a memory-mapped file of that shape.",
        )
