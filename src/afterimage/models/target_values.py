"""Targets that depend on the split: a transform fitted on each fold's training stimuli."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile, ArrayWriter
from afterimage.contracts.modelfiles import part
from afterimage.contracts.splits import folds_of, training_stimuli
from afterimage.models.targets import TargetTransform, make_transform

BLOCK_ROWS = 256


@dataclass(frozen=True)
class FoldTarget:
    """A fitted transform and the training stimuli that it has seen."""

    fold: int
    transform: TargetTransform
    stimuli: int


def fit_targets(
    features: ArrayFile, splits: pd.DataFrame, trials: pd.DataFrame, config: Mapping[str, Any]
) -> list[FoldTarget]:
    """Fit a target's transform on the training stimuli of every fold, no subject's test stimuli.

    Parameters
    ----------
    features : ArrayFile
        Key ``stimulus_id``.
    splits, trials : DataFrame
        Of all subjects.
    config : mapping
        ``{"name": "none" | "standardise" | "pca", ...}``.
    """
    fitted = []
    for fold in folds_of(splits):
        # Networks decode these targets too, and stop early by the stimuli kept for validation.
        ids = training_stimuli(splits, trials, fold, with_validation=False)
        values = features.read(features.rows(stimulus_id=ids))
        fitted.append(FoldTarget(fold, make_transform(config).fit(values), len(ids)))
    return fitted


def transformed(
    features: ArrayFile, fitted: list[FoldTarget]
) -> Iterator[tuple[int, list[str], np.ndarray]]:
    """Yield (fold, stimulus ids, values of shape (k, width)) of all stimuli, in blocks."""
    ids = features.keys["stimulus_id"].tolist()
    for target in fitted:
        for rows, block in features.blocks(BLOCK_ROWS):
            yield target.fold, ids[rows], target.transform.forward(block)


def write_target_values(
    path: Path | str,
    features: ArrayFile,
    fitted: list[FoldTarget],
    provenance: Mapping[str, Any],
) -> None:
    """Write the transformed values of all stimuli for every fold, keys fold and stimulus_id."""
    width = fitted[0].transform.width
    with ArrayWriter(
        path,
        keys={"fold": "int32", "stimulus_id": "string"},
        shape=(width,),
        dims=("component",),
        unit="",
        provenance=provenance,
    ) as writer:
        for fold, ids, values in transformed(features, fitted):
            writer.write({"fold": [fold] * len(ids), "stimulus_id": ids}, values)


def transform_tensors(fitted: list[FoldTarget]) -> dict[str, np.ndarray]:
    """Return the state of all folds' transforms, under ``fold<k>/``."""
    return {
        f"fold{target.fold}/{name}": value
        for target in fitted
        for name, value in target.transform.state().items()
    }


def restore_transforms(
    config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> dict[int, TargetTransform]:
    """Rebuild the fitted transform of each fold from :func:`transform_tensors`."""
    folds = sorted({int(name.split("/")[0].removeprefix("fold")) for name in tensors})
    return {fold: make_transform(config).restore(part(tensors, f"fold{fold}")) for fold in folds}
