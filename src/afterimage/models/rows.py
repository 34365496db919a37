"""Predictions on their way to a file: values with the keys of their rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayWriter
from afterimage.contracts.config.base import Entry
from afterimage.models.checks import require_finite
from afterimage.models.flat import flattened
from afterimage.models.folds import Kind, SubjectData

KEYS = {"fold": "int32", "stimulus_id": "string", "trial_id": "string", "n_trials": "int32"}


@dataclass(frozen=True)
class Rows:
    """Predictions of one fold (or one refit), or a block of them, with the keys of their rows.

    Attributes
    ----------
    keys : DataFrame
        ``fold``, ``stimulus_id``, ``trial_id`` (the first of those averaged), ``n_trials``, and
        numbers that tell predictions of one trial apart: ``refit`` of nulls, windows of time.
    values : ndarray of float32, shape (n, q)
    """

    keys: pd.DataFrame
    values: np.ndarray


def with_fold(keys: pd.DataFrame, fold: int) -> pd.DataFrame:
    """Put the fold in front of the keys of samples."""
    return keys.assign(fold=np.int32(fold))[list(KEYS)]


def checked(values: np.ndarray, config: Entry, fold: int) -> np.ndarray:
    """Refuse predictions that are not numbers; return them as float32."""
    flat = flattened(np.asarray(values, dtype=np.float32))
    require_finite(flat, f"predictions of '{getattr(config, 'name', '?')}', fold {fold}")
    return flat


def write_rows(
    path: Path | str,
    rows: Iterator[Rows],
    kind: Kind,
    subject: SubjectData,
    provenance: Mapping[str, Any],
) -> None:
    """Stream predictions to an array file, in the shape of what was predicted.

    Parameters
    ----------
    path : Path or str
    rows : iterator of Rows
    kind : "decoder" or "encoder"
        Rows of an encoder (and measured responses) have the shape of a response, with the used
        channels as the last dimension; their numbers stand in the provenance as ``channels``.
    subject : SubjectData
    provenance : mapping
        The choices of the section ``responses`` are added.
    """
    shape, dims, unit = prediction_layout(kind, subject)
    first = next(rows, None)
    more = [] if first is None else [str(name) for name in first.keys if name not in KEYS]
    keys = KEYS | dict.fromkeys(more, "int32")
    settings = subject.settings
    details: dict[str, Any] = {
        **provenance,
        "responses": settings.record(),
        "uses_test_responses": settings.uses_test_responses,
    }
    if kind == "encoder":
        details["channels"] = subject.kept.tolist()
    with ArrayWriter(
        path, keys=keys, shape=shape, dims=dims, unit=unit, provenance=details
    ) as writer:
        for block in chain([] if first is None else [first], rows):
            values = block.values.reshape(len(block.values), *shape)
            writer.write({name: block.keys[name].tolist() for name in keys}, values)


def prediction_layout(
    kind: Kind, subject: SubjectData
) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Return shape, names of the dimensions and unit of one prediction."""
    if kind == "decoder":
        return subject.values.shape, subject.values.dims, subject.values.unit
    shape = (*subject.responses.shape[:-1], len(subject.kept))
    normalised = subject.settings.normalise != "none"
    return shape, subject.responses.dims, "sd" if normalised else subject.responses.unit
