"""How much memory a fit takes, and how many targets fit beside it."""

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.linear.decomposition import CHUNK
from afterimage.linear.matrix import BLOCK_BYTES

# Targets of a batch for each row: the operators of a penalty then cost little beside its product.
BATCH_PER_ROW = 4
# A batch is not smaller than this, however few rows there are.
BATCH_BYTES = 1 << 30
# A Gram matrix in float64, its eigenvectors and what LAPACK works in, in units of the first.
DECOMPOSING = 3


def check_decomposition(shape: tuple[int, int], free: int) -> None:
    """Refuse inputs whose Gram matrix cannot be decomposed.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the inputs.
    free : int
        Bytes.

    Raises
    ------
    DataError
        Naming what is needed and what is free.
    """
    gram = 8 * min(shape) ** 2
    needed = DECOMPOSING * gram + BLOCK_BYTES
    if needed > free:
        raise DataError(
            f"ridge: {shape[0]} rows of {shape[1]} inputs need {_mb(needed)} to decompose a Gram "
            f"matrix of {_mb(gram)}. Free: {_mb(free)}.",
            "Use a machine with more memory, fewer rows (averages over repetitions) or fewer "
            "inputs (a region, a PCA).",
        )


def batch_of_targets(
    shape: tuple[int, int], targets: int, *, decompositions: int, itemsize: int, free: int
) -> int:
    """Return how many targets are in memory at a time.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the inputs.
    targets : int
    decompositions : int
        That are kept: one, or one more per fold.
    itemsize : int
        Bytes of a number.
    free : int
        Bytes, before any of this.

    Raises
    ------
    DataError
        If not even one batch fits, naming the numbers.
    """
    n, m = shape[0], min(shape)
    # One of them is the operator of a penalty.
    fixed = (decompositions + 1) * itemsize * m * m + BLOCK_BYTES
    # A batch as values and as coordinates; a piece of it that is gathered, multiplied and scored.
    of_one = 2 * itemsize * n
    piece = 4 * itemsize * n * min(CHUNK, targets)
    # Whole pieces, so that the same numbers are multiplied together however much is free.
    usual = max(BATCH_PER_ROW * n, BATCH_BYTES // (itemsize * n))
    wanted = min(targets, max(1, usual // CHUNK) * CHUNK)
    fits = (free - fixed - piece) // of_one
    if fits < min(CHUNK, targets):
        least = fixed + piece + of_one * min(CHUNK, targets)
        raise DataError(
            f"ridge: the smallest batch, {min(CHUNK, targets)} targets of {n} rows beside "
            f"{decompositions} decompositions of size {m}, needs {_mb(least)}. Free: {_mb(free)}.",
            "Use a machine with more memory, precision: float32, or fewer rows (averages over "
            "repetitions).",
        )
    return wanted if fits >= wanted else int(fits // CHUNK) * CHUNK


def _mb(size: float) -> str:
    return f"{np.ceil(size / 2**20):,.0f} MB"
