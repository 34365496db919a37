"""Quadratic forms of many vectors, by half of a product."""

import numpy as np

from afterimage.linear.backend import Array, Backend

PANEL = 384
# Vectors that are multiplied at a time.
CHUNK = 2048


def quadratic(
    backend: Backend, form: Array, vectors: Array, scale: Array | None = None
) -> np.ndarray:
    """Return v' D S D v of each column v, in float64.

    Parameters
    ----------
    backend : Backend
    form : array, shape (r, r)
        Symmetric; only what is left of the diagonal panels, and these, is read.
    vectors : array, shape (r, q)
    scale : array, shape (r,), optional
        The diagonal of D; by default one everywhere.
    """
    result = np.zeros(vectors.shape[1])
    for start in range(0, len(form), PANEL):
        stop = min(start + PANEL, len(form))
        factor = 1.0 if scale is None else scale[start:stop, None] * scale[:stop]
        panel = form[start:stop, :stop] * factor
        panel[:, :start] *= 2
        for first in range(0, vectors.shape[1], CHUNK):
            part = slice(first, first + CHUNK)
            product = panel @ vectors[:stop, part]
            result[part] += backend.dots(vectors[start:stop, part], product)
    return result


def add_squares(form: Array, block: Array) -> None:
    """Add block' block to a form: the panels up to the diagonal.

    Parameters
    ----------
    form : array, shape (r, r)
    block : array, shape (k, r)
    """
    for start in range(0, len(form), PANEL):
        stop = min(start + PANEL, len(form))
        form[start:stop, :stop] += block[:, start:stop].T @ block[:, :stop]
