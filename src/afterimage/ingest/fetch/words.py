"""Sizes and lists of files in messages."""

from collections.abc import Sequence

UNITS = ("bytes", "kB", "MB", "GB", "TB")
NAMED = 5


def readable(size: float) -> str:
    """Return a size in decimal units, such as "39.1 GB"."""
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {UNITS[unit]}" if unit else f"{size:.0f} bytes"


def counted(number: int) -> str:
    """Return "1 file" or "3 files"."""
    return "1 file" if number == 1 else f"{number} files"


def named(names: Sequence[str]) -> str:
    """Return the first few names and how many others there are."""
    others = len(names) - NAMED
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {others} more" if others > 0 else shown
