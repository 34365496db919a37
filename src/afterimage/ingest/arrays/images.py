"""Pictures from arrays and image files: always uint8, (height, width, 3), upright."""

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.ingest.arrays.config import Images, PictureFiles
from afterimage.ingest.arrays.files import FileArray, check_file
from afterimage.ingest.arrays.layers import fill
from afterimage.ingest.arrays.sources import Place

ENCODED = "SO"


@dataclass(frozen=True)
class Pictures:
    """Pictures by row number.

    Attributes
    ----------
    n : int or None
        How many there are; None if not known (files named by a pattern).
    where : str
    shape : tuple of int
        Of the array, for remedies.
    get : callable
        Row number to uint8 picture, shape (height, width, 3).
    name : callable
        Row number to the image file, relative to the root; empty for arrays.
    """

    n: int | None
    where: str
    shape: tuple[int, ...]
    get: Callable[[int], np.ndarray]
    name: Callable[[int], str] = lambda row: ""


def unfold(flat: np.ndarray, shape: Sequence[int], axes: Sequence[str], order: str) -> np.ndarray:
    """Turn one row of pixels into a picture, shape (height, width) or (height, width, channel).

    Parameters
    ----------
    flat : ndarray, shape (pixels,)
    shape, axes : sequence
        Sizes, and what they are.
    order : {"C", "F"}
        Whether the last or the first axis runs fastest.
    """
    picture = flat.reshape(tuple(shape), order="F" if order == "F" else "C")
    wanted = [name for name in ("height", "width", "channel") if name in axes]
    return np.transpose(picture, [list(axes).index(name) for name in wanted])


def to_uint8(picture: np.ndarray, low: float, high: float, where: str) -> np.ndarray:
    """Map ``low`` to 0 and ``high`` to 255, and grey to three channels.

    Raises
    ------
    DataError
        If a value lies outside, or is NaN.
    """
    values = np.asarray(picture, dtype=np.float64)
    found = (float(values.min()), float(values.max()))
    slack = 1e-3 * abs(high - low)
    if not (min(low, high) - slack <= found[0] and found[1] <= max(low, high) + slack):
        raise DataError(
            f"{where}: pixel values from {found[0]:.6g} to {found[1]:.6g}, expected from {low:g} "
            f"to {high:g}.",
            "Correct `stimuli.images.range`: the values that mean black and white.",
        )
    grey = np.rint((values - low) / (high - low) * 255)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    if grey.ndim == 2:
        grey = grey[:, :, None]
    return np.ascontiguousarray(np.broadcast_to(grey, (*grey.shape[:2], 3)))


def array_pictures(place: Place, images: Images) -> Pictures:
    """Open pictures that are an array.

    Raises
    ------
    ShapeError
        If axes and shape disagree.
    ConfigError
        If the range or the picture's shape is needed and not given.
    DataError
        If values are not real numbers.
    """
    array = place.open(images, "stimuli.images")
    kind = np.dtype(array.dtype).kind
    if kind in ENCODED and len(array.shape) == 1:
        content = array.whole()
        return Pictures(
            array.shape[0],
            array.where,
            array.shape,
            lambda row: decoded(_bytes(content[row]), f"{array.where}, row {row}"),
        )
    if kind not in "biuf":
        raise DataError(
            f"{array.where}: pictures are of the type {array.dtype}, expected real numbers.",
            "Name the array of pixels; file names belong under `stimuli.files`.",
        )
    axes = _axes(array, images)
    low, high = _range(array, images)
    outer = axes.index("stimulus")
    inner = [name for name in axes if name != "stimulus"]

    def get(row: int) -> np.ndarray:
        one = np.take(array.part(outer, slice(row, row + 1)), 0, axis=outer)
        if images.shape is not None:
            names = images.shape_axes or ["height", "width", "channel"][: len(images.shape)]
            one = unfold(one.reshape(-1), images.shape, names, images.order or "C")
        else:
            wanted = [name for name in ("height", "width", "channel") if name in inner]
            one = np.transpose(one, [inner.index(name) for name in wanted])
        return to_uint8(one, low, high, f"{array.where}, row {row}")

    return Pictures(array.shape[outer], array.where, array.shape, get)


def _bytes(value: Any) -> bytes:
    value = value.get("bytes") if isinstance(value, dict) else value
    return value if isinstance(value, bytes) else b""


def _axes(array: FileArray, images: Images) -> list[str]:
    default = {
        2: ["stimulus", "pixel"],
        3: ["stimulus", "height", "width"],
        4: ["stimulus", "height", "width", "channel"],
    }
    axes: list[str] = list(images.axes) if images.axes else default.get(len(array.shape), [])
    if len(axes) != len(array.shape):
        raise ShapeError(
            f"{array.where}: pictures have the shape {array.shape}, expected "
            f"{len(axes) or '2 to 4'} axes {axes or ''}.",
            "Name each axis under stimuli.images: `axes: [stimulus, height, width, channel]` in "
            "the file's order.",
        )
    if sorted(axes) not in (sorted(names) for names in default.values()):
        raise ConfigError(
            f"{array.where}: stimuli.images.axes is {axes}, expected `stimulus` with `pixel`, or "
            "with `height`, `width` (and `channel`), each once.",
            "Correct `stimuli.images.axes`.",
        )
    if "pixel" in axes:
        _check_pixels(array, images, array.shape[axes.index("pixel")])
    elif images.shape is not None:
        raise ConfigError(
            f"{array.where}: `shape` is given, but each picture already has its axes {axes}.",
            "Leave out `shape` and `order`; a transposed picture is told by "
            "`axes: [stimulus, width, height]`.",
        )
    elif "channel" in axes and array.shape[axes.index("channel")] not in (1, 3):
        found = array.shape[axes.index("channel")]
        raise ShapeError(
            f"{array.where}: shape {array.shape} gives {found} colour channels with the axes "
            f"{axes}, expected 1 or 3.",
            "Correct `stimuli.images.axes`, for example [stimulus, channel, height, width].",
        )
    return axes


def _check_pixels(array: FileArray, images: Images, pixels: int) -> None:
    if images.shape is None:
        side = round(pixels**0.5)
        guess = f"[{side}, {side}]" if side * side == pixels else "[height, width]"
        raise ConfigError(
            f"{array.where}: pictures are rows of {pixels} pixels (shape {array.shape}), and "
            "their height and width are not said.",
            f"Under stimuli.images write `shape: {guess}` and `order: C` (numpy) or `order: F` "
            "(MATLAB).",
        )
    if int(np.prod(images.shape)) != pixels:
        raise ShapeError(
            f"{array.where}: rows of {pixels} pixels (shape {array.shape}), expected "
            f"{' x '.join(map(str, images.shape))} = {int(np.prod(images.shape))}.",
            "Correct `stimuli.images.shape`, or `axes: [pixel, stimulus]` if pictures are columns.",
        )


def _range(array: FileArray, images: Images) -> tuple[float, float]:
    if images.range is not None:
        return images.range
    dtype = np.dtype(array.dtype)
    if dtype == np.uint8:
        return (0.0, 255.0)
    if dtype.kind == "b":
        return (0.0, 1.0)
    some = array.part(0, slice(0, 64))
    raise ConfigError(
        f"{array.where}: pixels are {dtype} (first values from {np.nanmin(some):.6g} to "
        f"{np.nanmax(some):.6g}), and which values mean black and white is not said.",
        "Under stimuli.images write `range: [0, 1]`, `range: [0, 255]` or what is right.",
    )


def file_pictures(
    place: Place, files: PictureFiles, details: Callable[[int], dict[str, Any]], n: int | None
) -> Pictures:
    """Find pictures that are image files.

    Parameters
    ----------
    details : callable
        Row number to the placeholders of that stimulus.
    n : int or None
        Number of stimuli, if known.

    Raises
    ------
    ShapeError
        If a pattern with ``*`` matches another number of files.
    """
    if "*" in files.pattern:
        found = matching(place, files)
        if n is not None and n != len(found):
            raise ShapeError(
                f"{place.root / files.pattern}: {len(found)} files match, expected {n}, one per "
                "stimulus.",
                "Correct the pattern, or name the files: `files: {pattern: ..., name: ...}`.",
            )
        n = len(found)

    def name(row: int) -> str:
        if "*" in files.pattern:
            return found[row]
        return fill(files.pattern, {**place.values, **details(row)})

    return Pictures(
        n, files.pattern, (n or 0,), lambda row: read_image(place.root, name(row)), name
    )


def matching(place: Place, files: PictureFiles) -> list[str]:
    """Return the files that a pattern with ``*`` means, relative to the root, sorted by name."""
    pattern = fill(files.pattern, place.values)
    found = sorted(glob.glob(pattern, root_dir=place.root, recursive=True))
    if not found:
        raise DataError(
            f"{place.root / pattern}: no file matches (stimuli.files).",
            "Correct the pattern in the data set's YAML, or data_root.",
        )
    return [name for name in found if (place.root / name).is_file()]


def read_image(root: Path, name: str) -> np.ndarray:
    """Read one image file.

    Raises
    ------
    DataError
        If it is missing or not an image.
    """
    check_file(root / name, name, "stimuli.files")
    return decoded((root / name).read_bytes(), str(root / name))


def decoded(content: bytes, where: str) -> np.ndarray:
    """Decode an image: turned upright, transparency upon white, 16 bits to 8.

    Raises
    ------
    DataError
        If the bytes are not an image.
    """
    import io

    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):
                return to_uint8(np.asarray(picture), 0, 65535, where)
            if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
                picture = picture.convert("RGBA")
                white = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(white, picture)
            return np.array(picture.convert("RGB"))
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
    ) as error:
        raise DataError(
            f"{where}: not a readable image ({len(content)} bytes; {type(error).__name__}).",
            "Replace the file by a PNG or JPEG, or correct `stimuli.files`.",
        ) from error
