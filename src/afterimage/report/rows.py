"""Which rows of the metrics table belong together."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from afterimage.contracts.transductive import WORD
from afterimage.report.words import TRUTH_METRICS

BASELINES = ("chance", "mean")
PRIOR = "mean"
WHOLE = "all"
# These compare pixels whatever their space is called, so that nothing needs to name it.
PIXEL_METRICS = ("pixel_correlation", "ssim")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def models_named(config: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    """Return the models of a configuration whose class has one of the given names.

    Parameters
    ----------
    config : mapping
        The resolved experiment, with its section ``models``.
    classes : sequence of str
        Such as :data:`BASELINES`, or ``[PRIOR]`` for the model that shows the prior alone.
    """
    found = []
    for name, model in config["models"].items():
        chosen = model.get("decoder") or model.get("encoder") or {}
        if chosen.get("name") in classes:
            found.append(name)
    return found


def _scored(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics[metrics["value"].notna() & ~metrics["metric"].isin(TRUTH_METRICS)]


def feature_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of decoded features and labels."""
    rows = _scored(metrics)
    return rows[(rows["generator"] == "") & ~rows["metric"].str.startswith("encoding_")]


def picture_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of reconstructed pictures."""
    rows = _scored(metrics)
    return rows[rows["generator"] != ""]


def encoding_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of predicted responses, of all regions."""
    rows = _scored(metrics)
    return rows[rows["metric"].str.startswith("encoding_")]


# What a figure of scores can show.
SCORED = {"features": feature_rows, "pictures": picture_rows, "encoding": encoding_rows}


def truth_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons with the truth of a simulation."""
    return metrics[metrics["metric"].isin(TRUTH_METRICS) & metrics["value"].notna()]


def line_label(row: Mapping[str, Any]) -> str:
    """Return what was scored, in the direction of the flow, such as "model → generator".

    A transductive score is called that.
    """
    encoded = str(row["metric"]).startswith("encoding_")
    ends = (row["target"], row["model"]) if encoded else (row["model"], row["generator"])
    return marked(f"{ends[0]} → {ends[1] or row['target']}", row)


def marked(name: str, row: Mapping[str, Any]) -> str:
    """Return a printed name of what a row scores, with the mark of a transductive score."""
    return f"{name} ({WORD})" if row["transductive"] else name


def any_transductive(rows: pd.DataFrame) -> bool:
    """Return whether a table of scores has a transductive one."""
    return bool((rows["transductive"] != "").any())
