"""Quadratic forms of many vectors, by half of a product."""

import numpy as np

from afterimage.linear.backend import Array, Backend

PANEL = 512
# Vectors that are multiplied at a time.
CHUNK = 2048


def quadratic(backend: Backend, form: Array, vectors: Array) -> np.ndarray:
    """Return v' S v of each column v, in float64.

    Parameters
    ----------
    backend : Backend
    form : array, shape (r, r)
        Symmetric; only what is left of the diagonal panels, and these, is read.
    vectors : array, shape (r, q)
    """
    result = np.zeros(vectors.shape[1])
    for start in range(0, len(form), PANEL):
        rows = slice(start, min(start + PANEL, len(form)))
        own, left = form[rows, rows], 2 * form[rows, :start]
        for first in range(0, vectors.shape[1], CHUNK):
            part = slice(first, first + CHUNK)
            some = vectors[rows, part]
            product = own @ some
            if start:
                product += left @ vectors[:start, part]
            result[part] += backend.dots(some, product)
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
