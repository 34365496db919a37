"""A decoder fitted in each window of time, and applied there or in every other window."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ShapeError
from afterimage.contracts.progress import progress
from afterimage.contracts.seeds import derive_seed
from afterimage.models.fitting import checked_predictions
from afterimage.models.folds import SubjectData, needs_validation
from afterimage.models.prediction_inputs import prediction_inputs
from afterimage.models.preparation import Preparations
from afterimage.models.rows import Rows
from afterimage.models.time_windows import TimeWindow


def time_resolved(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    windows: Sequence[TimeWindow],
    *,
    generalise: bool,
    seed: int,
    device: str,
    work: Path,
) -> Iterator[Rows]:
    """Fit on the training side of every fold in each window, and predict its test side.

    Responses are prepared as whole epochs, by the training side, and cut afterwards.

    Parameters
    ----------
    model_class : type
        A decoder.
    config : Entry
    subject : SubjectData
    windows : sequence of TimeWindow
    generalise : bool
        Whether each fit is also applied to all other windows (King & Dehaene 2014, Trends in
        Cognitive Sciences 18, "temporal generalisation").
    seed : int
        Of this job.
    device : str
    work : Path
        Scratch folder.

    Yields
    ------
    Rows
        With the keys ``fitted`` and ``tested``: numbers of the windows.

    Raises
    ------
    ShapeError
        If the first dimension of the responses is not time.
    """
    if subject.responses.dims[0] != "time":
        raise ShapeError(
            f"{subject.responses.path}: expected responses over time, found "
            f"{subject.responses.dims}.",
            "Leave out the section time_resolved.",
        )
    aside = needs_validation(model_class)
    for fold in subject.folds():
        whole = subject.prepare(fold, needs_validation=aside)
        for number, window in enumerate(progress(windows, len(windows), f"windows, fold {fold}")):
            data = subject.steps(window.steps).pairs(
                "decoder", fold, cut(whole, window, subject), needs_validation=aside
            )
            model = model_class(config, seed=derive_seed(seed, "fit", fold, number), device=device)
            model.fit(data, work / f"fold{fold}-window{number}")
            predict = checked_predictions(model, config, fold)
            for tested in range(len(windows)) if generalise else [number]:
                other = windows[tested]
                inputs = prediction_inputs(
                    "decoder", subject.steps(other.steps), fold, cut(whole, other, subject).own
                )
                keys = {"fitted": np.int32(number), "tested": np.int32(tested)}
                for rows in inputs.predictions(predict):
                    yield Rows(rows.keys.assign(**keys), rows.values)


def cut(whole: Preparations, window: TimeWindow, subject: SubjectData) -> Preparations:
    """Return the preparations of one window."""
    return whole.steps(window.steps, subject.responses.shape[0])
