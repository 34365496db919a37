"""Statistics of lightness and colour, of the whole picture and of the cells of a grid."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ShapeError
from afterimage.features.by_shape import by_shape
from afterimage.features.lab import srgb_to_lab

PERCENTILES = (5, 25, 50, 75, 95)
# Lightness sd below which skewness is rounding: 1% of a just noticeable difference.
FLAT = 0.01


class ColourConfig(Entry):
    """Lightness and colour statistics in CIE Lab."""

    name: Literal["colour"] = Field(description="The extractor's name.")
    grid: int = Field(
        4, ge=0, le=64, description="Cells per side; 0 describes the whole picture only."
    )
    hues: int = Field(8, ge=1, le=360, description="Bins of the hue histogram.")


def statistic_names(hues: int) -> list[str]:
    """Name the columns of :func:`colour_statistics`."""
    names = ["L_mean", "L_sd", "L_skew", *(f"L_p{p:02d}" for p in PERCENTILES)]
    names += ["a_mean", "a_sd", "b_mean", "b_sd", "chroma_mean", "chroma_sd"]
    return names + [f"hue_{i * 360 / hues:g}" for i in range(hues)]


def colour_statistics(lab: np.ndarray, hues: int) -> np.ndarray:
    """Describe sets of pixels.

    Of lightness L*: mean, standard deviation, skewness mean((L - m)^3) / sd^3 (0 where sd is
    below 0.01), percentiles 5, 25, 50, 75, 95. Of a*, b* and chroma C = sqrt(a*^2 + b*^2):
    mean and standard deviation. Of hue atan2(b*, a*): for each of equal bins, the first centred
    on 0 degrees (red), the sum of the chroma of its pixels divided by the number of all pixels.
    So grey pixels, whose hue is noise, weigh nothing, and the bins add up to the mean chroma.

    Parameters
    ----------
    lab : ndarray, shape (n, pixels, 3)
        L*, a*, b*.
    hues : int
        Number of bins.

    Returns
    -------
    ndarray of float64, shape (n, 14 + hues)
        In units of CIE Lab; skewness has none.
    """
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    chroma = np.hypot(a, b)
    mean, sd = lightness.mean(axis=1), lightness.std(axis=1)
    third = ((lightness - mean[:, None]) ** 3).mean(axis=1)
    skew = np.where(sd > FLAT, third / np.maximum(sd, FLAT) ** 3, 0.0)
    columns = [mean, sd, skew, *np.percentile(lightness, PERCENTILES, axis=1)]
    for channel in (a, b, chroma):
        columns += [channel.mean(axis=1), channel.std(axis=1)]
    return np.column_stack([*columns, _hue_histogram(a, b, chroma, hues)])


def _hue_histogram(a: np.ndarray, b: np.ndarray, chroma: np.ndarray, hues: int) -> np.ndarray:
    """Sum chroma by hue, shape (n, hues)."""
    n, pixels = a.shape
    bins = np.rint(np.arctan2(b, a) * (hues / (2 * np.pi))).astype(np.int64) % hues
    cell = bins + hues * np.arange(n)[:, None]
    sums = np.bincount(cell.ravel(), weights=chroma.ravel(), minlength=n * hues)
    return sums.reshape(n, hues) / pixels


class Colour:
    """Statistics, shape (1 + grid^2, 14 + hues): the whole picture, then cells row by row."""

    Config: ClassVar[type[Entry]] = ColourConfig
    needs: Literal["image", "table"] = "image"
    dims: tuple[str, ...] = ("region", "statistic")
    unit = "CIE Lab"

    def __init__(self, config: ColourConfig, device: str = "cpu") -> None:
        self.config = config
        self.labels = statistic_names(config.hues)
        self.shape: tuple[int, ...] = (1 + config.grid**2, len(self.labels))

    @property
    def details(self) -> dict[str, Any]:
        """For the file's provenance: the name of each statistic."""
        return {"labels": self.labels}

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Need nothing of the table."""

    def extract(self, images: Sequence[np.ndarray], stimuli: pd.DataFrame) -> np.ndarray:
        """Describe pictures.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3)
            Sizes may differ.
        stimuli : DataFrame
            Not used.

        Returns
        -------
        ndarray of float32, shape (n, 1 + grid^2, 14 + hues)

        Raises
        ------
        ShapeError
            If a picture has fewer rows or columns of pixels than the grid has cells.
        """
        values = np.empty((len(images), *self.shape), dtype=np.float32)
        for rows, block in by_shape(images):
            lab = srgb_to_lab(block)
            for region, cell in enumerate(self._regions(lab)):
                pixels = cell.reshape(len(cell), -1, 3)
                values[rows, region] = colour_statistics(pixels, self.config.hues)
        return values

    def _regions(self, lab: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the whole pictures, then each cell of the grid."""
        height, width = lab.shape[1:3]
        grid = self.config.grid
        if grid > min(height, width):
            raise ShapeError(
                f"colour: a picture of {width} x {height} pixels cannot be cut into "
                f"{grid} x {grid} cells.",
                "Take a smaller 'grid' for this extractor.",
            )
        yield lab
        for row in range(grid):
            band = slice(row * height // grid, (row + 1) * height // grid)
            for column in range(grid):
                yield lab[:, band, column * width // grid : (column + 1) * width // grid]
