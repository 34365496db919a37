"""The published splits of THINGS-MEG.

References
----------
benchetrit_small, benchetrit_large: Benchetrit, Banville & King (2024), Brain decoding: toward
real-time reconstruction of visual perception, ICLR; training without the test concepts.
neuralbench: facebookresearch/neuroai, task meg/image; concepts are on both sides.
"""

import numpy as np
import pandas as pd

from afterimage.contracts.seeds import rng

SPLITS = ("benchetrit_small", "benchetrit_large", "neuralbench")
VALIDATION = 0.2  # of the runs, in neuralbench
SEED = 0


def roles_of(attributes: pd.DataFrame, sessions: list[int], split: str) -> np.ndarray:
    """Return the role of every row of a subject's table; of those that are no trials too.

    Parameters
    ----------
    attributes : DataFrame
        All rows: the concepts of the test pictures are those of the whole experiment.
    sessions : list of int
        That are read.
    split : str
        One of :data:`SPLITS`.

    Returns
    -------
    ndarray of object, shape (n,)
    """
    is_test = (attributes["trial_type"] == "test").to_numpy()
    if split == "neuralbench":
        held = _validation_runs(attributes, sessions)
        return np.select([is_test, held], ["test", "val"], "train").astype(object)
    of_test = attributes["concept"].isin(attributes["concept"][is_test]).to_numpy()
    large = split == "benchetrit_large"
    return np.select(
        [is_test, of_test],
        ["unused", "test"] if large else ["test", "unused"],
        "train",
    ).astype(object)


def _validation_runs(attributes: pd.DataFrame, sessions: list[int]) -> np.ndarray:
    """Draw a fifth of the runs; the same for every subject with the same sessions."""
    runs = attributes["session"] * 1000 + attributes["run"]
    known = np.unique(runs[attributes["session"].isin(sessions)])
    count = round(VALIDATION * len(known)) if len(known) > 1 else 0
    drawn = rng(SEED, "things_meg", "neuralbench").permutation(known)[: max(count, len(known) > 1)]
    return runs.isin(drawn).to_numpy()
