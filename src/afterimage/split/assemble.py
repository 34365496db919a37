"""The table of splits: the protocol's folds, narrowed, with validation, checked."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import SPLITS
from afterimage.split.groups import GROUP_COLUMN, label_trials
from afterimage.split.inputs import SplitInputs
from afterimage.split.protocols import PROTOCOLS
from afterimage.split.roles import carve_validation, exclude_tested, keep_first_sessions

UNGROUPED = "none"


def make_splits(inputs: SplitInputs) -> pd.DataFrame:
    """Give each trial a role in each fold.

    Returns
    -------
    DataFrame
        In the columns of ``SPLITS``.

    Raises
    ------
    DataError
        If a subject would have no training or no test trials in a fold, or the data lack what is
        asked for.
    """
    settings = inputs.settings
    shown = inputs.shown()
    shown["group"] = label_trials(shown, settings.get("group", "stimulus"))
    labels = shown["group"].astype(str).where(shown["group"].notna(), UNGROUPED)
    parts = []
    for fold, roles in enumerate(_protocol_roles(shown, settings, inputs.seed)):
        finished = _finish_roles(shown, roles, settings, inputs.seed)
        _check_fold(shown["subject"], finished, fold, settings)
        parts.append(
            pd.DataFrame(
                {
                    "trial_id": shown["trial_id"],
                    "fold": np.int32(fold),
                    "role": finished,
                    "group": labels,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[SPLITS.names].astype({"fold": "int32"})


def _protocol_roles(
    shown: pd.DataFrame, settings: dict[str, Any], seed: int
) -> Iterator[np.ndarray]:
    """Yield the roles of each fold; trials of no group are unused."""
    grouped = shown["group"].notna().to_numpy()
    for roles in PROTOCOLS[settings["protocol"]](shown[grouped], settings, seed):
        whole = np.full(len(shown), "unused", dtype=object)
        whole[grouped] = roles
        yield whole


def _finish_roles(
    shown: pd.DataFrame, roles: np.ndarray, settings: dict[str, Any], seed: int
) -> np.ndarray:
    """Narrow the training side of a fold, then carve validation from what is left."""
    if settings["first_sessions"] is not None:
        roles = keep_first_sessions(shown, roles, settings["first_sessions"])
    excluded = settings.get("exclude_tested", "none")
    if excluded != "none":
        roles = exclude_tested(shown, roles, GROUP_COLUMN[excluded])
    if settings["validation"] > 0 and (roles == "train").any():
        roles = carve_validation(shown, roles, settings["validation"], seed)
    return roles


def _check_fold(
    subjects: pd.Series, roles: np.ndarray, fold: int, settings: dict[str, Any]
) -> None:
    """Check that every subject trains and is tested; a model would fail on it hours later."""
    counts = pd.crosstab(subjects, roles)
    for role in ("train", "test"):
        without = counts.index if role not in counts else counts.index[counts[role] == 0]
        if len(without):
            name = without[0]
            found = ", ".join(f"{n} {kind}" for kind, n in counts.loc[name].items() if n)
            raise DataError(
                f"split.protocol {settings['protocol']}: fold {fold} has no {role} trials of "
                f"{name}. Found: {found}.",
                _remedy(role, settings),
            )


def _remedy(role: str, settings: dict[str, Any]) -> str:
    asked = {
        "split.first_sessions": settings["first_sessions"] is not None,
        "split.exclude_tested": settings.get("exclude_tested", "none") != "none",
    }
    narrowed = [key for key, is_set in asked.items() if is_set]
    if role == "train" and narrowed:
        return f"Loosen {' or '.join(narrowed)}, or choose another group."
    if settings["protocol"] == "published":
        return (
            "Choose another protocol, or check how the data set's file in config/datasets/ names "
            "its published roles."
        )
    return "Choose another group, fewer folds (protocol kfold), or leave the subject out."
