"""The table of clusters: which stimuli an extractor's features put together."""

from afterimage.contracts.tables import Column, TableSchema

CLUSTERS = TableSchema(
    "clusters",
    (
        Column("stimulus_id", "string", "", "the stimulus"),
        Column("cluster", "int32", "", "0-based; the order of the numbers means nothing"),
        Column("distance", "float64", "SD", "to the cluster's centre, in standardised features"),
    ),
    key=("stimulus_id",),
)
