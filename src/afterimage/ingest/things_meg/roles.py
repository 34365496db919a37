"""The published splits of THINGS-MEG.

References
----------
benchetrit_small, benchetrit_large: Benchetrit, Banville & King (2024), Brain decoding: toward
real-time reconstruction of visual perception, ICLR; training without the test concepts.
neuralbench: facebookresearch/neuroai, task meg/image; concepts are on both sides. Its validation
set, a fifth of the runs, is left to the experiment: a run's pictures are in other runs of the other
subjects, so that whole runs would be a leak where subjects are pooled.
"""

import numpy as np
import pandas as pd

NEURALBENCH = "neuralbench"
SPLITS = ("benchetrit_small", "benchetrit_large", NEURALBENCH)


def roles_of(attributes: pd.DataFrame, split: str) -> np.ndarray:
    """Return the role of every row of a subject's table; of those that are no trials too.

    Parameters
    ----------
    attributes : DataFrame
        All rows: the concepts of the test pictures are those of the whole experiment.
    split : str
        One of :data:`SPLITS`.

    Returns
    -------
    ndarray of object, shape (n,)
    """
    is_test = (attributes["trial_type"] == "test").to_numpy()
    if split == NEURALBENCH:
        return np.where(is_test, "test", "train").astype(object)
    of_test = attributes["concept"].isin(attributes["concept"][is_test]).to_numpy()
    large = split == "benchetrit_large"
    return np.select(
        [is_test, of_test],
        ["unused", "test"] if large else ["test", "unused"],
        "train",
    ).astype(object)
