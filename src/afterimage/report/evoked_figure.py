"""What a subject's sensors do on average, and where and when they carry signal."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from afterimage.report.style import COLOURS, QUIET, WIDTH, house_style, save_figure, say
from afterimage.report.topographies import draw_topographies

MILLI = 1000
# Words of the table of channels that are no regions.
NOT_REGIONS = {"mag", "grad", "eeg", "left", "right", "midline"}


@house_style()
def draw_evoked(
    ncsnr: pd.DataFrame,
    channels: pd.DataFrame,
    times: Sequence[float],
    layout: str | None,
    unit: str,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw the mean response of groups of sensors over time, and maps of signal to noise.

    Parameters
    ----------
    ncsnr : DataFrame
        In the columns of NCSNR.
    channels : DataFrame
        In the columns of CHANNELS.
    times : sequence of float
        In seconds from the onset, one per step.
    layout : str or None
        Of the sensors; without one no maps are drawn.
    unit : str
        Of the responses.
    png_path, pdf_path : Path or str
    """
    now = MILLI * np.asarray(times, dtype=np.float64)
    mean, ratio = (_table(ncsnr, name) for name in ("mean", "ncsnr"))
    figure = Figure(figsize=(WIDTH, 4.8), layout="constrained")
    above, below = np.asarray(figure.subfigures(2, 1, height_ratios=[1.25, 1])).ravel()
    _draw_groups(above.subplots(), mean, channels, now, unit)
    if layout is None or np.isnan(ratio).all():
        missing = "where the sensors lie" if layout is None else "repetitions of stimuli"
        say(below.subplots(), f"No maps of signal to noise: {missing} are not known.")
    else:
        draw_topographies(below, ratio, channels, now, layout, "signal / noise")
    save_figure(figure, png_path, pdf_path)


def _table(ncsnr: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as an array of shape (steps, channels)."""
    return ncsnr.pivot(index="step", columns="channel", values=name).to_numpy()


def regions_of(channels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the numbers of the channels of each region; of all, if there are no regions."""
    usable = channels[~channels["excluded"]]
    names = sorted({word for words in usable["rois"] for word in words} - NOT_REGIONS)
    found = {
        name: usable.loc[usable["rois"].map(lambda words, n=name: n in list(words)), "channel"]
        for name in names
    }
    return {k: v.to_numpy() for k, v in found.items()} or {
        "all sensors": usable["channel"].to_numpy()
    }


def _draw_groups(
    panel: Axes, mean: np.ndarray, channels: pd.DataFrame, now: np.ndarray, unit: str
) -> None:
    """Draw the root mean square over the sensors of each region: fields have both signs."""
    power = 0
    groups = regions_of(channels)
    courses = {k: np.sqrt(np.nanmean(mean[:, own] ** 2, axis=1)) for k, own in groups.items()}
    top = max(float(np.nanmax(course)) for course in courses.values())
    if top > 0 and not 0.01 <= top < 1000:
        power = int(np.floor(np.log10(top)))
    for colour, (name, course) in zip(COLOURS * 9, courses.items(), strict=False):
        label = f"{name} ({len(groups[name])})"
        panel.plot(now, course / 10.0**power, color=colour, lw=1.3, label=label)
    panel.axvline(0, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    panel.set_xlim(now[0], now[-1])
    panel.set_ylim(0, None)
    panel.set_xlabel("ms after onset")
    scale = f"10$^{{{power}}}$ " if power else ""
    panel.set_ylabel(f"RMS over sensors ({scale}{unit})")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1))
