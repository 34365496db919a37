"""The table of annotations: captions, categories and origins of stimuli, as texts."""

from afterimage.contracts.tables import Column, TableSchema

ANNOTATIONS = TableSchema(
    "annotations",
    (
        Column("stimulus_id", "string", "", "the stimulus"),
        Column("kind", "string", "", "caption, category, coco_id, crop_box ..."),
        Column("number", "int32", "", "0-based, for several of one kind"),
        Column("value", "string", "", "as text"),
    ),
    key=("stimulus_id", "kind", "number"),
)
