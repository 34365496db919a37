"""Noise ceilings, and whether they were estimated well where the truth is known."""

from collections.abc import Mapping
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
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw one panel per subject: estimated against true ncsnr, or a histogram of ceilings.

    Parameters
    ----------
    ceilings : mapping of subject to DataFrame
        Columns channel, ncsnr and noise_ceiling (percent of variance); NaN where unknown.
    true_ncsnr : mapping of subject to ndarray, shape (n_channels,)
        By channel number, simulated data only: ``ncsnr_shared`` of the truth. May be empty.
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
        elif subject in true_ncsnr:
            true = np.asarray(true_ncsnr[subject])[known["channel"].to_numpy()]
            _draw_against_truth(panel, known["ncsnr"].to_numpy(), true, colour)
        else:
            _draw_histogram(panel, known["noise_ceiling"].to_numpy(), colour)
    save_figure(figure, png_path, pdf_path)


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
