"""Values of the voxels of a volume, cut into slices and seen from above."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from afterimage.report.style import INK
from afterimage.report.words import number

ABSENT = "#e4e7ec"
GREY = ListedColormap([ABSENT])
# Letters are to be read on voxels of any colour.
HALO = withStroke(linewidth=2, foreground="white")
# Of a row, in inches.
TALL = 1.25
APART = 0.12


def draw_slices(
    figure: Figure,
    where: np.ndarray,
    affine: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    box: tuple[float, float, float],
    sides: bool,
    norm: Normalize,
    colours: str | Colormap,
) -> float:
    """Draw a row of slices for each map.

    Parameters
    ----------
    figure : Figure
    where : ndarray of int, shape (X, Y, Z)
        Which value a voxel has: 1 for the first one of a map, 0 for none of them.
    affine : ndarray, shape (4, 4)
        From voxel numbers to mm. An oblique volume is turned, to the nearest voxel.
    maps : mapping of str to ndarray
        Printed name to values; NaN is drawn in pale grey.
    box : tuple of float
        Left edge, upper edge and greatest width of all rows, in inches.
    sides : bool
        Whether x grows to the right of the body, so that left and right can be named.
    norm : Normalize
    colours : str or Colormap
        A colour map of matplotlib.

    Returns
    -------
    float
        Right edge of the slices, in inches.
    """
    from nilearn.plotting.displays import ZSlicer

    left, top, room = box
    image = upright(where, affine)
    spacing = np.diag(image.affine)
    ratio = image.shape[1] * spacing[1] / (image.shape[0] * spacing[0])
    # As many slices as fit beside each other when they are as tall as a row.
    levels = chosen_levels(_numbers(image), int(np.clip(round(room * ratio / TALL), 3, 8)))
    cuts = [float(cut) for cut in image.affine[2, 3] + levels * spacing[2]]
    width = min(room, len(cuts) * TALL / ratio)
    inches = np.tile(figure.get_size_inches(), 2)
    for row, (name, values) in enumerate(maps.items()):
        bottom = top - (row + 1) * TALL - row * APART
        place = tuple(float(x) for x in np.array([left, bottom, width, TALL]) / inches)
        display = ZSlicer.init_with_figure(None, cut_coords=cuts, figure=figure, axes=place)
        _show(display, image, values, norm, colours)
        middle = (bottom + TALL / 2) / inches[1]
        figure.text(
            (left - 0.07) / inches[0], middle, name, rotation=90, ha="right", va="center",
            fontsize=8.5, color=INK,
        )  # fmt: skip
        if row == 0:
            _name_cuts(display, cuts, sides)
    return left + width


def upright(where: np.ndarray, affine: np.ndarray) -> Any:
    """Return an image whose axes run to the right, the front and the top.

    Cut to the voxels that count, with an empty border one voxel wide.
    """
    from nibabel import Nifti1Image
    from nilearn.image import crop_img, reorder_img

    border = np.eye(4)
    border[:3, 3] = -1
    image = Nifti1Image(np.pad(where, 1).astype(np.int32), affine @ border)
    return crop_img(reorder_img(image, resample="nearest"))


def chosen_levels(where: np.ndarray, count: int) -> np.ndarray:
    """Return up to ``count`` levels of the last axis, evenly spread over the voxels that count."""
    voxels = np.count_nonzero(where, axis=(0, 1))
    levels = np.flatnonzero(voxels)
    if len(levels) <= count:
        return levels
    share = (np.cumsum(voxels) - voxels / 2)[levels] / voxels.sum()
    wanted = (np.arange(count) + 0.5) / count
    return np.unique(levels[np.abs(share[None] - wanted[:, None]).argmin(axis=1)])


def _show(
    display: Any, image: Any, values: np.ndarray, norm: Normalize, colours: str | Colormap
) -> None:
    """Colour the voxels that have a value, and those without one in grey.

    Panel by panel: an overlay would have nilearn search the volume, and collect garbage, each time.
    """
    where = _numbers(image)
    grey = np.where(where > 0, 0.0, np.nan)
    volume = np.append(np.nan, values)[where]
    spacing = np.diag(image.affine)[:3]
    low = image.affine[:3, 3] - spacing / 2
    bounds = list(zip(low, low + image.shape * spacing, strict=True))
    for panel in display.axes.values():
        for layer, look in ((grey, {"cmap": GREY}), (volume, {"cmap": colours, "norm": norm})):
            cut = panel.transform_to_2d(layer, image.affine)
            panel.draw_2d(cut, bounds, bounds, interpolation="nearest", **look)


def _name_cuts(display: Any, cuts: list[float], sides: bool) -> None:
    panels = [display.axes[cut] for cut in cuts]
    for panel, height in zip(panels, _millimetres(np.array(cuts)), strict=True):
        title = f"{'z = ' if panel is panels[0] else ''}{height} mm"
        panel.ax.set_title(title, fontsize=7.5, weight="normal", loc="center", pad=3)
    if sides:
        panels[0].draw_left_right(size=7.5, bg_color="none", color=INK, path_effects=[HALO])


def _numbers(image: Any) -> np.ndarray:
    return np.asarray(image.dataobj)


def _millimetres(levels: np.ndarray) -> list[str]:
    """Print coordinates: all of them with a decimal if one is not a whole number."""
    decimals = 0 if np.abs(levels - np.rint(levels)).max() < 0.05 else 1
    return [number(float(level), decimals) for level in levels]
