"""How well a decoder does in each window of time, and in windows it was not fitted in."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from afterimage.report.style import (
    INK,
    QUIET,
    RULE,
    WIDTH,
    colour_of,
    house_style,
    panels_of,
    save_figure,
)

MILLI = 1000
COLUMNS = 3
MATRIX_COLOURS = "RdBu_r"


@house_style()
def draw_time_resolved(scores: pd.DataFrame, png_path: Path | str, pdf_path: Path | str) -> None:
    """Draw the score against time, one panel per subject, or a matrix of fitted by tested times.

    Parameters
    ----------
    scores : DataFrame
        In the columns of TIME_RESOLVED, of one analysis.
    png_path, pdf_path : Path or str
    """
    subjects = sorted(scores["subject"].unique())
    generalised = bool((scores["fitted"] != scores["tested"]).any())
    lines = -(-len(subjects) // COLUMNS)
    columns = min(COLUMNS, len(subjects))
    size = (min(WIDTH, 3.6 * columns + 0.8), 3.4) if generalised else (WIDTH, 2.6)
    figure = Figure(figsize=(size[0], size[1] * lines), layout="constrained")
    panels = panels_of(figure, len(subjects), columns, sharey=True)
    if generalised:
        _draw_matrices(figure, panels, scores, subjects)
    else:
        for panel, subject in zip(panels, subjects, strict=True):
            _draw_course(panel, scores[scores["subject"] == subject], colour_of(subject, subjects))
            panel.set_title(subject)
        panels[0].set_ylabel(_unit(scores))
    save_figure(figure, png_path, pdf_path)


def _unit(scores: pd.DataFrame) -> str:
    return f"score ({scores['unit'].iloc[0] or 'no unit'})"


def _middles(scores: pd.DataFrame, side: str) -> np.ndarray:
    return MILLI * scores[[f"{side}_first", f"{side}_last"]].mean(axis=1).to_numpy()


def _draw_course(panel: Axes, scores: pd.DataFrame, colour: str) -> None:
    scores = scores.sort_values("tested")
    time = _middles(scores, "tested")
    panel.fill_between(time, scores["null_low"], scores["null_high"], color=RULE, lw=0)
    panel.axhline(scores["chance"].iloc[0], color=QUIET, lw=0.8)
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    panel.fill_between(time, scores["ci_low"], scores["ci_high"], color=colour, alpha=0.25, lw=0)
    panel.plot(time, scores["value"], color=colour, lw=1.4)
    passed = scores["value"] > scores["null_max"]
    at_the_foot = panel.get_xaxis_transform()
    foot = np.full(int(passed.sum()), 0.03)
    panel.plot(time[passed], foot, ls="", marker="s", ms=2.5, color=INK, transform=at_the_foot)
    panel.set_xlabel("ms after onset (middle of the window)")


def _draw_matrices(
    figure: Figure, panels: list[Axes], scores: pd.DataFrame, subjects: list[str]
) -> None:
    chance = float(scores["chance"].iloc[0])
    spread = max(float((scores["value"] - chance).abs().max()), 1e-3)
    norm = TwoSlopeNorm(chance, chance - spread, chance + spread)
    for panel, subject in zip(panels, subjects, strict=True):
        own = scores[scores["subject"] == subject]
        table = own.pivot(index="fitted", columns="tested", values="value").to_numpy()
        time = _middles(own[own["fitted"] == own["tested"]].sort_values("tested"), "tested")
        half = (time[1] - time[0]) / 2 if len(time) > 1 else 0.5
        ends = (time[0] - half, time[-1] + half)
        panel.imshow(
            table, norm=norm, cmap=MATRIX_COLOURS, origin="lower", extent=(*ends, *ends),
            interpolation="nearest",
        )  # fmt: skip
        panel.plot(ends, ends, color=QUIET, lw=0.8, ls=(0, (4, 3)))
        for line in (panel.axhline, panel.axvline):
            line(0, color=QUIET, lw=0.6)
        panel.set_title(subject)
        panel.set_xlabel("tested, ms after onset")
    panels[0].set_ylabel("fitted, ms after onset")
    bar = figure.colorbar(ScalarMappable(norm, MATRIX_COLOURS), ax=panels, shrink=0.8)
    bar.set_label(_unit(scores))
