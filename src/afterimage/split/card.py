"""The card of a split: what was asked for, what came out, and one number to compare it by."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import ROLES
from afterimage.split.inputs import SplitInputs

# What `split.expect` counts: role of the configuration, and the roles of the table behind it.
COUNTED = {"train": ("train", "val"), "test": ("test",)}


def describe_split(splits: pd.DataFrame, inputs: SplitInputs) -> dict[str, Any]:
    """Describe a split; written to split.json.

    Parameters
    ----------
    splits : DataFrame
        In the columns of ``SPLITS``.
    inputs : SplitInputs
        What it was made from.

    Returns
    -------
    dict
        Settings, seed, sha256, and per fold the numbers of trials and distinct stimuli of each
        role: of each subject, and of all together.
    """
    return {
        "settings": inputs.settings,
        "seed": inputs.seed,
        "sha256": fingerprint(splits),
        "folds": [
            {"fold": int(str(fold)), **_count_fold(rows.merge(inputs.trials, on="trial_id"))}
            for fold, rows in splits.groupby("fold")
        ],
    }


def fingerprint(splits: pd.DataFrame) -> str:
    """Return the SHA-256 of a split: the same for two labs that split the same trials alike.

    The hash is that of one UTF-8 line "trial_id, tab, fold, tab, role" per row, sorted by trial
    and then by fold, each ended by a line feed. The column `group` does not count: it explains a
    role and does not change it.
    """
    digest = hashlib.sha256()
    # Numbers in the order of the names: sorting millions of texts takes a minute.
    numbers, names = pd.factorize(splits["trial_id"], sort=True)
    order = np.lexsort((splits["fold"], numbers))
    columns = (np.asarray(names, dtype=object)[numbers], splits["fold"], splits["role"])
    rows = zip(*(np.asarray(column, dtype=object)[order] for column in columns), strict=True)
    for trial, fold, role in rows:
        digest.update(f"{trial}\t{fold}\t{role}\n".encode())
    return digest.hexdigest()


def _count_fold(rows: pd.DataFrame) -> dict[str, Any]:
    subjects = {str(name): _count_roles(part) for name, part in rows.groupby("subject")}
    return {"subjects": subjects, "together": _count_roles(rows)}


def _count_roles(rows: pd.DataFrame) -> dict[str, Any]:
    """Count trials and distinct stimuli of each role, and of the whole training side."""
    counts = {role: _count(rows[rows["role"] == role]) for role in ROLES}
    side = _count(rows[rows["role"].isin(COUNTED["train"])])
    return {**counts, "train_and_val": side}


def _count(rows: pd.DataFrame) -> dict[str, int]:
    return {"trials": len(rows), "stimuli": int(rows["stimulus_id"].nunique())}


def check_expected(card: dict[str, Any]) -> None:
    """Compare the distinct stimuli of fold 0 with ``split.expect``.

    Raises
    ------
    DataError
        With what was expected and what each subject has.
    """
    expected = card["settings"]["expect"] or {}
    wrong = []
    for side, key in (("train", "train_and_val"), ("test", "test")):
        found = {
            name: roles[key]["stimuli"] for name, roles in card["folds"][0]["subjects"].items()
        }
        wanted = expected.get(side)
        if wanted is not None and set(found.values()) != {wanted}:
            listed = ", ".join(f"{name} {count}" for name, count in found.items())
            wrong.append(f"expected {wanted} distinct {side} stimuli. Found: {listed}")
    if wrong:
        raise DataError(
            f"split.expect: {'; '.join(wrong)}.",
            "Check subjects, sessions and the split's version (docs/split.md has the published "
            "counts), or correct split.expect.",
        )
