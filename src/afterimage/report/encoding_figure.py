"""Where in the brain an encoder predicts well, and how close that is to the noise ceiling."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from afterimage.contracts.geometry import Geometry
from afterimage.report.captions import drawn
from afterimage.report.map_kind import map_kind
from afterimage.report.placed_voxels import AXES, has_coordinates, placed_voxels
from afterimage.report.style import INK, QUIET, RULE, WIDTH, house_style, save_figure, say
from afterimage.report.surface_views import draw_views
from afterimage.report.volume_slices import draw_slices
from afterimage.report.words import CEILING_UNKNOWN, count, number

HEIGHT = 3.3
LEFT_INCHES = 0.3
TOP_INCHES = 2.95
MAP_INCHES = 6.3
HISTOGRAM = (0.06, 0.24, 0.6, 0.64)
COLOUR_MAP = "inferno"
LABELS = {"r": "correlation r", "ceiling_r": "noise ceiling"}


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
    figure = Figure(figsize=(WIDTH, HEIGHT))
    coordinates = has_coordinates(table)
    kind = map_kind(geometry, coordinates)
    if geometry is not None and kind == "views":
        _draw_surfaces(figure, table, geometry)
    elif kind == "slices":
        _draw_slices(figure, table[table[AXES].notna().all(axis=1)], geometry)
    else:
        _draw_histogram(figure.add_axes(HISTOGRAM), table)
    text = drawn(geometry, coordinates)
    figure.text(LEFT_INCHES / WIDTH, 0.015, text, fontsize=7, color=QUIET, va="bottom")
    _draw_against_ceiling(figure.add_axes((0.77, 0.14, 0.22, 0.74)), table)
    save_figure(figure, png_path, pdf_path)


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
        figure.text(0.01, bottom + 0.36, LABELS[name], fontsize=8.5, color=INK)
    _colour_bar(figure, norm, left=0.68)


def _colour_bar(figure: Figure, norm: Normalize, left: float) -> None:
    place = figure.add_axes((left, 0.2, 0.01, 0.6))
    bar = figure.colorbar(ScalarMappable(norm, COLOUR_MAP), cax=place)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)


def _draw_slices(figure: Figure, placed: pd.DataFrame, geometry: Geometry | None) -> None:
    where, affine = placed_voxels(placed, geometry)
    names = [name for name in ("r", "ceiling_r") if placed[name].notna().any()] or ["r"]
    norm = Normalize(0, _upper_limit(placed[names].to_numpy()))
    right = draw_slices(
        figure, where, affine, {LABELS[name]: placed[name].to_numpy() for name in names},
        box=(LEFT_INCHES, TOP_INCHES, MAP_INCHES), sides=geometry is not None,
        norm=norm, colours=COLOUR_MAP,
    )  # fmt: skip
    _colour_bar(figure, norm, left=(right + 0.06) / WIDTH)


def _upper_limit(values: np.ndarray) -> float:
    """Return the top of the colour scale: the 99th percentile, rounded up to a tenth."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0
    return float(max(0.1, np.ceil(np.percentile(known, 99) * 10 - 1e-9) / 10))


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
