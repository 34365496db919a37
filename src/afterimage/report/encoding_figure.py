"""Where in the brain an encoder predicts well, and how close that is to the noise ceiling."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from afterimage.contracts.geometry import Geometry
from afterimage.report.captions import SLICES, SURFACES, UNPLACED, no_mesh
from afterimage.report.style import INK, QUIET, RULE, WIDTH, house_style, save_figure, say
from afterimage.report.surface_views import draw_views, has_mesh
from afterimage.report.voxel_grid import chosen_slices, voxel_grid
from afterimage.report.words import CEILING_UNKNOWN, count, number

HEIGHT = 3.3
LEFT_INCHES = 0.3
MAP_INCHES = 6.3
SLICE_INCHES = 1.26
HISTOGRAM = (0.06, 0.24, 0.6, 0.64)
COLOUR_MAP = "inferno"
ABSENT = "#e4e7ec"
# Letters are to be read on voxels of any colour.
HALO = withStroke(linewidth=2, foreground="white")
AXES = ["x", "y", "z"]


@house_style()
def draw_encoding(
    voxels: pd.DataFrame,
    channels: pd.DataFrame,
    geometry: Geometry | None,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw maps of correlation and noise ceiling, and one against the other.

    Slices of a volume, or views of the average brain's surface; without coordinates, or on a
    surface whose mesh is not at hand, a histogram of the correlations. A line below says which.

    Parameters
    ----------
    voxels : DataFrame
        Columns channel, r and ceiling_r (NaN where unknown), one row per predicted channel.
    channels : DataFrame
        In the columns of CHANNELS; index, x, y and z may be missing.
    geometry : Geometry or None
        Of the recording.
    png_path, pdf_path : Path or str
    """
    place = channels[["channel", "index", *AXES]]
    table = voxels.merge(place, on="channel", how="left", validate="1:1")
    placed = table[table[AXES].notna().all(axis=1)]
    figure = Figure(figsize=(WIDTH, HEIGHT))
    if geometry is not None and has_mesh(geometry):
        _draw_surfaces(figure, table, geometry)
        _note(figure, SURFACES)
    elif geometry is not None and geometry.kind == "surface":
        _draw_histogram(figure.add_axes(HISTOGRAM), table)
        _note(figure, no_mesh(geometry))
    elif placed.empty:
        _draw_histogram(figure.add_axes(HISTOGRAM), table)
        _note(figure, UNPLACED)
    else:
        _draw_slices(figure, placed, geometry)
        _note(figure, SLICES)
    _draw_against_ceiling(figure.add_axes((0.77, 0.14, 0.22, 0.74)), table)
    save_figure(figure, png_path, pdf_path)


def has_coordinates(channels: pd.DataFrame) -> bool:
    """Return whether any channel's place is known, so that a map can be drawn."""
    return bool(channels[AXES].notna().all(axis=1).any())


def _note(figure: Figure, text: str) -> None:
    figure.text(LEFT_INCHES / WIDTH, 0.015, text, fontsize=7, color=QUIET, va="bottom")


def _draw_surfaces(figure: Figure, table: pd.DataFrame, geometry: Geometry) -> None:
    names = [name for name in ("r", "ceiling_r") if table[name].notna().any()]
    norm = Normalize(0, _upper_limit(table[names].to_numpy()))
    index = table["index"].to_numpy(dtype=np.int64)
    for row, name in enumerate(names):
        values = np.full(sum(geometry.shape), np.nan)
        values[index] = table[name]
        bottom = 0.55 - 0.43 * row if len(names) > 1 else 0.33
        draw_views(
            figure, values, geometry,
            bottom=bottom, height=0.36, width=0.67, norm=norm, colours=COLOUR_MAP,
        )  # fmt: skip
        label = "correlation r" if name == "r" else "noise ceiling"
        figure.text(0.01, bottom + 0.36, label, fontsize=8.5, color=INK)
    bar = figure.colorbar(
        ScalarMappable(norm, COLOUR_MAP), cax=figure.add_axes((0.68, 0.2, 0.01, 0.6))
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)


def _draw_slices(figure: Figure, placed: pd.DataFrame, geometry: Geometry | None) -> None:
    grid = voxel_grid(placed[AXES].to_numpy(dtype=np.float64))
    columns, rows, _ = grid.shape
    ratio = rows * float(grid.spacing[1]) / (columns * float(grid.spacing[0]))
    # As many slices as fit beside each other when two rows of them fill the height.
    levels = chosen_slices(grid, int(np.clip(round(MAP_INCHES * ratio / SLICE_INCHES), 3, 8)))
    maps = [("r", "correlation r")]
    if placed["ceiling_r"].notna().any():
        maps.append(("ceiling_r", "noise ceiling"))
    norm = Normalize(0, _upper_limit(placed[[name for name, _ in maps]].to_numpy()))
    everywhere = grid.volume(np.ones(len(placed)))
    width = min(MAP_INCHES / len(levels), SLICE_INCHES / ratio)
    heights = _millimetres(grid.origin[2] + levels * grid.spacing[2])
    for row, (name, label) in enumerate(maps):
        volume = grid.volume(placed[name].to_numpy(dtype=np.float64))
        top = HEIGHT - 0.35 - row * (width * ratio + 0.12) - width * ratio
        for column, level in enumerate(levels):
            left = LEFT_INCHES + column * width
            box = (left / WIDTH, top / HEIGHT, 0.95 * width / WIDTH, width * ratio / HEIGHT)
            panel = figure.add_axes(box)
            _draw_slice(panel, everywhere[:, :, level], volume[:, :, level], norm)
            if column == 0:
                panel.set_ylabel(label)
            if row == 0:
                title = f"{'' if column else 'z = '}{heights[column]} mm"
                panel.set_title(title, fontsize=7.5, weight="normal", loc="center")
            if row == column == 0 and geometry is not None and geometry.affine is not None:
                _mark_sides(panel)
    bottom = top / HEIGHT
    right = LEFT_INCHES + len(levels) * width + 0.06
    box = (right / WIDTH, bottom, 0.1 / WIDTH, (HEIGHT - 0.35) / HEIGHT - bottom)
    bar = figure.colorbar(ScalarMappable(norm, COLOUR_MAP), cax=figure.add_axes(box))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)


def _millimetres(levels: np.ndarray) -> list[str]:
    """Print coordinates: all of them with a decimal if one is not a whole number."""
    decimals = 0 if np.abs(levels - np.rint(levels)).max() < 0.05 else 1
    return [number(float(level), decimals) for level in levels]


def _mark_sides(panel: Axes) -> None:
    """Write where left and right are: the x of an affine grows to the right of the body."""
    for x, side in ((0.03, "L"), (0.97, "R")):
        align = "left" if side == "L" else "right"
        letter = panel.text(x, 0.97, side, transform=panel.transAxes, ha=align, va="top")
        letter.set(fontsize=7.5, color=INK, path_effects=[HALO])


def _upper_limit(values: np.ndarray) -> float:
    """Return the top of the colour scale: the 99th percentile, rounded up to a tenth."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0
    return float(max(0.1, np.ceil(np.percentile(known, 99) * 10 - 1e-9) / 10))


def _draw_slice(panel: Axes, outline: np.ndarray, values: np.ndarray, norm: Normalize) -> None:
    background = np.where(np.isnan(outline), np.nan, 0.0).T
    look: dict[str, Any] = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    panel.imshow(background, cmap=ListedColormap([ABSENT]), **look)
    panel.imshow(values.T, norm=norm, cmap=COLOUR_MAP, **look)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_visible(True)
        spine.set_color(RULE)


def _draw_against_ceiling(panel: Axes, table: pd.DataFrame) -> None:
    known = table[table["r"].notna() & table["ceiling_r"].notna()]
    if known.empty:
        say(panel, CEILING_UNKNOWN)
        return
    low = min(0.0, float(known["r"].min())) - 0.03
    panel.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    panel.axhline(0, color=RULE, linewidth=0.8, zorder=0)
    panel.scatter(
        known["ceiling_r"], known["r"], s=7, color="#0072b2", alpha=0.35, linewidths=0, zorder=2
    )
    panel.set_xlim(-0.02, 1.02)
    panel.set_ylim(low, 1.02)
    panel.set_xlabel("noise ceiling (r)")
    panel.set_ylabel("correlation r")
    middle = number(float(known["r"].median()), 2)
    best = number(float(known["ceiling_r"].median()), 2)
    # Above the panel: inside, points may lie anywhere.
    text = f"{count(len(known))} channels\nmedian r {middle}, median ceiling {best}"
    panel.set_title(text, fontsize=7.5, weight="normal", linespacing=1.4)


def _draw_histogram(panel: Axes, table: pd.DataFrame) -> None:
    values = table["r"].dropna().to_numpy()
    if not len(values):
        say(panel, "No channel has a defined correlation.")
        return
    panel.hist(values, bins=[step / 40 for step in range(-40, 41)], color="#0072b2", alpha=0.85)
    panel.axvline(0, color=QUIET, linewidth=0.8)
    panel.axvline(np.median(values), color=INK, linewidth=1.4)
    panel.set_xlim(values.min() - 0.05, min(1.0, values.max() + 0.05))
    panel.set_xlabel("correlation r (line: median)")
    panel.set_ylabel("channels")
