"""Which reconstructions a grid shows: chosen by a rule, never by hand."""

import pandas as pd

from afterimage.contracts.errors import ConfigError
from afterimage.report.rows import PIXEL_METRICS
from afterimage.report.words import count, metric_label

KEY = ["fold", "stimulus_id", "trial_id"]
TIE_METRIC = "pixel_correlation"
RANKS = ("best", "median", "worst")


def choose_columns(items: pd.DataFrame, metric: str, space: str, columns: int) -> pd.DataFrame:
    """Choose equal numbers of best, median and worst reconstructions.

    Parameters
    ----------
    items : DataFrame
        Columns fold, stimulus_id, trial_id, metric, space, score: one generator's scores.
    metric, space : str
        The score that ranks. Ties go by pixel correlation, then by stimulus and trial id.
    columns : int
        How many columns there is room for; a multiple of three is used, at least three.

    Returns
    -------
    DataFrame
        Columns fold, stimulus_id, trial_id, score, rank ("best", "median" or "worst"), in the
        order of the grid. With fewer than three reconstructions all are "best".
    """
    ranked = ranking(items, metric, space)
    n = len(ranked)
    if n < len(RANKS):
        return ranked.assign(rank=RANKS[0])
    each = max(1, min(columns // 3, n // 3))
    middle = (n - each) // 2
    parts = (ranked[:each], ranked[middle : middle + each], ranked[n - each :])
    chosen = [part.assign(rank=rank) for part, rank in zip(parts, RANKS, strict=True)]
    return pd.concat(chosen, ignore_index=True)


def scores_of(items: pd.DataFrame, metric: str, space: str) -> pd.DataFrame:
    """Return fold, stimulus_id, trial_id and score of one metric in one space.

    Raises
    ------
    ConfigError
        If the metric was not scored there.
    """
    mine = items[items["metric"] == metric]
    if metric not in PIXEL_METRICS:
        mine = mine[mine["space"] == space]
    mine = mine[mine["score"].notna()][[*KEY, "score"]]
    if mine.empty:
        known = items[["metric", "space"]].drop_duplicates().itertuples(index=False)
        scored = ", ".join(sorted(f"{metric} ({space})" for metric, space in known))
        raise ConfigError(
            f"report.rank_by: '{metric}' in the space '{space}' was not scored. "
            f"Found: {scored or 'nothing'}.",
            "Add the metric to evaluation.metrics, or rank by one of those that were scored.",
        )
    return mine


def ranking(items: pd.DataFrame, metric: str, space: str) -> pd.DataFrame:
    """Return the scores of one metric and space, best first, ties resolved."""
    mine = scores_of(items, metric, space)
    ties = items[items["metric"] == TIE_METRIC][[*KEY, "score"]]
    ties = ties.drop_duplicates(KEY).rename(columns={"score": "tie"})
    ranked = mine.merge(ties, on=KEY, how="left").sort_values(
        ["score", "tie", "stimulus_id", "trial_id", "fold"],
        ascending=[False, False, True, True, True],
        kind="stable",
        ignore_index=True,
    )
    return ranked.drop(columns="tie")


def rule_text(items: pd.DataFrame, metric: str, space: str, columns: int, ranked_by: str) -> str:
    """Say in one sentence by which rule the columns of a grid were chosen."""
    n = len(ranking(items, metric, space))
    each = max(1, min(columns // 3, n // 3))
    place = "" if metric in PIXEL_METRICS else f" in {space}"
    if n < len(RANKS):
        return f"All {n} held-out pictures."
    return (
        f"The {each} best, {each} median and {each} worst of {count(n)} held-out pictures by "
        f"{metric_label(metric).lower()}{place} of “{ranked_by}”; "
        "ties by its pixel correlation, then by id."
    )
