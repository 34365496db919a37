"""The table of stimuli: one row per picture (or other stimulus) of a data set."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.tables import Column, TableSchema

STIMULI = TableSchema(
    "stimuli",
    (
        Column("stimulus_id", "string", "", "identifies the stimulus within the data set"),
        Column("source_id", "string", "", "what it was cut from: photograph tile, film, concept"),
        Column("category", "string", "", "what it shows, if known", nullable=True),
        Column("width", "int32", "pixel", "0 where there is no picture"),
        Column("height", "int32", "pixel", "0 where there is no picture"),
        Column("sha256", "string", "", "of the decoded picture's pixels; empty without one"),
        Column("phash", "string", "", "64-bit perceptual hash; empty without a picture"),
    ),
    key=("stimulus_id",),
)


@dataclass(frozen=True)
class Stimulus:
    """A stimulus as an adapter hands it over.

    Attributes
    ----------
    stimulus_id, source_id : str
    category : str or None
    image : ndarray of uint8, shape (height, width, 3), or None
    annotations : tuple of (kind, value)
        Captions, categories and the like, in the data set's order.
    """

    stimulus_id: str
    source_id: str
    category: str | None
    image: np.ndarray | None
    annotations: tuple[tuple[str, str], ...] = ()
