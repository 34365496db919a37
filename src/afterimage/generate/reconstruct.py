"""Pictures from predictions: fold by fold, in pieces that fit into memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.modelfiles import part
from afterimage.contracts.seams import Generator
from afterimage.contracts.splits import folds_of, training_stimuli
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
        Predictions of left-out training stimuli by the real fit, key fold.
    refits : int, optional
        How many of the null refits are drawn, the first ones; by default all.

    Raises
    ------
    DataError
        If a prediction is not finite, or a fold has no training picture.
    ShapeError
        If predictions and target differ in shape.
    """
    shape = pictures.image(0).shape[:2]
    keys = {**KEYS, "refit": "int32"} if "refit" in predictions.keys else KEYS
    piece = max(1, PIECE_BYTES // (24 * shape[0] * shape[1]))
    with ImageWriter(path, keys=keys, provenance=provenance) as writer:
        for fold in folds_of(predictions.keys):
            context = fold_context(
                fold,
                shape,
                values=values,
                training=training_stimuli(splits, trials, fold, with_validation=True),
                pictures=pictures,
                target=None if transforms is None else transforms[fold],
                tensors=None if tensors is None else part(tensors, f"fold{fold}"),
                decoded_training=decoded_training,
            )
            rows = drawn_rows(predictions.keys, fold, refits)
            for start in range(0, len(rows), piece):
                chosen = rows[start : start + piece]
                made = generator.generate(predictions.read(chosen), context)
                frame = predictions.keys.iloc[chosen]
                writer.write({name: frame[name].tolist() for name in keys}, list(made))


def drawn_rows(keys: pd.DataFrame, fold: int, refits: int | None) -> np.ndarray:
    """Return the row numbers of a fold's predictions; of its first null refits, if so many."""
    chosen = keys["fold"] == fold
    if refits is not None:
        chosen &= keys["refit"] < refits
    return np.flatnonzero(chosen)


def fold_context(
    fold: int,
    image_shape: tuple[int, int],
    *,
    values: ArrayFile,
    training: list[str],
    pictures: ImageFile,
    target: TargetTransform | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
    decoded_training: ArrayFile | None = None,
) -> GeneratorContext:
    """Read the training side of one fold; arguments as in :func:`reconstruct`."""
    held_out = None
    if decoded_training is not None:
        here = np.flatnonzero(decoded_training.keys["fold"] == fold)
        # A decoder that leaves nothing out wrote an empty file.
        held_out = decoded_training.read(here) if len(here) else None
    return GeneratorContext(
        fold=fold,
        image_shape=image_shape,
        gallery_ids=training,
        gallery_values=values.read(values.stimulus_rows(training, fold)),
        gallery_pictures=PictureRows(pictures, pictures.rows(stimulus_id=training)),
        target=target,
        tensors=tensors,
        decoded_training=held_out,
    )
