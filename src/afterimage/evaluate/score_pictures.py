"""Scores of all reconstructions of one subject, from the files of a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile
from afterimage.contracts.metrics import METRICS
from afterimage.evaluate.frames import stacked
from afterimage.evaluate.items import ITEMS
from afterimage.evaluate.score_generator import score_generator
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.sides import Space
from afterimage.evaluate.summarise import Identity


def score_pictures(
    inputs: Any,
    names: Mapping[str, str],
    *,
    rows: Sequence[Mapping[str, Any]],
    spaces: Mapping[str, dict[str, Any]],
    evaluation: dict[str, Any],
    roi: str,
    device: str,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score reconstructions, generator by generator.

    Parameters
    ----------
    inputs : object
        Paths `splits`, `stimuli`, `trials`, `images`; lists `features` with a path per space,
        `pictures` with a path per row, and `nulls` with a path per row that has null refits.
    names : mapping
        The job's wildcards, with `experiment` and `subject`.
    rows : sequence of mapping
        Keys model, target, generator and null of each kind of reconstruction, from the plan.
    spaces : mapping of str to dict
        Name and validated entry of each extractor in whose space pictures are compared.
    evaluation : dict
        The validated section of that name.
    roi : str
        Whose responses were decoded.
    device : str
        Where extractors run.
    seed : int
        The experiment's.

    Returns
    -------
    metrics : DataFrame
        In the columns of METRICS.
    items : DataFrame
        In the columns of ITEMS.
    """
    entries = zip(spaces.items(), inputs.features, strict=True)
    known = [Space(name, entry, ArrayFile(path)) for (name, entry), path in entries]
    shown = read_shown(inputs, names["subject"])
    subject = (names["experiment"], names["subject"])
    nulls = iter(inputs.nulls)
    tables = [
        score_generator(
            ImageFile(pictures),
            ImageFile(next(nulls)) if row["null"] else None,
            ImageFile(inputs.images),
            known,
            shown,
            evaluation=evaluation,
            identity=Identity(*subject, row["model"], row["target"], roi, row["generator"]),
            device=device,
            seed=seed,
        )
        for row, pictures in zip(rows, inputs.pictures, strict=True)
    ]
    metrics, items = zip(*tables, strict=True)
    return stacked(metrics, METRICS), stacked(items, ITEMS)
