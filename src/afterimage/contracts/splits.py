"""The table of splits: one row per trial and fold."""

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
