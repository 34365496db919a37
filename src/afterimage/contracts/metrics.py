"""The table of metrics: one row per score, with everything needed to judge it."""

from afterimage.contracts.tables import Column, TableSchema

METRICS = TableSchema(
    "metrics",
    (
        Column("experiment", "string", "", "name of the experiment"),
        Column("subject", "string", "", "whose responses"),
        Column("roi", "string", "", "which channels; 'all' for all of them"),
        Column("model", "string", "", "decoder or encoder, by its name in the configuration"),
        Column("target", "string", "", "feature space that is compared"),
        Column("generator", "string", "", "empty where decoded features are scored"),
        Column("metric", "string", "", "name of the metric"),
        Column("value", "float64", "see unit", "the score", nullable=True),
        Column("ci_low", "float64", "see unit", "95% bootstrap interval", nullable=True),
        Column("ci_high", "float64", "see unit", "95% bootstrap interval", nullable=True),
        Column("chance", "float64", "see unit", "expected without any information", nullable=True),
        Column("null_mean", "float64", "see unit", "mean over refits on shuffled", nullable=True),
        Column("p_value", "float64", "", "permutation of the test pairing", nullable=True),
        Column("ceiling", "float64", "see unit", "best that could be reached", nullable=True),
        Column("n", "int64", "", "scored items"),
        Column("unit", "string", "", "unit of the value"),
        Column("transductive", "string", "", "what was computed over the test side; or empty"),
    ),
    key=("experiment", "subject", "roi", "model", "target", "generator", "metric"),
)
