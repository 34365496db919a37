"""What every generator refuses: values that are not numbers, or of another target."""

import numpy as np

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.models.checks import require_finite
from afterimage.models.flat import flattened


def checked(decoded: np.ndarray, width: int, what: str) -> np.ndarray:
    """Return decoded values as (n, k) after looking at them.

    Parameters
    ----------
    decoded : ndarray, shape (n, *target shape)
    width : int
        The expected k.
    what : str
        The generator, for the error.

    Raises
    ------
    ShapeError
        If k is not ``width``.
    DataError
        If a value is NaN or infinite.
    """
    flat = flattened(decoded)
    if flat.shape[1] != width:
        raise ShapeError(
            f"{what}: {flat.shape[1]} decoded values per picture, the target has {width}.",
            "Give the generator predictions of the target that it is configured with.",
        )
    require_finite(flat, f"{what}, decoded values")
    return flat


def require_gallery(size: int, fold: int, what: str) -> None:
    """Refuse a fold without training pictures.

    Raises
    ------
    DataError
        If the gallery is empty.
    """
    if size == 0:
        raise DataError(
            f"{what}: fold {fold} has no training picture.", "Check the split's training side."
        )
