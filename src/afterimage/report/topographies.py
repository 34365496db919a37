"""Maps of sensors on the head at a few times."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from afterimage.report.sensor_places import sensor_places
from afterimage.report.words import number

MAPS = 5
COLOUR_MAP = "inferno"


def draw_topographies(
    below: Any, values: np.ndarray, channels: pd.DataFrame, now: np.ndarray, layout: str, label: str
) -> None:
    """Draw a row of maps; negative values have the colour of zero.

    Parameters
    ----------
    below : Figure or SubFigure
    values : ndarray, shape (steps, channels)
        NaN counts as zero.
    channels : DataFrame
        Columns name and excluded, a row for each; excluded ones and those without a place are
        left out.
    now : ndarray, shape (steps,)
        In ms from the onset.
    layout : str
        Of the sensors.
    label : str
        Of the colours.
    """
    from mne.viz import plot_topomap

    places = sensor_places([str(name) for name in channels["name"]], layout)
    shown = np.isfinite(places).all(axis=1) & ~channels["excluded"].to_numpy(dtype=bool)
    norm = Normalize(0, max(float(np.nanpercentile(values, 99)), 1e-6))
    panels = below.subplots(1, MAPS)
    for panel, step in zip(panels, chosen_steps(values, now), strict=True):
        plot_topomap(
            np.nan_to_num(values[step, shown]), places[shown], axes=panel, show=False,
            cmap=COLOUR_MAP, vlim=(norm.vmin, norm.vmax), contours=0, extrapolate="local",
            sensors=False,
        )  # fmt: skip
        panel.set_title(f"{number(float(now[step]), 0)} ms", loc="center", weight="normal")
    bar = below.colorbar(ScalarMappable(norm, COLOUR_MAP), ax=list(panels), shrink=0.7)
    bar.set_label(label)
    bar.outline.set_visible(False)


def chosen_steps(values: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return the steps of the maps: evenly spaced from the onset, the best one among them.

    Parameters
    ----------
    values : ndarray, shape (steps, channels)
        The best step has the highest median.
    now : ndarray, shape (steps,)
        In ms from the onset; at least as many as there are maps.
    """
    after = np.flatnonzero(now >= 0) if (now >= 0).sum() >= MAPS else np.arange(len(now))
    even = after[np.linspace(0, len(after) - 1, MAPS).round().astype(int)]
    best = int(np.nanargmax(np.nanmedian(values, axis=1)))
    nearest = np.abs(even - best).argmin()
    return np.sort(np.where(np.arange(MAPS) == nearest, best, even))
