"""Between numbers and pictures: rounding, resizing, and reading one at a time."""

from collections.abc import Sequence
from typing import overload

import numpy as np

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.images import ImageFile
from afterimage.features.resize import resize


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Clip values of the display range [0, 1] and round them to uint8."""
    return np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)


def as_pictures(values: np.ndarray, what: str) -> np.ndarray:
    """Turn pixel values into pictures of the same size.

    Parameters
    ----------
    values : ndarray, shape (n, h, w), (n, h, w, 1) or (n, h, w, 3)
        Display range [0, 1]; what lies outside is clipped.
    what : str
        Whose values, for the error.

    Returns
    -------
    ndarray of uint8, shape (n, h, w, 3)

    Raises
    ------
    ShapeError
        If the values are no pictures.
    """
    if values.ndim == 3:
        values = values[..., None]
    if values.ndim != 4 or values.shape[3] not in (1, 3):
        raise ShapeError(
            f"{what}: values of shape {values.shape[1:]} are not pixels of a picture.",
            "Choose a target made of pixels: (height, width), with 1 or 3 colours.",
        )
    pictures = to_bytes(values)
    return np.repeat(pictures, 3, axis=3) if pictures.shape[3] == 1 else pictures


def resized(
    pictures: Sequence[np.ndarray] | np.ndarray, image_shape: tuple[int, int]
) -> np.ndarray:
    """Bring pictures to one size, bilinearly, shape (n, height, width, 3)."""
    result = np.empty((len(pictures), *image_shape, 3), dtype=np.uint8)
    for row, picture in zip(result, pictures, strict=True):
        row[:] = resize(picture, *image_shape, "bilinear")
    return result


class PictureRows(Sequence[np.ndarray]):
    """Some rows of a picture file as a sequence; each is decoded when it is asked for.

    Parameters
    ----------
    file : ImageFile
    rows : ndarray of int
    """

    def __init__(self, file: ImageFile, rows: np.ndarray) -> None:
        self.file = file
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> "PictureRows": ...
    def __getitem__(self, index: int | slice) -> "np.ndarray | PictureRows":
        """Decode a picture, uint8, shape (H, W, 3), or cut the sequence."""
        if isinstance(index, slice):
            return PictureRows(self.file, self.rows[index])
        return self.file.image(int(self.rows[index]))
