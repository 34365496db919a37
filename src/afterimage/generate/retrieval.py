"""The training picture whose features are nearest to the decoded ones."""

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.generate.checks import checked, require_gallery
from afterimage.generate.context import GeneratorContext
from afterimage.generate.pictures import resized
from afterimage.models.flat import flattened

WHAT = "generator 'retrieval'"


class RetrievalConfig(Entry):
    """A lookup among the fold's training pictures."""

    name: Literal["retrieval"] = Field(description="The generator's name.")
    similarity: Literal["correlation", "cosine", "euclidean"] = Field(
        "correlation",
        description="What 'nearest' means in the space of the target: largest correlation over "
        "its dimensions, largest cosine, or smallest Euclidean distance.",
    )


class Retrieval:
    """Shows argmax_i similarity(decoded, gallery_i); among equals the first of the gallery."""

    Config: ClassVar[type[Entry]] = RetrievalConfig
    trained: ClassVar[bool] = False

    def __init__(self, config: RetrievalConfig, seed: int = 0, device: str = "cpu") -> None:
        self.config = config

    def generate(self, decoded: np.ndarray, context: GeneratorContext) -> np.ndarray:
        """Look pictures up.

        Parameters
        ----------
        decoded : ndarray, shape (n, *target shape)
        context : GeneratorContext
            Its gallery holds the training stimuli of the fold and nothing else.

        Returns
        -------
        ndarray of uint8, shape (n, height, width, 3)

        Raises
        ------
        DataError
            If a decoded value is not finite, or the fold has no training picture.
        """
        require_gallery(len(context.gallery_ids), context.fold, WHAT)
        gallery = flattened(context.gallery_values)
        flat = checked(decoded, gallery.shape[1], WHAT)
        chosen = nearest(flat, gallery, self.config.similarity)
        return resized([context.gallery_pictures[int(i)] for i in chosen], context.image_shape)


def nearest(decoded: np.ndarray, gallery: np.ndarray, similarity: str) -> np.ndarray:
    """Return for each decoded row the number of the nearest gallery row.

    Parameters
    ----------
    decoded : ndarray, shape (n, k)
    gallery : ndarray, shape (m, k), m > 0
    similarity : "correlation", "cosine" or "euclidean"

    Returns
    -------
    ndarray of int, shape (n,)
        The first of several that are equally near. A constant row has correlation 0 with all.
    """
    return SIMILARITIES[similarity](
        decoded.astype(np.float64), gallery.astype(np.float64, copy=False)
    ).argmax(axis=1)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return cosines of rows, shape (n, m); 0 for rows of length 0."""
    return _unit(a) @ _unit(b).T


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Pearson correlations of rows over their columns, shape (n, m); 0 if constant."""
    return cosine(_centred(a), _centred(b))


def nearness(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return minus the squared Euclidean distances of rows, up to a constant per row of a."""
    return 2.0 * (a @ b.T) - np.square(b).sum(axis=1)


def _centred(rows: np.ndarray) -> np.ndarray:
    """Subtract each row's mean; constant rows become exactly 0, whatever the rounding."""
    constant = np.ptp(rows, axis=1, keepdims=True) == 0
    return np.where(constant, 0.0, rows - rows.mean(axis=1, keepdims=True))


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1.0)


SIMILARITIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "correlation": correlation,
    "cosine": cosine,
    "euclidean": nearness,
}
