"""The headline: the scores that a reader looks for first, and what each is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from afterimage.report.rows import (
    PIXEL_METRICS,
    WHOLE,
    encoding_rows,
    feature_rows,
    line_label,
    picture_rows,
    records,
)
from afterimage.report.words import DASH, SHORT_LABELS, interval, metric_label, number, p_value

FEATURE_METRICS = ("accuracy", "auc", "two_way", "two_way_within_category", "top1")
WITHIN_CATEGORY = "two_way_within_category"
# A wider table would not fit the page: identification within a category then has to be looked up
# in the figure of scores.
MOST_COLUMNS = 6
ENCODING_METRICS = (
    "encoding_r", "encoding_normalised_r", "encoding_r2", "encoding_normalised_r2",
    "encoding_significant",
)  # fmt: skip
PICTURE_METRICS = ("pixel_correlation", "ssim", "two_way", "two_way_within_category")


@dataclass(frozen=True)
class Cell:
    """One score as it is printed."""

    value: str
    interval: str
    small: list[str]


@dataclass(frozen=True)
class Line:
    """The scores of one model, or model and generator, of one subject."""

    subject: str
    label: str
    is_prior: bool
    cells: list[Cell | None]
    first_of: int = 0


@dataclass(frozen=True)
class Block:
    """A table of scores: one line per thing scored, one column per metric."""

    title: str
    heads: list[tuple[str, list[str]]]
    lines: list[Line]


def headline_rows(
    metrics: pd.DataFrame, baselines: Sequence[str], priors: Sequence[str]
) -> pd.DataFrame:
    """Return the headline scores in long form.

    Parameters
    ----------
    metrics : DataFrame
        In the columns of METRICS.
    baselines : sequence of str
        Models that ignore the brain. Their decoded features are left to the full table; their
        pictures stay, for they are what a generator makes without a brain.
    priors : sequence of str
        Those of them that predict the mean of the training stimuli.

    Returns
    -------
    DataFrame
        In the columns of METRICS and one more, ``prior``: the score of the mean prediction under
        the same subject, generator, target and metric.
    """
    features, pictures = feature_rows(metrics), picture_rows(metrics)
    encoding = encoding_rows(metrics)
    encoding = encoding[encoding["metric"].isin(ENCODING_METRICS)]
    whole = bool((encoding["roi"] == WHOLE).any())
    kept = [
        features[features["metric"].isin(FEATURE_METRICS) & ~features["model"].isin(baselines)],
        pictures[pictures["metric"].isin(PICTURE_METRICS)],
        encoding[encoding["roi"].isin([WHOLE]) if whole else encoding["roi"].notna()],
    ]
    rows = pd.concat(kept, ignore_index=True)
    same = ["subject", "roi", "target", "generator", "metric"]
    prior = metrics[metrics["model"].isin(priors)].drop_duplicates(same)[[*same, "value"]]
    return rows.merge(prior.rename(columns={"value": "prior"}), on=same, how="left")


def headline_blocks(
    metrics: pd.DataFrame, baselines: Sequence[str], priors: Sequence[str]
) -> list[Block]:
    """Arrange the headline scores as up to three tables: pictures, features, responses."""
    rows = headline_rows(metrics, baselines, priors)
    named = (
        ("Reconstructed pictures", picture_rows(rows), PICTURE_METRICS),
        ("Decoded features", feature_rows(rows), FEATURE_METRICS),
        ("Predicted responses", encoding_rows(rows), ENCODING_METRICS),
    )
    return [_block(title, part, order, baselines) for title, part, order in named if not part.empty]


def _block(title: str, rows: pd.DataFrame, order: Sequence[str], baselines: Sequence[str]) -> Block:
    rows = rows.copy()
    pictures = rows["generator"] != ""
    rows["space"] = rows["target"].where(pictures & ~rows["metric"].isin(PIXEL_METRICS), "")
    rows["line"] = [line_label(row) for row in records(rows)]
    columns = _columns(rows, order)
    parts = {column: _of_column(rows, column) for column in columns}
    chances = {column: _shared_chance(part) for column, part in parts.items()}
    heads = [
        (_column_label(column), _column_note(parts[column], chances[column])) for column in columns
    ]
    lines = []
    for subject in rows["subject"].unique():
        mine = rows[rows["subject"] == subject]
        labels = mine.sort_values(
            "model", key=lambda models: models.isin(baselines), kind="stable"
        )["line"].unique()
        for number_, label in enumerate(labels):
            own = mine[mine["line"] == label]
            cells = [_cell(_of_column(own, c), chances[c]) for c in columns]
            prior = bool(own["model"].isin(baselines).all())
            span = 0 if number_ else len(labels)
            lines.append(Line(subject, label, prior, cells, span))
    return Block(title, heads, lines)


def _columns(rows: pd.DataFrame, order: Sequence[str]) -> list[tuple[str, str]]:
    """Return the columns of a block as (metric, space), as many as fit."""
    columns = sorted(
        dict.fromkeys(zip(rows["metric"], rows["space"], strict=True)),
        key=lambda column: order.index(column[0]),
    )
    if len(columns) > MOST_COLUMNS:
        return [column for column in columns if column[0] != WITHIN_CATEGORY]
    return columns


def _of_column(rows: pd.DataFrame, column: tuple[str, str]) -> pd.DataFrame:
    return rows[(rows["metric"] == column[0]) & (rows["space"] == column[1])]


def _shared_chance(rows: pd.DataFrame) -> float | None:
    """Return the level of chance of a column, if all its scores have the same."""
    levels = rows["chance"].round(6).unique()
    return float(levels[0]) if len(levels) == 1 and levels[0] == levels[0] else None


def _column_label(column: tuple[str, str]) -> str:
    metric, space = column
    label = SHORT_LABELS.get(metric, metric_label(metric))
    return f"{label}, {space}" if space else label


def _column_note(rows: pd.DataFrame, chance: float | None) -> list[str]:
    units = rows["unit"].unique()
    inside = units[0].partition("(")[2].rstrip(")") if len(units) == 1 else ""
    sizes = sorted(rows["n"].unique())
    n = f"n = {sizes[0]}" if len(sizes) == 1 else f"n = {sizes[0]}{DASH}{sizes[-1]}"
    parts = [f"chance {_short(chance)}" if chance is not None else "", inside, n]
    return [part for part in parts if part]


def _short(value: float) -> str:
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cell(rows: pd.DataFrame, shared_chance: float | None) -> Cell | None:
    if rows.empty:
        return None
    row = records(rows)[0]
    small = []
    if shared_chance is None and pd.notna(row["chance"]):
        small.append(f"chance {number(row['chance'])}")
    if pd.notna(row["null_mean"]):
        small.append(f"null {number(row['null_mean'])}")
    if pd.notna(row["p_value"]):
        small.append(f"p {_equals(p_value(row['p_value']))}")
    if pd.notna(row["ceiling"]):
        small.append(f"ceiling {number(row['ceiling'])}")
    return Cell(number(row["value"]), interval(row["ci_low"], row["ci_high"]), small)


def _equals(text: str) -> str:
    return text if text.startswith("<") else f"= {text}"
