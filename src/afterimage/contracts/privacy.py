"""What is made from private files is private, too."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

GROUP, OTHERS = 0o070, 0o007


def keep_private(sources: Iterable[Path | str]) -> None:
    """Let this process make no file that more people may read than what it is made from.

    Recordings under a licence lie in a folder that only some may enter. A job that reads them, or
    what was made from them, takes the same rights from its outputs, its log and its record.

    Parameters
    ----------
    sources : iterable of path
        Files and folders that the job reads. What does not exist is left out.
    """
    os.umask(_umask() | private_bits(sources))


def private_bits(sources: Iterable[Path | str]) -> int:
    """Return the rights that some source does not give: 0, 0o007, 0o070 or 0o077.

    Parameters
    ----------
    sources : iterable of path
    """
    bits = 0
    for path in map(Path, sources):
        if not path.exists():
            continue
        mode = path.stat().st_mode
        needed = 0o5 if stat.S_ISDIR(mode) else 0o4
        if mode >> 3 & needed != needed:
            bits |= GROUP
        if mode & needed != needed:
            bits |= OTHERS
    return bits


def _umask() -> int:
    """Return the process's mask; the system only tells it when it is set."""
    now = os.umask(0o077)
    os.umask(now)
    return now
