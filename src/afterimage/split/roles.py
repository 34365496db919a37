"""What happens to the roles of a fold after the protocol: fewer training trials, validation."""

import numpy as np
import pandas as pd

from afterimage.contracts.seeds import rng

# An array of roles has the shape (n_trials,), in the order of the trials `shown`; see
# afterimage.split.inputs.SplitInputs.shown. None of these functions touches a test trial.


def keep_first_sessions(shown: pd.DataFrame, roles: np.ndarray, count: int) -> np.ndarray:
    """Leave training and validation trials to each subject's first sessions.

    The sessions of a subject are counted in their order, whatever their numbers: the first one
    of a recording that begins with session 3 is session 3.
    """
    rank = shown.groupby("subject")["session"].rank(method="dense").to_numpy()
    return _unused_where(roles, (rank > count) & np.isin(roles, ["train", "val"]))


def exclude_tested(shown: pd.DataFrame, roles: np.ndarray, column: str) -> np.ndarray:
    """Take training trials away whose stimulus (or source) is tested in this fold.

    Tested by any subject: targets and generators are fitted on all subjects' training stimuli.
    """
    tested = shown.loc[roles == "test", column].unique()
    known = shown[column].isin(tested).to_numpy()
    return _unused_where(roles, known & np.isin(roles, ["train", "val"]))


def carve_validation(shown: pd.DataFrame, roles: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Turn a share of the training stimuli into validation stimuli, sources kept together.

    A source (the tile of a photograph) goes as a whole, so that validation is as far from
    training as the test is.
    """
    train = roles == "train"
    sources = np.array(sorted(shown.loc[train, "source_id"].unique()))
    drawn = rng(seed, "split", "validation").permutation(sources)
    chosen = set(drawn[: max(1, round(share * len(sources)))])
    result = roles.copy()
    result[train & shown["source_id"].isin(chosen).to_numpy()] = "val"
    return result


def _unused_where(roles: np.ndarray, taken: np.ndarray) -> np.ndarray:
    result = roles.copy()
    result[taken] = "unused"
    return result
