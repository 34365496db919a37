"""The audit of leakage: whether the training side knows a test stimulus."""

from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import LeakError
from afterimage.contracts.phash import hamming_matrix

NAMED = 5
SIDES = (("test", ("train", "val")), ("val", ("train",)))


def audit_splits(
    splits: pd.DataFrame, trials: pd.DataFrame, stimuli: pd.DataFrame, settings: dict[str, Any]
) -> dict[str, Any]:
    """Compare the sides of each fold, over all subjects at once.

    Subjects are pooled because targets and generators are fitted on the union of their training
    stimuli: what one subject trains on must not be what another is tested on.

    Parameters
    ----------
    splits, trials, stimuli : DataFrame
        In the columns of their tables.
    settings : dict
        The validated `audit` section, with `known_sources`: the protocol because of which
        `source` is off, if there is one.

    Returns
    -------
    dict
        What was checked and how close the sides come; written to audit.json.

    Raises
    ------
    LeakError
        Naming the stimuli that are on both sides.
    """
    shown = splits.merge(trials[["trial_id", "stimulus_id"]], on="trial_id")
    table = stimuli.set_index("stimulus_id")
    folds = []
    for fold, rows in shown.groupby("fold"):
        ids = {role: sorted(part["stimulus_id"].unique()) for role, part in rows.groupby("role")}
        record: dict[str, Any] = {"fold": int(str(fold))}
        record["stimuli"] = {role: len(names) for role, names in sorted(ids.items())}
        for held_out, others in SIDES:
            held = ids.get(held_out, [])
            known = sorted({name for role in others for name in ids.get(role, [])})
            if held and known:
                closeness = check_sides(
                    table.loc[held], table.loc[known], settings, f"fold {fold}, {held_out}"
                )
                record[f"{held_out}_closest_bits"] = closeness
                sources = [table.loc[side, "source_id"] for side in (held, known)]
                record[f"{held_out}_sources"] = {
                    "all": int(sources[0].nunique()),
                    "known": len(set(sources[0]) & set(sources[1])),
                }
        folds.append(record)
    return {"settings": settings, "folds": folds, "passed": True}


def check_sides(
    held: pd.DataFrame, known: pd.DataFrame, settings: dict[str, Any], where: str
) -> dict[str, float] | None:
    """Stop on a stimulus, a picture, a source or a near-duplicate that is on both sides.

    Returns
    -------
    dict or None
        Smallest, median and largest Hamming distance from a held-out picture to the nearest
        picture of the other side; None where there are no pictures.
    """
    _refuse(where, "the same stimulus", sorted(set(held.index) & set(known.index)))
    pictures = held["sha256"][held["sha256"] != ""]
    same = pictures[pictures.isin(set(known["sha256"]))]
    _refuse(where, "the same picture under another id", sorted(same.index))
    if settings["source"]:
        sources = sorted(set(held["source_id"]) & set(known["source_id"]))
        _refuse(where, "one source", [_with_source(held, name) for name in sources])
    return _check_hashes(held, known, settings["near_duplicate_bits"], where)


def _with_source(held: pd.DataFrame, source: str) -> str:
    return f"{held.index[held['source_id'] == source][0]} (source {source})"


def _check_hashes(
    held: pd.DataFrame, known: pd.DataFrame, bits: int, where: str
) -> dict[str, float] | None:
    ours = held["phash"][held["phash"] != ""]
    theirs = known["phash"][known["phash"] != ""]
    if ours.empty or theirs.empty:
        return None
    distances = hamming_matrix(ours.tolist(), theirs.tolist())
    nearest = distances.argmin(axis=1)
    closest = distances[np.arange(len(ours)), nearest]
    pairs = [
        f"{ours.index[int(i)]} ~ {theirs.index[int(nearest[i])]} ({closest[i]} bits)"
        for i in np.flatnonzero(closest <= bits)
    ]
    _refuse(where, f"near-duplicates (at most {bits} bits of the perceptual hash apart)", pairs)
    return {
        "smallest": float(closest.min()),
        "median": float(np.median(closest)),
        "largest": float(closest.max()),
    }


def _refuse(where: str, what: str, found: list[str]) -> None:
    if not found:
        return
    more = f" and {len(found) - NAMED} more, all in the log" if len(found) > NAMED else ""
    raise LeakError(
        f"leak in {where}: {what} on both sides of the split: {', '.join(found[:NAMED])}{more}.",
        "Remove them, choose a split that keeps them together (split.group) or does not train on "
        "them (split.exclude_tested), or change what counts as a leak (audit.*), which the report "
        "will state.",
        details=found,
    )
