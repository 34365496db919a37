"""The captions of each stimulus, from a data set's annotations."""

import pandas as pd

from afterimage.contracts.errors import DataError


def with_captions(stimuli: pd.DataFrame, annotations: pd.DataFrame) -> pd.DataFrame:
    """Return the table of stimuli with one more column, ``captions``.

    Parameters
    ----------
    stimuli : DataFrame
    annotations : DataFrame
        In the columns of ANNOTATIONS; rows of the kind "caption" are read. Empty texts do not
        count.

    Returns
    -------
    DataFrame
        ``captions`` holds a tuple of texts, in their order.

    Raises
    ------
    DataError
        If a stimulus has no caption; it names some.
    """
    rows = annotations[annotations["kind"] == "caption"]
    rows = rows[rows["value"].str.strip() != ""].sort_values(["stimulus_id", "number"])
    known = rows.groupby("stimulus_id")["value"].agg(tuple)
    captions = stimuli["stimulus_id"].map(known)
    bare = stimuli.loc[captions.isna(), "stimulus_id"].tolist()
    if bare:
        raise DataError(
            f"annotations table: {len(bare)} of {len(stimuli)} stimuli have no caption, such as "
            f"{bare[:5]}.",
            "Let the data set read captions (of NSD: coco: true in its file), or choose an "
            "extractor that reads pictures.",
        )
    return stimuli.assign(captions=captions)
