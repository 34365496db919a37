"""What a generator may know beside the decoded values: nothing of the test set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from afterimage.models.targets import TargetTransform


@dataclass(frozen=True)
class GeneratorContext:
    """The training side of one fold.

    Attributes
    ----------
    fold : int
    image_shape : tuple of int
        (height, width) of the data set's first picture: of those to be made, as a rule.
    gallery_ids : sequence of str, length m
        Training stimuli of this fold.
    gallery_values : ndarray, shape (m, *target shape)
        Their true values in the space of the target.
    gallery_pictures : sequence of ndarray of uint8, shape (H, W, 3), length m
        The pictures themselves, decoded when asked for.
    target : TargetTransform, optional
        The fold's fitted transform, whose ``inverse`` leads from decoded values to features.
    tensors : mapping of str to ndarray, optional
        What a trained generator learnt on this fold's training pictures.
    decoded_training : ndarray, shape (k, *target shape), optional
        Predictions of training stimuli by models that did not see them (left out, or
        cross-validated): they show how much the decoder shrinks, without the test set.
    """

    fold: int
    image_shape: tuple[int, int]
    gallery_ids: Sequence[str]
    gallery_values: np.ndarray
    gallery_pictures: Sequence[np.ndarray]
    target: TargetTransform | None = None
    tensors: Mapping[str, np.ndarray] | None = None
    decoded_training: np.ndarray | None = None
