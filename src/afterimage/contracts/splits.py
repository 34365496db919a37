"""The table of splits: one row per trial and fold. And the one rule of what may be learnt from."""

import pandas as pd

from afterimage.contracts.errors import DataError
from afterimage.contracts.tables import Column, TableSchema

ROLES = ("train", "val", "test", "unused")

SPLITS = TableSchema(
    "splits",
    (
        Column("trial_id", "string", "", "a trial of trials.parquet"),
        Column("fold", "int32", "", "0-based"),
        Column("role", "string", "", "train, val, test or unused"),
        Column("group", "string", "", "what the protocol keeps together: stimulus, source, run"),
    ),
    key=("trial_id", "fold"),
)


def folds_of(table: pd.DataFrame) -> list[int]:
    """Return the folds that a table names in its column ``fold``, ascending."""
    return sorted(int(fold) for fold in table["fold"].unique())


def training_stimuli(
    splits: pd.DataFrame, trials: pd.DataFrame, fold: int, *, with_validation: bool
) -> list[str]:
    """Return the stimuli that may be learnt from in a fold, sorted; never one that is tested.

    A stimulus that trains for one of the given subjects and is tested for another is left out.

    Parameters
    ----------
    splits : DataFrame
        In the columns of ``SPLITS``.
    trials : DataFrame
        With ``trial_id`` and ``stimulus_id``, of those who share what is learnt: of all subjects
        for a target's transform or a trained generator, of one for its own gallery.
    fold : int
    with_validation : bool
        What the role ``val`` means. True: training like any other, for what nothing is stopped
        by (galleries, means, models solved in closed form). False: stimuli kept for validation,
        of any given subject, are left out. So it is for what networks decode, transforms of
        targets and latents of trained generators: a network stops early by stimuli that must be
        as new to its targets as those of the test.

    Raises
    ------
    DataError
        If nothing is left.
    """
    here = splits.loc[splits["fold"] == fold, ["trial_id", "role"]]
    shown = here.merge(trials[["trial_id", "stimulus_id"]], on="trial_id")
    learnt, kept = ({"train", "val"}, {"test"}) if with_validation else ({"train"}, {"val", "test"})
    stimuli, role = shown["stimulus_id"], shown["role"]
    chosen = set(stimuli[role.isin(learnt)]) - set(stimuli[role.isin(kept)])
    if not chosen:
        raise DataError(
            f"splits: fold {fold} has no training stimulus: none trains, or all that do are also "
            f"{' or '.join(sorted(kept))} stimuli of some subject.",
            "Change the split so that every fold trains on stimuli that nobody is tested on.",
        )
    return sorted(chosen)
