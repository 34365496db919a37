"""Scores of all subjects as dots with intervals, each beside what it has to be judged by."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from afterimage.report.rows import PIXEL_METRICS, WHOLE, line_label, records
from afterimage.report.style import (
    INK,
    QUIET,
    SHADE,
    WIDTH,
    colour_of,
    house_style,
    save_figure,
    save_saying,
)
from afterimage.report.words import metric_label

PANELS = 3
LANE_INCHES = 0.085
FRAME_INCHES = 0.62
LEGEND_INCHES = 0.4
NULL_COLOUR = "#b03060"

Band = tuple[list[str], list[str]]


@house_style()
def draw_scores(rows: pd.DataFrame, png_path: Path | str, pdf_path: Path | str) -> None:
    """Draw one panel per metric: a line per thing scored, a dot per subject.

    Every dot carries its 95% interval, the level of chance, the mean of the null and the ceiling,
    as far as they are known.

    Parameters
    ----------
    rows : DataFrame
        In the columns of METRICS: ``feature_rows``, ``picture_rows`` or ``encoding_rows`` of the
        whole table.
    png_path, pdf_path : Path or str
    """
    if rows.empty:
        save_saying("No scores of this kind were asked for.", png_path, pdf_path)
        return
    rows = _labelled(rows)
    subjects = sorted(rows["subject"].unique())
    bands = _bands(rows)
    heights = [_band_inches(len(lines), len(subjects)) for _, lines in bands]
    height = sum(heights) + LEGEND_INCHES
    layout = ConstrainedLayoutEngine(
        h_pad=0.07, w_pad=0.06, rect=(0, 0, 1, 1 - LEGEND_INCHES / height)
    )
    figure = Figure(figsize=(WIDTH, height), layout=layout)
    columns = max(len(metrics) for metrics, _ in bands)
    cells = figure.add_gridspec(len(bands), columns, height_ratios=heights)
    for band, (metrics, lines) in enumerate(bands):
        for column, metric in enumerate(metrics):
            panel = figure.add_subplot(cells[band, column])
            _draw_panel(panel, rows[rows["metric"] == metric], lines, subjects)
            panel.set_title(metric_label(metric))
            panel.set_yticks(range(len(lines)), lines if column == 0 else [])
    _draw_legend(figure, rows, subjects)
    save_figure(figure, png_path, pdf_path)


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the line of each row, leaving out what all rows share."""
    several_regions = rows["roi"].nunique() > 1
    labels = []
    for row in records(rows):
        parts = [line_label(row)]
        if row["generator"] and row["metric"] not in PIXEL_METRICS:
            parts.append(f"in {row['target']}")
        if several_regions:
            parts.append("all channels" if row["roi"] == WHOLE else row["roi"])
        labels.append(", ".join(parts))
    return rows.assign(line=labels)


def _bands(rows: pd.DataFrame) -> list[Band]:
    """Put metrics that score the same lines side by side, in the order of the table."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for metric in rows["metric"].unique():
        lines = tuple(rows.loc[rows["metric"] == metric, "line"].unique())
        groups.setdefault(lines, []).append(metric)
    return [
        (metrics[low : low + PANELS], list(lines))
        for lines, metrics in groups.items()
        for low in range(0, len(metrics), PANELS)
    ]


def _band_inches(n_lines: int, n_subjects: int) -> float:
    return FRAME_INCHES + n_lines * max(0.2, LANE_INCHES * (n_subjects + 0.8))


def _draw_panel(
    panel: Axes, rows: pd.DataFrame, lines: Sequence[str], subjects: Sequence[str]
) -> None:
    for index in range(0, len(lines), 2):
        panel.axhspan(index - 0.5, index + 0.5, color=SHADE, linewidth=0)
    lane = 1.0 / (len(subjects) + 0.8)
    order = rows["subject"].map(list(subjects).index).to_numpy()
    y = rows["line"].map(list(lines).index).to_numpy() + (order - (len(subjects) - 1) / 2) * lane
    colours = [colour_of(subject, subjects) for subject in rows["subject"]]
    low, high = y - lane / 2, y + lane / 2
    # Levels that are not known are NaN, which draws nothing.
    panel.vlines(rows["chance"], low, high, color=QUIET, linewidth=1.1, zorder=2)
    panel.vlines(rows["ceiling"], low, high, color=INK, linewidth=2.2, zorder=2)
    panel.hlines(y, rows["ci_low"], rows["ci_high"], color=colours, linewidth=1.5, zorder=3)
    panel.plot(rows["null_mean"], y, "D", color="white", mec=NULL_COLOUR, mew=0.8, ms=2.7, zorder=4)
    panel.scatter(rows["value"], y, s=24, c=colours, edgecolors="white", linewidths=0.5, zorder=5)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.grid(axis="x")
    panel.margins(x=0.06)
    panel.set_ylim(len(lines) - 0.5, -0.5)
    panel.set_xlabel(_shared_unit(rows), color=QUIET, fontsize=7.5)


def _shared_unit(rows: pd.DataFrame) -> str:
    """Return the unit, without what it says in brackets if that differs between rows."""
    units = rows["unit"].astype(str).unique()
    return str(units[0] if len(units) == 1 else units[0].partition(" (")[0])


def _draw_legend(figure: Figure, rows: pd.DataFrame, subjects: Sequence[str]) -> None:
    handles = [
        Line2D([], [], color=colour_of(s, subjects), marker="o", mec="white", lw=1.5, label=s)
        for s in subjects
    ]
    if rows["chance"].notna().any():
        handles.append(Line2D([], [], color=QUIET, lw=1.1, label="chance"))
    if rows["null_mean"].notna().any():
        look = {"marker": "D", "mec": NULL_COLOUR, "ms": 4, "lw": 0}
        handles.append(Line2D([], [], color="white", label="null", **look))  # type: ignore[arg-type]
    if rows["ceiling"].notna().any():
        handles.append(Line2D([], [], color=INK, lw=2.2, label="ceiling"))
    figure.legend(handles=handles, loc="upper left", ncols=min(len(handles), 12), columnspacing=1.6)
