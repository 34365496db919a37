"""The table of time-resolved scores: one row per fitted and tested window of time."""

from afterimage.contracts.tables import Column, TableSchema

TIME_RESOLVED = TableSchema(
    "time_resolved",
    (
        Column("subject", "string", "", "whose responses"),
        Column("analysis", "string", "", "name of the analysis in the configuration"),
        Column("fitted", "int32", "", "0-based number of the window that was fitted"),
        Column("tested", "int32", "", "0-based number of the window that was tested"),
        Column("fitted_first", "float64", "s", "first sample of the fitted window, from onset"),
        Column("fitted_last", "float64", "s", "last sample of the fitted window"),
        Column("tested_first", "float64", "s", "first sample of the tested window"),
        Column("tested_last", "float64", "s", "last sample of the tested window"),
        Column("value", "float64", "see unit", "the score", nullable=True),
        Column("ci_low", "float64", "see unit", "95% bootstrap interval", nullable=True),
        Column("ci_high", "float64", "see unit", "95% bootstrap interval", nullable=True),
        Column("null_low", "float64", "see unit", "95% of random pairings", nullable=True),
        Column("null_high", "float64", "see unit", "95% of random pairings", nullable=True),
        Column("null_max", "float64", "see unit", "95% of maxima over all windows", nullable=True),
        Column("chance", "float64", "see unit", "expected without any information", nullable=True),
        Column("p_value", "float64", "", "permutation of the test pairing", nullable=True),
        Column("n", "int64", "", "scored items"),
        Column("unit", "string", "", "unit of the value"),
    ),
    key=("subject", "analysis", "fitted", "tested"),
)
