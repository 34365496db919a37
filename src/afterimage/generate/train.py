"""Training of generators that learn: once per fold, for all subjects together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayWriter
from afterimage.contracts.images import ImageFile
from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.splits import folds_of, training_stimuli
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
        The stimuli that each fold's training may see, from :func:`training_pictures`.
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


def training_pictures(splits: pd.DataFrame, trials: pd.DataFrame) -> dict[int, list[str]]:
    """Return the stimuli that a generator shared by all subjects may see, sorted, by fold.

    None that any subject is tested or validated on: a network that decodes the latents stops
    early by stimuli kept for validation, and must not find them better drawn than the test's.

    Parameters
    ----------
    splits, trials : DataFrame
        Of all subjects.

    Raises
    ------
    DataError
        If nothing is left of a fold.
    """
    return {
        fold: training_stimuli(splits, trials, fold, with_validation=False)
        for fold in folds_of(splits)
    }
