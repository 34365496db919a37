"""Draw pictures from the files of a rule."""

from collections.abc import Mapping
from typing import Any

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.registry import build
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table
from afterimage.contracts.transductive import marks
from afterimage.contracts.trials import TRIALS
from afterimage.generate.reconstruct import reconstruct
from afterimage.models.target_values import restore_transforms


def draw_pictures(
    inputs: Any,
    path: str,
    names: Mapping[str, str],
    *,
    generator: dict[str, Any],
    target: dict[str, Any],
    device: str,
    seed: int,
    refits: int | None = None,
) -> None:
    """Turn predictions, or those of null refits, into pictures.

    Parameters
    ----------
    inputs : object
        Paths `predictions`, `target`, `splits`, `trials` (of the subject), `images`, and lists
        `transform`, `trained` and `held_out` of at most one path each.
    path : str
        The picture file.
    names : mapping
        The job's wildcards: what its seed and its provenance derive from.
    generator, target : dict
        Validated entries.
    device : str
    seed : int
        The experiment's.
    refits : int, optional
        How many null refits are drawn; by default everything that was predicted.
    """
    transforms = None
    if inputs.transform:
        transforms = restore_transforms(target["transform"], load_tensors(inputs.transform[0]))
    predictions = ArrayFile(inputs.predictions)
    reconstruct(
        build("generator", generator, seed=derive_seed(seed, *names.values()), device=device),
        predictions,
        path,
        values=ArrayFile(inputs.target),
        splits=read_table(inputs.splits, SPLITS),
        trials=read_table(inputs.trials, TRIALS),
        pictures=ImageFile(inputs.images),
        # Pictures of transductive predictions are transductive.
        provenance={"drawn_by": dict(names), **marks(predictions.provenance)},
        transforms=transforms,
        tensors=load_tensors(inputs.trained[0]) if inputs.trained else None,
        decoded_training=ArrayFile(inputs.held_out[0]) if inputs.held_out else None,
        refits=refits,
    )
