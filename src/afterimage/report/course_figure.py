"""When, and in which channels, an encoder predicts the response."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from afterimage.report.style import COLOURS, INK, QUIET, RULE, WIDTH, house_style, save_figure, say
from afterimage.report.topographies import MAPS, draw_topographies
from afterimage.report.words import number

MILLI = 1000


@house_style()
def draw_course(
    voxels: pd.DataFrame,
    channels: pd.DataFrame,
    times: Sequence[float],
    layout: str | None,
    fdr: float,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw the correlation over time, the share of significant channels, and maps of sensors.

    Parameters
    ----------
    voxels : DataFrame
        Columns step, channel, r, q_value and ceiling_r.
    channels : DataFrame
        In the columns of CHANNELS.
    times : sequence of float
        In seconds from the onset, one per step.
    layout : str or None
        Of the sensors; without one no maps are drawn.
    fdr : float
        Rows with a q-value of at most this are significant.
    png_path, pdf_path : Path or str
    """
    now = MILLI * np.asarray(times, dtype=np.float64)
    r, q, ceiling = (over_time(voxels, name) for name in ("r", "q_value", "ceiling_r"))
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    above, below = np.asarray(figure.subfigures(2, 1, height_ratios=[1.7, 1])).ravel()
    course, share = above.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _draw_r(course, r.to_numpy(), ceiling.to_numpy(), now)
    _draw_share(share, q.to_numpy(), now, fdr)
    if layout is None or len(now) < MAPS or r.isna().to_numpy().all():
        say(below.subplots(), f"No maps of sensors: {_why_no_maps(layout, len(now))}.")
    else:
        placed = channels.set_index("channel").loc[r.columns]
        draw_topographies(below, r.to_numpy(), placed, now, layout, "correlation r")
    save_figure(figure, png_path, pdf_path)


def over_time(voxels: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a column of the table of voxels as a row per step and a column per channel."""
    return voxels.pivot(index="step", columns="channel", values=name)


def _why_no_maps(layout: str | None, steps: int) -> str:
    if layout is None:
        return "where the sensors lie is not known"
    return f"of {steps} time steps" if steps < MAPS else "no correlation is defined"


def _draw_r(panel: Any, r: np.ndarray, ceiling: np.ndarray, now: np.ndarray) -> None:
    mean, best = _ignoring_nan(np.nanmean, r), _ignoring_nan(np.nanmax, r)
    panel.axhline(0, color=RULE, lw=0.8)
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    if not np.isnan(ceiling).all():
        level = _ignoring_nan(np.nanmean, ceiling)
        panel.plot(now, level, color=QUIET, lw=1.0, ls=(0, (4, 3)), label="noise ceiling, mean")
    panel.plot(now, best, color=COLOURS[1], lw=1.0, label="best channel of each time")
    panel.plot(now, mean, color=COLOURS[0], lw=1.6, label="mean over channels")
    if not np.isnan(mean).all():
        peak = int(np.nanargmax(mean))
        panel.plot(now[peak], mean[peak], "o", color=COLOURS[0], ms=4)
        panel.set_title(
            f"highest mean r {number(float(mean[peak]), 3)} at {number(float(now[peak]), 0)} ms",
            fontsize=8, weight="normal",
        )  # fmt: skip
    panel.set_xlim(now[0], now[-1] if len(now) > 1 else now[0] + 1)
    panel.set_ylabel("correlation r")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _draw_share(panel: Any, q: np.ndarray, now: np.ndarray, fdr: float) -> None:
    tested = ~np.isnan(q)
    share = 100 * (q <= fdr).sum(axis=1) / np.maximum(tested.sum(axis=1), 1)
    panel.fill_between(now, share, color=INK, alpha=0.35, lw=0, step="mid")
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    panel.set_ylim(0, 100)
    panel.set_xlabel("ms after onset")
    panel.set_ylabel(f"% significant\n(FDR {fdr:g})")


def _ignoring_nan(function: Any, values: np.ndarray) -> np.ndarray:
    """Summarise each row over its numbers; NaN where there is none."""
    known = ~np.isnan(values).all(axis=1)
    result = np.full(len(values), np.nan)
    result[known] = function(values[known], axis=1)
    return result
