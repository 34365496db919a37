"""Whether a FIF file is there to its end: a copy that was cut short is named before it is read.

MNE follows a series of split files by itself, and names the first one whichever is damaged.
"""

import struct
from pathlib import Path

from afterimage.contracts.errors import DataError

TAG = struct.Struct(">iIii")  # kind, type, bytes of data, place of the next tag
FOLLOWS, LAST = 0, -1  # places that mean "right behind" and "none"


def check_whole(path: Path, remedy: str) -> None:
    """Refuse a file whose last tag is not in it; of the data nothing is read.

    Parameters
    ----------
    path : Path
        A FIF file.
    remedy : str
        For the error.

    Raises
    ------
    DataError
        Naming the file, its size and where it breaks off.
    """
    size, at, following = path.stat().st_size, 0, FOLLOWS
    with path.open("rb") as stream:
        while following != LAST:
            stream.seek(at)
            head = stream.read(TAG.size)
            if len(head) < TAG.size:
                raise _cut_short(path, size, at, TAG.size, remedy)
            _, _, length, following = TAG.unpack(head)
            end = at + TAG.size + length
            if length < 0 or end > size or FOLLOWS < following <= at:
                raise _cut_short(path, size, at, TAG.size + length, remedy)
            at = end if following <= FOLLOWS else following


def _cut_short(path: Path, size: int, at: int, needed: int, remedy: str) -> DataError:
    return DataError(
        f"{path}: not a complete FIF file: at byte {at:,} it should go on for {needed:,} bytes, "
        f"but it has {size:,} in all: it is cut short or damaged.",
        remedy,
    )
