"""How close test stimuli come to training stimuli in feature space: a table, as a fact."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.splits import SPLITS, folds_of, training_stimuli
from afterimage.contracts.tables import Column, TableSchema, read_table
from afterimage.contracts.trials import read_trials
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.nearest import nearest_candidates

NEIGHBOURS = TableSchema(
    "neighbours",
    (
        Column("fold", "int32", "", "0-based"),
        Column("space", "string", "", "extractor whose features are compared"),
        Column("stimulus_id", "string", "", "a test stimulus of the fold, of any subject"),
        Column("nearest_id", "string", "", "its nearest training stimulus", nullable=True),
        Column("distance", "float64", "1 - r", "to that stimulus", nullable=True),
        Column(
            "reference", "float64", "1 - r",
            "median distance of the fold's training stimuli to their nearest other one",
            nullable=True,
        ),
    ),
    key=("fold", "space", "stimulus_id"),
)  # fmt: skip
# A smaller distance is rounding of the features: to the extractor the two are one picture.
EXACT_COPY = 1e-6


def measure_neighbours(inputs: Any, spaces: Sequence[str]) -> pd.DataFrame:
    """Find nearest training stimuli in every feature space, from the files of a rule.

    Parameters
    ----------
    inputs : object
        Paths `splits`; lists `trials` with a path per subject and `features` with one per space.
    spaces : sequence of str

    Returns
    -------
    DataFrame
        In the columns of NEIGHBOURS; without rows if there is no space.
    """
    splits, trials = read_table(inputs.splits, SPLITS), read_trials(inputs.trials)
    files = zip(spaces, inputs.features, strict=True)
    return stacked(
        (neighbour_rows(space, ArrayFile(path), splits, trials) for space, path in files),
        NEIGHBOURS,
    )


def neighbour_rows(
    space: str, values: ArrayFile, splits: pd.DataFrame, trials: pd.DataFrame
) -> pd.DataFrame:
    """Find the nearest training stimulus of each test stimulus in one feature space.

    Subjects are pooled, as in the audit of leakage: targets and generators learn from the
    training stimuli of all of them.

    Parameters
    ----------
    space : str
    values : ArrayFile
        Features of the stimuli, key stimulus_id.
    splits, trials : DataFrame
        In the columns of their tables; trials of all subjects.

    Returns
    -------
    DataFrame
        In the columns of NEIGHBOURS, one row per fold and test stimulus.
    """
    sides = _sides(splits, trials)
    ids = pd.Index(sorted({name for side in sides.values() for names in side for name in names}))
    rows = values.rows(stimulus_id=ids.tolist())
    training = np.array([ids.isin(known) for _, known in sides.values()], dtype=bool)
    training = training.reshape(len(sides), len(ids))
    nearest = nearest_candidates(lambda part: values.read(rows[part]), training)
    names = np.array([*ids, None], dtype=object)  # the last one is what -1 names
    frames = []
    for number, (fold, (tested, _)) in enumerate(sides.items()):
        at = ids.get_indexer(pd.Index(tested))
        distance = nearest.distance[number]
        columns = {
            "fold": np.full(len(tested), fold, dtype=np.int32),
            "space": space,
            "stimulus_id": tested,
            "nearest_id": names[nearest.index[number, at]],
            "distance": distance[at],
            "reference": _known_median(distance[training[number]]),
        }
        frames.append(pd.DataFrame(columns))
    return stacked(frames, NEIGHBOURS)


def _sides(splits: pd.DataFrame, trials: pd.DataFrame) -> dict[int, tuple[list[str], list[str]]]:
    """Return the test and the training stimuli of each fold that tests any, sorted."""
    shown = splits.merge(trials[["trial_id", "stimulus_id"]], on="trial_id")
    tested = shown[shown["role"] == "test"]
    return {
        fold: (
            sorted(tested.loc[tested["fold"] == fold, "stimulus_id"].unique()),
            training_stimuli(splits, trials, fold, with_validation=True),
        )
        for fold in folds_of(tested)
    }


def _known_median(distances: np.ndarray) -> float:
    known = distances[~np.isnan(distances)]
    return float(np.median(known)) if len(known) else float("nan")
