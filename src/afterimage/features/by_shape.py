"""Pictures of many sizes, worked on in groups of one size."""

from collections.abc import Iterator, Sequence

import numpy as np

GROUP_PIXELS = 1 << 22


def by_shape(images: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stack pictures of equal size into blocks of bounded memory.

    Parameters
    ----------
    images : sequence of ndarray, shape (H, W, ...)

    Yields
    ------
    rows : ndarray of int, shape (k,)
        Where the block's pictures stand in `images`; each row appears once.
    block : ndarray, shape (k, H, W, ...)
        At most about four million pixels, or a single picture.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, image in enumerate(images):
        groups.setdefault(image.shape, []).append(row)
    for shape, rows in groups.items():
        size = max(1, GROUP_PIXELS // (shape[0] * shape[1]))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield np.array(part), np.stack([images[row] for row in part])
