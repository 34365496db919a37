"""A progress bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")
WIDTH = 30

# A job sends its standard error to the log and leaves the terminal here.
TERMINAL: TextIO | None = None


def tell(text: str) -> None:
    """Show a line on the terminal, or wherever its output was sent."""
    print(text, file=TERMINAL or sys.stderr, flush=True)


def progress(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    """Pass items on, drawing a bar on the terminal if there is one.

    Parameters
    ----------
    items : iterable
    total : int
        Their number.
    what : str
        What is being done.
    """
    stream = TERMINAL or sys.stderr
    shown = stream.isatty()
    for done, item in enumerate(items):
        if shown:
            filled = WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (WIDTH - filled)
            print(f"\r{what} [{bar}] {done}/{total}", end="", file=stream, flush=True)
        yield item
    if shown:
        print(f"\r{what} [{'#' * WIDTH}] {total}/{total}", file=stream, flush=True)
