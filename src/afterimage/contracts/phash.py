"""Perceptual hash: two pictures that look alike have hashes that differ in few bits."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image

HASH_SIDE = 8
GREY_SIDE = 32


def phash(image: np.ndarray) -> str:
    """Hash a picture by the signs of its lowest spatial frequencies.

    The picture is turned to grey and resized to 32 x 32; of its DCT-II the 8 x 8 lowest
    frequencies are compared with their median, which gives 64 bits.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3) or (height, width)

    Returns
    -------
    str
        16 hexadecimal digits; the first bit is the mean grey level.

    References
    ----------
    Zauner (2010), Implementation and benchmarking of perceptual image hash functions,
    section 3.2.1.
    """
    grey = Image.fromarray(image).convert("L")
    small = np.asarray(grey.resize((GREY_SIDE, GREY_SIDE), Image.Resampling.LANCZOS), dtype=float)
    basis = _dct_basis()
    # Rounded, so that a flat picture, whose coefficients are zero but for the last bits of the
    # sums, has the same hash on every machine.
    low = np.round(basis @ small @ basis.T, 6).ravel()
    bits = low > np.median(low)
    return np.packbits(bits).tobytes().hex()


def hamming(a: str, b: str) -> int:
    """Count the bits in which two hashes differ.

    Parameters
    ----------
    a, b : str
        Hashes of 16 hexadecimal digits, as :func:`phash` makes them.
    """
    return (int(a, 16) ^ int(b, 16)).bit_count()


def hamming_matrix(a: Sequence[str], b: Sequence[str]) -> np.ndarray:
    """Count the differing bits of all pairs of two lists of hashes.

    Parameters
    ----------
    a, b : sequence of str
        Hashes of 16 hexadecimal digits.

    Returns
    -------
    ndarray of uint8, shape (len(a), len(b))
    """
    return np.bitwise_count(_numbers(a)[:, None] ^ _numbers(b)[None, :])


def _numbers(hashes: Sequence[str]) -> np.ndarray:
    return np.array([int(value, 16) for value in hashes], dtype=np.uint64)


@cache
def _dct_basis() -> np.ndarray:
    """Return the first 8 functions of the DCT-II of 32 samples, shape (8, 32)."""
    frequency = np.arange(HASH_SIDE)[:, None]
    sample = np.arange(GREY_SIDE)[None, :]
    return 2 * np.cos(np.pi * frequency * (2 * sample + 1) / (2 * GREY_SIDE))
