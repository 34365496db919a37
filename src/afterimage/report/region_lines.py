"""The regions of an encoder in numbers: how well, of how much, and in how many channels."""

import pandas as pd

from afterimage.report.rows import WHOLE, encoding_rows, records
from afterimage.report.words import MISSING, count, interval, metric_label, number

SHARE = "encoding_significant"
SCORES = ("encoding_r", "encoding_median_r", "encoding_normalised_r", "encoding_r2",
          "encoding_normalised_r2")  # fmt: skip


def region_table(metrics: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return head and lines of a table with a line per subject, encoder and region.

    Parameters
    ----------
    metrics : DataFrame
        In the columns of METRICS. Metrics that nobody asked for have no column.
    """
    rows = encoding_rows(metrics)
    shown = [name for name in SCORES if (rows["metric"] == name).any()]
    counted = bool((rows["metric"] == SHARE).any())
    head = ["subject", "encoder", "region", *(["channels"] if counted else [])]
    head += [metric_label(name) for name in shown]
    head += [metric_label(SHARE)] if counted else []
    lines = []
    for (subject, model, target, roi), part in rows.groupby(
        ["subject", "model", "target", "roi"], sort=False
    ):
        values = {row["metric"]: row for row in records(part)}
        share = values.get(SHARE)
        name = "all channels" if roi == WHOLE else str(roi)
        line = [str(subject), f"{target} → {model}", name]
        line += [MISSING if share is None else count(share["n"])] if counted else []
        line += [_score(values.get(metric)) for metric in shown]
        line += [_percent(share)] if counted else []
        lines.append(line)
    return head, lines


def significance_sentence(metrics: pd.DataFrame, blocks: str | int) -> str:
    """Say how significance was decided; nothing if it was not."""
    rows = metrics[metrics["metric"] == SHARE]
    if rows.empty:
        return ""
    level = str(rows["unit"].iloc[0]).partition("(")[2].rstrip(")")
    exchanged = {"stimulus": "stimuli", "run": "runs", "session": "sessions"}.get(
        str(blocks), f"blocks of {blocks} consecutive rows"
    )
    return (
        f"Significant: Benjamini-Hochberg over all channels (and times) of an encoder, {level}, on "
        f"one-sided p-values by permutation of {exchanged}. It is a statement about the list as a "
        "whole: the stated share of what it names is expected to be chance."
    )


def normalised_sentence(metrics: pd.DataFrame, floor: float) -> str:
    """Say which channels have a normalised score, and that none was clipped; or nothing."""
    rows = metrics[(metrics["metric"] == "encoding_normalised_r") & (metrics["roi"] == WHOLE)]
    if rows.empty:
        return ""
    parts = [
        f"{row['subject']}, {row['target']} → {row['model']}: "
        + str(row["unit"]).partition("(")[2].rstrip(")")
        for row in records(rows)
    ]
    return (
        f"Normalised scores are of channels whose noise ceiling is a correlation of at least "
        f"{floor:g}; none is clipped ({'; '.join(parts)})."
    )


def _score(row: dict | None) -> str:
    if row is None:
        return MISSING
    return f"{number(row['value'])} {interval(row['ci_low'], row['ci_high'])}"


def _percent(row: dict | None) -> str:
    return MISSING if row is None else f"{100 * row['value']:.1f}%"
