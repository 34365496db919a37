"""Noise ceilings, and whether they were estimated well where the truth is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from afterimage.report.style import (
    INK,
    QUIET,
    WIDTH,
    colour_of,
    house_style,
    panels_of,
    save_figure,
    save_saying,
    say,
)
from afterimage.report.words import CEILING_UNKNOWN, number

COLUMNS = 4


@house_style()
def draw_ceilings(
    ceilings: Mapping[str, pd.DataFrame],
    true_ncsnr: Mapping[str, np.ndarray],
    times: Mapping[str, Sequence[float]],
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw one panel per subject: estimated against true ncsnr, or a histogram of ceilings.

    Of responses over time, the ceilings over time.

    Parameters
    ----------
    ceilings : mapping of subject to DataFrame
        Columns step, channel, ncsnr and noise_ceiling (percent of variance); NaN where unknown.
    true_ncsnr : mapping of subject to ndarray, shape (steps, n_channels)
        By step and channel, simulated data only. May be empty.
    times : mapping of subject to sequence of float
        When the steps were measured, in seconds from the onset; of responses over time.
    png_path, pdf_path : Path or str
    """
    subjects = sorted(ceilings)
    if all(table["ncsnr"].isna().all() for table in ceilings.values()):
        save_saying(CEILING_UNKNOWN.replace("\n", " "), png_path, pdf_path)
        return
    columns = min(COLUMNS, len(subjects))
    lines = -(-len(subjects) // columns)
    width = WIDTH if columns > 2 else 3.4 * columns
    figure = Figure(figsize=(width, 3.2 * lines), layout="constrained")
    for panel, subject in zip(panels_of(figure, len(subjects), columns), subjects, strict=True):
        table, colour = ceilings[subject], colour_of(subject, subjects)
        known = table[table["ncsnr"].notna()]
        panel.set_title(subject)
        if known.empty:
            say(panel, CEILING_UNKNOWN)
        elif subject in times:
            _draw_over_time(panel, known, np.asarray(times[subject]), colour)
            if subject in true_ncsnr:
                _say_agreement(panel, known["ncsnr"].to_numpy(), _true(true_ncsnr[subject], known))
        elif subject in true_ncsnr:
            true = _true(true_ncsnr[subject], known)
            _draw_against_truth(panel, known["ncsnr"].to_numpy(), true, colour)
        else:
            _draw_histogram(panel, known["noise_ceiling"].to_numpy(), colour)
    save_figure(figure, png_path, pdf_path)


def _true(true: np.ndarray, known: pd.DataFrame) -> np.ndarray:
    return np.asarray(true)[known["step"].to_numpy(), known["channel"].to_numpy()]


def _draw_over_time(panel: Axes, known: pd.DataFrame, times: np.ndarray, colour: str) -> None:
    by_step = known.groupby("step")["noise_ceiling"]
    middle, high = by_step.median(), by_step.quantile(0.9)
    now = 1000 * times[middle.index.to_numpy()]
    panel.fill_between(now, middle, high, color=colour, alpha=0.25, lw=0)
    panel.plot(now, middle, color=colour, lw=1.4)
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    panel.set_ylim(0, None)
    panel.set_xlabel("ms after onset")
    panel.set_ylabel("noise ceiling (%), median to 90% of channels")


def _say_agreement(panel: Axes, estimated: np.ndarray, true: np.ndarray) -> None:
    if true.std() > 0 and estimated.std() > 0:
        r = number(float(np.corrcoef(true, estimated)[0, 1]), 3)
        text = f"r with the true ratios = {r}"
        panel.text(0.98, 0.96, text, transform=panel.transAxes, va="top", ha="right", color=INK)


def _draw_against_truth(panel: Axes, estimated: np.ndarray, true: np.ndarray, colour: str) -> None:
    top = float(max(estimated.max(), true.max())) * 1.05
    panel.plot([0, top], [0, top], color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    panel.scatter(true, estimated, s=7, color=colour, alpha=0.4, linewidths=0, zorder=2)
    panel.set_xlim(0, top)
    panel.set_ylim(0, top)
    panel.set_aspect("equal")
    panel.set_xlabel("true signal-to-noise ratio")
    panel.set_ylabel("estimated")
    if true.std() > 0 and estimated.std() > 0:
        r = number(float(np.corrcoef(true, estimated)[0, 1]), 3)
        panel.text(0.04, 0.96, f"r = {r}", transform=panel.transAxes, va="top", color=INK)


def _draw_histogram(panel: Axes, percent: np.ndarray, colour: str) -> None:
    panel.hist(percent, bins=list(range(0, 101, 4)), color=colour, alpha=0.85)
    panel.axvline(float(np.median(percent)), color=INK, linewidth=1.4)
    panel.set_xlim(0, 100)
    panel.set_xlabel("noise ceiling (% of variance; line: median)")
    panel.set_ylabel("channels")
