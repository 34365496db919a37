"""Pictures from predictions: fold by fold, in pieces that fit into memory."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.modelfiles import part
from afterimage.contracts.seams import Generator
from afterimage.generate.context import GeneratorContext
from afterimage.generate.pictures import PictureRows
from afterimage.models.targets import TargetTransform

KEYS = {"fold": "int32", "stimulus_id": "string", "trial_id": "string", "n_trials": "int32"}
PIECE_BYTES = 64 << 20  # of one piece's pictures in double precision


def reconstruct(
    generator: Generator,
    predictions: ArrayFile,
    path: Path | str,
    *,
    values: ArrayFile,
    splits: pd.DataFrame,
    trials: pd.DataFrame,
    pictures: ImageFile,
    provenance: Mapping[str, Any],
    transforms: Mapping[int, TargetTransform] | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
    decoded_training: ArrayFile | None = None,
    image_shape: tuple[int, int] | None = None,
    refits: int | None = None,
) -> None:
    """Write a picture for every prediction, with the prediction's keys.

    Parameters
    ----------
    generator : Generator
    predictions : ArrayFile
        Keys fold, stimulus_id, trial_id, n_trials, and refit in a file of null predictions.
    path : Path or str
        The picture file to be written, with the keys of the predictions.
    values : ArrayFile
        True values of the target, keys stimulus_id, and fold if they depend on the split.
    splits, trials : DataFrame
        Of one subject.
    pictures : ImageFile
        The data set's stimuli.
    provenance : mapping
    transforms : mapping of int to TargetTransform, optional
        The fitted transform of each fold, if the target has one.
    tensors : mapping of str to ndarray, optional
        What a trained generator learnt, under ``fold<k>/``.
    decoded_training : ArrayFile, optional
        Predictions of left-out training stimuli, key fold, and refit if each null refit has its
        own.
    image_shape : tuple of int, optional
        (height, width) of the pictures; by default those of the data set's first picture.
    refits : int, optional
        How many of the null refits are drawn, the first ones; by default all.

    Raises
    ------
    DataError
        If a prediction is not finite, or a fold has no training picture.
    ShapeError
        If predictions and target differ in shape.
    """
    shape = image_shape or pictures.image(0).shape[:2]
    keys = {**KEYS, "refit": "int32"} if "refit" in predictions.keys else KEYS
    piece = max(1, PIECE_BYTES // (24 * shape[0] * shape[1]))
    with ImageWriter(path, keys=keys, provenance=provenance) as writer:
        for fold in sorted(int(fold) for fold in predictions.keys["fold"].unique()):
            context = fold_context(
                fold,
                shape,
                values=values,
                training=training_stimuli(splits, trials, fold),
                pictures=pictures,
                target=None if transforms is None else transforms[fold],
                tensors=None if tensors is None else part(tensors, f"fold{fold}"),
            )
            for part_context, found in _with_held_out(context, predictions, decoded_training):
                rows = found
                if refits is not None:
                    rows = found[predictions.keys["refit"].to_numpy()[found] < refits]
                for start in range(0, len(rows), piece):
                    chosen = rows[start : start + piece]
                    made = generator.generate(predictions.read(chosen), part_context)
                    frame = predictions.keys.iloc[chosen]
                    writer.write({name: frame[name].tolist() for name in keys}, list(made))


def training_stimuli(splits: pd.DataFrame, trials: pd.DataFrame, fold: int) -> list[str]:
    """Return the stimuli with a training trial in a fold, sorted.

    Stimuli kept for validation are not among them.
    """
    here = splits[(splits["fold"] == fold) & (splits["role"] == "train")]
    shown = trials.loc[trials["trial_id"].isin(here["trial_id"]), "stimulus_id"]
    return sorted(shown.unique())


def fold_context(
    fold: int,
    image_shape: tuple[int, int],
    *,
    values: ArrayFile,
    training: list[str],
    pictures: ImageFile,
    target: TargetTransform | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
) -> GeneratorContext:
    """Read the training side of one fold; arguments as in :func:`reconstruct`."""
    return GeneratorContext(
        fold=fold,
        image_shape=image_shape,
        gallery_ids=training,
        gallery_values=values.read(values.stimulus_rows(training, fold)),
        gallery_pictures=PictureRows(pictures, pictures.rows(stimulus_id=training)),
        target=target,
        tensors=tensors,
    )


def _with_held_out(
    context: GeneratorContext, predictions: ArrayFile, decoded_training: ArrayFile | None
) -> Iterator[tuple[GeneratorContext, np.ndarray]]:
    """Yield rows of predictions with a context that holds what shows their decoder's shrinkage."""
    rows = np.flatnonzero(predictions.keys["fold"].to_numpy() == context.fold)
    if decoded_training is None:
        yield context, rows
        return
    known = decoded_training.keys
    usable = (known["fold"] == context.fold).to_numpy()
    if not {"refit"} <= set(known) & set(predictions.keys):
        yield _holding(context, decoded_training, usable), rows
        return
    refits = predictions.keys["refit"].to_numpy()[rows]
    for refit in np.unique(refits):
        own = usable & (known["refit"] == refit).to_numpy()
        yield _holding(context, decoded_training, own), rows[refits == refit]


def _holding(
    context: GeneratorContext, decoded_training: ArrayFile, rows: np.ndarray
) -> GeneratorContext:
    held_out = decoded_training.read(np.flatnonzero(rows)) if rows.any() else None
    return replace(context, decoded_training=held_out)
