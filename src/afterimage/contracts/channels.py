"""The table of channels: coordinates and quality of each voxel, sensor or electrode."""

from afterimage.contracts.tables import Column, TableSchema

CHANNELS = TableSchema(
    "channels",
    (
        Column("channel", "int32", "", "0-based index into the last dimension of the responses"),
        Column("name", "string", "", "what the recording calls it: a sensor", nullable=True),
        Column("excluded", "bool", "", "true for channels that no model may use"),
        Column("reason", "string", "", "why it is excluded; empty otherwise"),
        Column(
            "index", "int64", "", "place in the source's grid (see geometry.py), if known", True
        ),
        Column("x", "float64", "mm", "coordinate, if known", nullable=True),
        Column("y", "float64", "mm", "coordinate, if known", nullable=True),
        Column("z", "float64", "mm", "coordinate, if known", nullable=True),
        Column("rois", "list<string>", "", "names of the regions that hold the channel"),
    ),
    key=("channel",),
)
