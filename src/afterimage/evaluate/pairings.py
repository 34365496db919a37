"""Random pairings of predictions and measured rows that keep dependent rows together."""

from collections.abc import Iterator

import numpy as np

from afterimage.evaluate.permutation import CHUNK_ELEMENTS, random_pairings


def row_pairings(
    stimulus_ids: np.ndarray, blocks: np.ndarray | None, rng: np.random.Generator, draws: int
) -> Iterator[np.ndarray]:
    """Yield which prediction each measured row is paired with, a chunk of draws at a time.

    Without blocks, stimuli are permuted: all rows of one get the prediction of one other. With
    blocks, these are put in random order, the rows within each as they were; the sequence that
    results is laid beside the measured one. Blocks may differ in length.

    Parameters
    ----------
    stimulus_ids : ndarray, shape (n,)
    blocks : ndarray of int, shape (n,), or None
        Numbered in the order of presentation.
    rng : numpy.random.Generator
    draws : int

    Yields
    ------
    ndarray of int, shape (chunk, n)
        Each row a choice of rows of the predictions. The draws do not depend on the chunks.
    """
    step = max(1, CHUNK_ELEMENTS // max(1, len(stimulus_ids)))
    for low in range(0, draws, step):
        size = min(step, draws - low)
        if blocks is None:
            _, first, code = np.unique(stimulus_ids, return_index=True, return_inverse=True)
            yield first[random_pairings(len(first), size, rng)[:, code]]
        else:
            yield _by_blocks(np.asarray(blocks), rng, size)


def _by_blocks(blocks: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    labels, code = np.unique(blocks, return_inverse=True)
    # Of each draw, the place of each block in the new order.
    ranks = random_pairings(len(labels), draws, rng)
    rows = np.argsort(code, kind="stable")
    order = np.argsort(ranks[:, code[rows]], axis=1, kind="stable")
    result = np.empty_like(order)
    result[:, rows] = rows[order]
    return result


def unit_count(stimulus_ids: np.ndarray, blocks: np.ndarray | None) -> int:
    """Return how many stimuli, or blocks, are permuted."""
    return len(np.unique(np.asarray(stimulus_ids) if blocks is None else blocks))
