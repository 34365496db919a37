"""The table of behaviour: what a subject did in a trial, one row per trial and measure."""

from afterimage.contracts.tables import Column, TableSchema

BEHAVIOUR = TableSchema(
    "behaviour",
    (
        Column("trial_id", "string", "", "the trial"),
        Column("measure", "string", "", "name of the measure, as the data set calls it"),
        Column("value", "float64", "see `unit`", "missing where nothing was measured", True),
        Column("unit", "string", "", "of the value; empty for counts and yes (1) or no (0)"),
    ),
    key=("trial_id", "measure"),
)
