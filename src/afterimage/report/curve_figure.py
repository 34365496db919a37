"""How a linear decoder approaches the best one as training trials are added."""

import math
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from afterimage.report.style import QUIET, WIDTH, colour_of, house_style, save_figure
from afterimage.report.words import count

LABEL_SHARE = 0.11  # of the axis, for one label


@house_style()
def draw_learning_curve(curve: pd.DataFrame, png_path: Path | str, pdf_path: Path | str) -> None:
    """Draw the closed-form score, and its fraction of the best, against training trials.

    Parameters
    ----------
    curve : DataFrame
        Columns subject, n_trials, closed_form_r, best_linear_r and fraction.
    png_path, pdf_path : Path or str
    """
    subjects = sorted(curve["subject"].unique())
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    for subject in subjects:
        mine = curve[curve["subject"] == subject].sort_values("n_trials")
        look = {"color": colour_of(subject, subjects), "marker": "o", "ms": 5, "mec": "white"}
        left.plot(mine["n_trials"], mine["closed_form_r"], lw=1.6, label=subject, **look)
        left.plot(mine["n_trials"], mine["best_linear_r"], color=look["color"], ls="--", lw=1.1)
        right.plot(mine["n_trials"], mine["fraction"], lw=1.6, label=subject, **look)
    right.axhline(1, color=QUIET, linestyle="--", linewidth=1.1)
    sizes = sorted(curve["n_trials"].unique())
    for panel, label in ((left, "closed-form correlation r"), (right, "fraction of R")):
        _trials_axis(panel, [int(size) for size in sizes])
        panel.set_ylabel(label)
        panel.grid(axis="y")
    left.set_title("Score on the population of pictures")
    right.set_title("Share of what the best linear decoder reaches")
    handles, _ = left.get_legend_handles_labels()
    best = Line2D([], [], color=QUIET, ls="--", lw=1.1, label="best linear decoder (R)")
    left.legend(handles=[*handles, best], loc="lower right")
    save_figure(figure, png_path, pdf_path)


def _trials_axis(panel: Axes, sizes: list[int]) -> None:
    panel.set_xscale("log")
    labelled = _apart(sizes)
    panel.set_xticks(sizes, [count(size) if size in labelled else "" for size in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xlabel("training trials")


def _apart(sizes: list[int]) -> set[int]:
    """Return the sizes whose labels have room on a logarithmic axis, the largest among them."""
    room = LABEL_SHARE * math.log(sizes[-1] / sizes[0])
    kept = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        if math.log(kept[-1] / size) >= room:
            kept.append(size)
    return set(kept)
