"""Encoding scores of regions, as bars with intervals."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from afterimage.report.region_matrix import draw_matrices
from afterimage.report.rows import WHOLE, line_label, records
from afterimage.report.style import (
    INK,
    QUIET,
    WIDTH,
    colour_of,
    house_style,
    panels_of,
    save_figure,
    save_saying,
)

BAR_INCHES = 0.14
MOST_PANELS = 6
AXES = {"encoding_r": "correlation r", "encoding_normalised_r": "r / ceiling"}
ABSENT: Any = {"fontsize": 6, "color": QUIET}


@house_style()
def draw_regions(rows: pd.DataFrame, png_path: Path | str, pdf_path: Path | str) -> None:
    """Draw one panel per encoder and score: each region and subject; a matrix if they are many.

    Parameters
    ----------
    rows : DataFrame
        In the columns of METRICS; the rows of ``encoding_r`` and ``encoding_normalised_r`` are
        drawn, the whole first.
    png_path, pdf_path : Path or str
    """
    rows = rows[rows["metric"].isin(AXES) & rows["value"].notna()]
    if rows.empty:
        save_saying("No encoder was scored.", png_path, pdf_path)
        return
    subjects = sorted(rows["subject"].unique())
    drawn = list(dict.fromkeys(zip(rows["model"], rows["target"], rows["metric"], strict=True)))
    drawn.sort(key=lambda one: list(AXES).index(one[2]))
    regions = regions_of(rows)
    if len(drawn) > MOST_PANELS:
        save_figure(draw_matrices(rows, drawn, regions, AXES), png_path, pdf_path)
        return
    width = len(regions) * (len(subjects) + 1) * BAR_INCHES + 0.9
    columns = max(1, min(len(drawn), int(WIDTH // width)))
    lines = -(-len(drawn) // columns)
    figure = Figure(figsize=(WIDTH, 2.6 * lines + 0.3), layout="constrained")
    panels = panels_of(figure, len(drawn), columns, sharey=True)
    for number, (panel, (model, target, metric)) in enumerate(zip(panels, drawn, strict=True)):
        mine = rows[(rows["model"] == model) & (rows["target"] == target)]
        draw_encoder(panel, mine[mine["metric"] == metric], regions, subjects)
        panel.set_title(line_label(records(mine)[0]))
        if number % columns == 0 or drawn[number - 1][2] != metric:
            panel.set_ylabel(f"{AXES[metric]} (mean over channels)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=min(len(subjects) + 1, 10))
    save_figure(figure, png_path, pdf_path)


def regions_of(rows: pd.DataFrame) -> list[str]:
    """Return the regions of all subjects, each subject's in the order of its rows.

    A region that earlier subjects lack comes behind the one that it follows in its own subject.
    """
    merged: list[str] = []
    for _, mine in rows.groupby("subject", sort=True):
        place = 0
        for roi in dict.fromkeys(mine["roi"]):
            if roi not in merged:
                merged.insert(place, roi)
            place = merged.index(roi) + 1
    return [WHOLE] * (WHOLE in merged) + [roi for roi in merged if roi != WHOLE]


def draw_encoder(panel: Axes, rows: pd.DataFrame, regions: list[str], subjects: list[str]) -> None:
    """Draw one encoder's bars: per region one for each subject, or "n/a" where it has no score."""
    bar = 0.8 / len(subjects)
    for number, subject in enumerate(subjects):
        mine = rows[rows["subject"] == subject].set_index("roi").reindex(regions)
        x = np.arange(len(regions)) + (number - (len(subjects) - 1) / 2) * bar
        panel.bar(x, mine["value"], bar * 0.9, color=colour_of(subject, subjects), label=subject)
        panel.vlines(x, mine["ci_low"], mine["ci_high"], color=INK, linewidth=1.0)
        for place in x[mine["value"].isna()]:
            panel.text(place, 0, " n/a", rotation=90, ha="center", va="bottom", **ABSENT)
        # The ceiling of the region: a short line above its bar.
        label = "noise ceiling" if number == 0 and mine["ceiling"].notna().any() else ""
        panel.hlines(
            mine["ceiling"], x - bar * 0.45, x + bar * 0.45, color=QUIET, linewidth=1.8, label=label
        )
    names = ["all channels" if region == WHOLE else region for region in regions]
    turned = sum(map(len, names)) > 60
    panel.set_xticks(
        range(len(regions)), names, rotation=35 if turned else 0, ha="right" if turned else "center"
    )
    panel.tick_params(axis="x", length=0)
    panel.axhline(0, color=INK, linewidth=0.8)
    panel.grid(axis="y")
    panel.set_xlim(-0.6, len(regions) - 0.4)
