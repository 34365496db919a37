"""From which target each channel is predicted best, and how regions differ in that."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from afterimage.contracts.geometry import Geometry
from afterimage.report.map_kind import map_kind
from afterimage.report.placed_voxels import AXES, has_coordinates, placed_voxels
from afterimage.report.sensor_places import sensor_places
from afterimage.report.style import COLOURS, INK, QUIET, WIDTH, house_style, save_figure, say
from afterimage.report.surface_views import draw_views
from afterimage.report.volume_slices import ABSENT, TALL, draw_slices
from afterimage.report.words import count, number

MAP_INCHES = 6.4
BAR_INCHES = 0.24
SMALLEST_REGION = 5
MOMENTS = 5
NOBODY = "No channel is predicted significantly by the target chosen for it."


@house_style()
def draw_best_target(
    best: pd.DataFrame,
    channels: pd.DataFrame,
    card: Mapping[str, Any],
    targets: Sequence[str],
    fdr: float,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw a map of the best targets, and the share of each target in each region.

    Parameters
    ----------
    best : DataFrame
        In the columns of BEST.
    channels : DataFrame
        In the columns of CHANNELS.
    card : mapping
        Of the recording: geometry, times, layout.
    targets : sequence of str
        In the order of their numbers.
    fdr : float
        Channels with a q-value of at most this are coloured.
    png_path, pdf_path : Path or str
    """
    table = best.merge(channels[["channel", "name", "index", *AXES, "rois"]], on="channel")
    table["shown"] = np.where(table["q_value"] <= fdr, table["best"], np.nan)
    shares = shares_of(table, len(targets))
    # One row of slices needs less than curves or views.
    least = 3.0 if card["times"] is not None or _place(card, table)[1] != "slices" else TALL + 0.9
    height = max(least, BAR_INCHES * len(shares) + 0.9)
    figure = Figure(figsize=(WIDTH, height))
    colours = colours_of(len(targets))
    if table["shown"].notna().any():
        _draw_map(figure, table, card, colours)
    else:
        say(figure.add_axes((0.03, 0.2, 0.6, 0.6)), NOBODY)
    top = 0.5 / height
    panel = figure.add_axes((0.76, top, 0.17, 1 - 2 * top))
    draw_shares(panel, shares, colours)
    handles = [Patch(color=colours(i), label=name) for i, name in enumerate(targets)]
    handles.append(Patch(color=ABSENT, label="not significant"))
    figure.legend(handles=handles, loc="lower left", ncols=min(len(handles), 6), fontsize=7.5)
    save_figure(figure, png_path, pdf_path)


def colours_of(targets: int) -> ListedColormap:
    """Return a colour per target: distinct ones, or shades in their order if they are many."""
    if targets < len(COLOURS):
        return ListedColormap(COLOURS[:targets])
    return ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 1, targets)))


def shares_of(table: pd.DataFrame, targets: int) -> pd.DataFrame:
    """Return how many significant channels (and times) of each region each target predicts best.

    Parameters
    ----------
    table : DataFrame
        Columns rois and shown (number of the best target, NaN where it is not significant).
    targets : int

    Returns
    -------
    DataFrame
        A row per region, all channels first, and a column per number from 1.
    """
    held = table["rois"].map(set)
    names = sorted({name for rois in held for name in rois})
    masks = {name: held.map(lambda rois, n=name: n in rois) for name in names}
    regions = {"all channels": held.map(lambda _: True), **masks}
    numbers = range(1, targets + 1)
    found = {
        name: [int((table.loc[mask, "shown"] == i).sum()) for i in numbers]
        for name, mask in regions.items()
        if table.loc[mask, "channel"].nunique() >= SMALLEST_REGION
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(numbers))


def draw_shares(panel: Any, shares: pd.DataFrame, colours: ListedColormap) -> None:
    """Draw a bar per region, divided by target, and the number of channels behind it."""
    total = shares.sum(axis=1)
    parts = 100 * shares.div(total.where(total > 0), axis=0).fillna(0.0)
    left = np.zeros(len(shares))
    place = np.arange(len(shares))
    for number_ in shares.columns:
        panel.barh(place, parts[number_], 0.75, left=left, color=colours(int(number_) - 1))
        left += parts[number_].to_numpy()
    for row, known in enumerate(total):
        panel.text(102, row, count(int(known)), va="center", fontsize=7, color=QUIET)
    panel.set_yticks(place, shares.index)
    panel.set_ylim(len(shares) - 0.5, -0.5)
    panel.set_xlim(0, 100)
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("% of significant channels")


def _place(card: Mapping[str, Any], table: pd.DataFrame) -> tuple[Geometry | None, Any]:
    geometry = None if card["geometry"] is None else Geometry.from_dict(card["geometry"])
    return geometry, map_kind(geometry, has_coordinates(table))


def _draw_map(
    figure: Figure, table: pd.DataFrame, card: Mapping[str, Any], colours: ListedColormap
) -> None:
    if card["times"] is not None:
        _draw_times(figure, table, card, colours)
        return
    geometry, kind = _place(card, table)
    norm = Normalize(0.5, colours.N + 0.5)
    if geometry is not None and kind == "views":
        values = np.full(sum(geometry.shape), np.nan)
        values[table["index"].to_numpy(dtype=np.int64)] = table["shown"]
        draw_views(
            figure, values, geometry, bottom=0.35, height=0.4, width=0.64, norm=norm,
            colours=colours, average="median",
        )  # fmt: skip
    elif kind == "slices":
        placed = table[table[AXES].notna().all(axis=1)]
        where, affine = placed_voxels(placed, geometry)
        top = (figure.get_size_inches()[1] + TALL) / 2
        draw_slices(
            figure, where, affine, {"best target": placed["shown"].to_numpy()},
            box=(0.3, top, MAP_INCHES), sides=geometry is not None, norm=norm, colours=colours,
        )  # fmt: skip
    else:
        text = "No map: the places of the channels, or a mesh of their surface, are not at hand."
        say(figure.add_axes((0.03, 0.2, 0.6, 0.6)), text)


def _draw_times(
    figure: Figure, table: pd.DataFrame, card: Mapping[str, Any], colours: ListedColormap
) -> None:
    """Draw the share of sensors that each target predicts best, and where these are."""
    now = 1000 * np.asarray(card["times"], dtype=np.float64)
    shown = table.pivot(index="step", columns="channel", values="shown")
    numbers = range(1, colours.N + 1)
    shares = [100 * (shown == number_).mean(axis=1).to_numpy() for number_ in numbers]
    panel = figure.add_axes((0.06, 0.56, 0.58, 0.36))
    panel.stackplot(now, shares, colors=[colours(i - 1) for i in numbers], step="mid")
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    panel.set_xlim(now[0], now[-1] if len(now) > 1 else now[0] + 1)
    panel.set_ylim(0, 100)
    panel.set_ylabel("% of channels")
    panel.set_xlabel("ms after onset")
    if card["layout"] is not None:
        names = table.drop_duplicates("channel").set_index("channel")["name"].loc[shown.columns]
        places = sensor_places([str(name) for name in names], card["layout"])
        _draw_heads(figure, shown.to_numpy(), places, now, colours)


def _draw_heads(
    figure: Figure, shown: np.ndarray, places: np.ndarray, now: np.ndarray, colours: ListedColormap
) -> None:
    """Draw a dot per sensor at the times at which most sensors are predicted, in order."""
    known = (~np.isnan(shown)).sum(axis=1)
    busy = np.flatnonzero(known > 0)
    steps = np.unique(busy[np.linspace(0, len(busy) - 1, MOMENTS).round().astype(int)])
    for place, step in enumerate(steps):
        panel = figure.add_axes((0.06 + 0.118 * place, 0.1, 0.11, 0.28))
        panel.set_axis_off()
        panel.set_aspect("equal")
        numbers = np.nan_to_num(shown[step]).astype(int)
        dots = [ABSENT if i == 0 else colours(i - 1) for i in numbers]
        panel.scatter(places[:, 0], places[:, 1], c=dots, s=7, linewidths=0)
        title = f"{number(float(now[step]), 0)} ms"
        panel.set_title(title, fontsize=7.5, weight="normal", loc="center", color=INK)
