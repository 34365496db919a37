"""The nearest candidate of each stimulus, block by block, for all folds at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.contracts.progress import progress
from afterimage.evaluate.similarity import standardised_rows

# Digits after the point. What is smaller is the order of summation, which depends on the size of
# blocks and would decide between neighbours that are equally near.
DECIMALS = 9
BLOCK_BYTES = 64 << 20
LARGEST_BLOCK = 1024


@dataclass(frozen=True)
class Nearest:
    """The nearest candidate of each stimulus in each fold.

    Attributes
    ----------
    index : ndarray of int, shape (n_folds, n)
        Row of the candidate, -1 where there is none.
    distance : ndarray of float64, shape (n_folds, n)
        1 - Pearson correlation, rounded to 1e-9; NaN where there is no candidate.
    """

    index: np.ndarray
    distance: np.ndarray


def nearest_candidates(
    read: Callable[[slice], np.ndarray],
    candidates: np.ndarray,
    block_bytes: int = BLOCK_BYTES,
) -> Nearest:
    """Find for every stimulus the nearest *other* one among the candidates of each fold.

    Distances are computed once for all folds and block by block. A stimulus whose features do not
    vary (see ``standardised_rows``), or are missing, has no correlation with anything: it gets no
    neighbour, and is nobody's. Of candidates that are equally near the first one counts.

    Parameters
    ----------
    read : callable
        Returns the features of some of the n stimuli, shape (rows, ...).
    candidates : ndarray of bool, shape (n_folds, n)
    block_bytes : int
        At most so much memory for a block of features in double precision (but one stimulus at
        least), and for a table of distances. Changes memory and speed, not the result.

    Returns
    -------
    Nearest
    """
    n_folds, n = candidates.shape
    index = np.full((n_folds, n), -1, dtype=np.int64)
    distance = np.full((n_folds, n), np.inf)
    blocks = list(_blocks(n, read, block_bytes))
    for number, rows in enumerate(progress(blocks, len(blocks), "comparing stimuli")):
        left = standardised_rows(read(rows))
        # Distances are symmetric: each pair of blocks is read once and serves both ways. A block
        # still meets the others in ascending order, so that the first of equals stays the first.
        for columns in blocks[number:]:
            right = left if columns == rows else standardised_rows(read(columns))
            table = np.round(1 - left @ right.T, DECIMALS)
            table[np.isnan(table)] = np.inf
            if columns == rows:
                np.fill_diagonal(table, np.inf)
            else:
                _keep_nearer(index, distance, columns, rows, table.T, candidates)
            _keep_nearer(index, distance, rows, columns, table, candidates)
    return Nearest(index, np.where(index < 0, np.nan, distance))


def _blocks(n: int, read: Callable[[slice], np.ndarray], block_bytes: int) -> Iterator[slice]:
    """Divide n stimuli so that neither their features nor a table of two blocks is too large."""
    if n == 0:
        return
    doubles = block_bytes // np.dtype(np.float64).itemsize
    features = max(1, read(slice(0, 1)).size)
    step = max(1, min(doubles // features, int(doubles**0.5), LARGEST_BLOCK))
    for low in range(0, n, step):
        yield slice(low, min(low + step, n))


def _keep_nearer(
    index: np.ndarray,
    distance: np.ndarray,
    rows: slice,
    columns: slice,
    table: np.ndarray,
    candidates: np.ndarray,
) -> None:
    """Replace what is known of some rows where a candidate among some columns is nearer."""
    for fold, allowed in enumerate(candidates[:, columns]):
        chosen = np.flatnonzero(allowed)
        if not len(chosen):
            continue
        part = table[:, chosen]
        position = part.argmin(axis=1)
        found = part[np.arange(len(part)), position]
        nearer = found < distance[fold, rows]
        distance[fold, rows] = np.where(nearer, found, distance[fold, rows])
        index[fold, rows] = np.where(nearer, columns.start + chosen[position], index[fold, rows])
