"""Give memory back as soon as it is free."""

import ctypes

# Arrays of at least this size get pages of their own.
LARGE = 4 << 20
M_MMAP_THRESHOLD = -3


def return_large_blocks() -> None:
    """Keep large arrays out of the heap, where free blocks between used ones stay taken.

    glibc raises its limit to 32 MB by itself, and a fit that works piece by piece then takes up to
    twice what it uses. Without glibc nothing is done.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, LARGE)
