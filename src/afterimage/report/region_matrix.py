"""Encoding scores of regions as numbers on colours, where bars would be too many."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from afterimage.report.rows import WHOLE, line_label, records
from afterimage.report.style import INK, WIDTH, panels_of
from afterimage.report.words import number

ROW_INCHES = 0.26
# From this share of the largest score a cell is dark enough for white digits.
DARK = 0.6


def draw_matrices(
    rows: pd.DataFrame,
    drawn: Sequence[tuple[str, str, str]],
    regions: Sequence[str],
    names: dict[str, str],
) -> Figure:
    """Draw one matrix per score: encoders down, regions across, the mean over subjects in a cell.

    Parameters
    ----------
    rows : DataFrame
        In the columns of METRICS.
    drawn : sequence of (model, target, metric)
        Encoders in their order; each matrix has those that have its score.
    regions : sequence of str
    names : dict of str to str
        What each score is called.

    Returns
    -------
    Figure
    """
    metrics = list(dict.fromkeys(metric for *_, metric in drawn))
    most = max(sum(one[2] == metric for one in drawn) for metric in metrics)
    figure = Figure(figsize=(WIDTH, len(metrics) * (most * ROW_INCHES + 0.9)), layout="constrained")
    for panel, metric in zip(panels_of(figure, len(metrics), 1), metrics, strict=True):
        means, labels = [], []
        for model, target, _ in (one for one in drawn if one[2] == metric):
            mine = rows[(rows["model"] == model) & (rows["target"] == target)]
            labels.append(line_label(records(mine)[0]))
            scores = mine[mine["metric"] == metric].groupby("roi")["value"].mean()
            means.append(scores.reindex(list(regions)).to_numpy())
        values = np.array(means)
        panel.imshow(values, cmap="Blues", vmin=min(0.0, np.nanmin(values)), aspect="auto")
        dark = DARK * np.nanmax(values)
        for (line, place), value in np.ndenumerate(values):
            text = "n/a" if np.isnan(value) else number(float(value), 2)
            colour = "white" if value > dark else INK
            panel.text(place, line, text, ha="center", va="center", fontsize=7, color=colour)
        panel.set_yticks(range(len(labels)), labels)
        across = ["all channels" if region == WHOLE else region for region in regions]
        turned = sum(map(len, across)) > 80
        panel.set_xticks(range(len(across)), across, rotation=35 if turned else 0)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        count = rows["subject"].nunique()
        over = "mean over channels" + (f" and {count} subjects" if count > 1 else "")
        panel.set_title(f"{names[metric]} ({over})")
    return figure
