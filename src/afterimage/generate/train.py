"""Training of generators that learn: once per fold, for all subjects together."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayWriter
from afterimage.contracts.errors import LeakError
from afterimage.contracts.images import ImageFile
from afterimage.contracts.modelfiles import save_tensors
from afterimage.generate.pictures import PictureRows

PIECE = 256


class TrainedGenerator(Protocol):
    """A generator that learns from pictures and describes each by latents."""

    trained: ClassVar[bool]
    latent_dims: ClassVar[tuple[str, ...]]
    latent_unit: ClassVar[str]

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of one picture's latents."""
        ...

    def fit(self, pictures: Sequence[np.ndarray], work: Path) -> dict[str, np.ndarray]:
        """Return what was learnt from pictures; ``work`` is a folder for checkpoints."""
        ...

    def encode(
        self, pictures: Sequence[np.ndarray], tensors: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Return latents, float32, shape (n, *latent_shape)."""
        ...


def train_generator(
    generator: TrainedGenerator,
    pictures: ImageFile,
    training: Mapping[int, Sequence[str]],
    *,
    tensors_path: Path | str,
    latents_path: Path | str,
    work: Path,
    provenance: Mapping[str, Any],
) -> None:
    """Train a generator for each fold; write its weights, and the latents of all pictures.

    Parameters
    ----------
    generator : TrainedGenerator
    pictures : ImageFile
        The data set's stimuli.
    training : mapping of int to sequence of str
        The stimuli that each fold's training may see, from :func:`training_union`.
    tensors_path : Path or str
        Weights of all folds, under ``fold<k>/``.
    latents_path : Path or str
        Array file, keys fold, stimulus_id: a target computed after the split.
    work : Path
        Folder of checkpoints, one below for each fold.
    provenance : mapping

    Raises
    ------
    DataError
        If a fold has no training picture, or a picture is not in the file.
    """
    ids = pictures.keys["stimulus_id"].tolist()
    learnt: dict[str, np.ndarray] = {}
    with ArrayWriter(
        latents_path,
        keys={"fold": "int32", "stimulus_id": "string"},
        shape=generator.latent_shape,
        dims=generator.latent_dims,
        unit=generator.latent_unit,
        provenance=provenance,
    ) as writer:
        for fold in sorted(training):
            rows = pictures.rows(stimulus_id=sorted(training[fold]))
            tensors = generator.fit(PictureRows(pictures, rows), work / f"fold{fold}")
            learnt |= {f"fold{fold}/{name}": values for name, values in tensors.items()}
            for start in range(0, len(ids), PIECE):
                part = np.arange(start, min(start + PIECE, len(ids)))
                latents = generator.encode(PictureRows(pictures, part), tensors)
                keys = {"fold": [fold] * len(part), "stimulus_id": [ids[i] for i in part]}
                writer.write(keys, latents)
        save_tensors(tensors_path, learnt)


def training_union(
    subjects: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
) -> dict[int, list[str]]:
    """Return the stimuli that a generator shared by all subjects may see, sorted, by fold.

    They are those with a training trial of some subject, less those that any subject is tested
    or validated on in the same fold.

    Parameters
    ----------
    subjects : iterable of (DataFrame, DataFrame)
        Splits and trials of each subject.

    Raises
    ------
    LeakError
        If nothing is left of a fold.
    """
    parts = [
        splits.merge(trials[["trial_id", "stimulus_id"]], on="trial_id", validate="many_to_one")
        for splits, trials in subjects
    ]
    rows = pd.concat(parts, ignore_index=True)
    allowed: dict[int, list[str]] = {}
    for fold, here in rows.groupby("fold"):
        seen = set(here.loc[here["role"] == "train", "stimulus_id"])
        kept = seen - set(here.loc[here["role"].isin(["test", "val"]), "stimulus_id"])
        if not kept:
            raise LeakError(
                f"fold {fold}: every training picture of one subject is a test or validation "
                "picture of another.",
                "A generator shared by subjects needs a split with the same test pictures for all.",
            )
        allowed[int(str(fold))] = sorted(kept)
    return allowed
