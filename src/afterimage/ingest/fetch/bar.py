"""A progress bar in bytes that several threads move."""

import sys
import time
from threading import Lock

from afterimage.contracts import progress
from afterimage.ingest.fetch.words import readable

EVERY_SECONDS = 0.2


class ByteBar:
    """Shows how much is done, how fast, and how long the rest takes; only on a terminal.

    Parameters
    ----------
    what : str
        What is being done.
    total : int
        In bytes.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._stream = progress.TERMINAL or sys.stderr
        self._shown = self._stream.isatty() and total > 0
        self._lock = Lock()
        self._start = time.monotonic()
        self._drawn = 0.0

    def add(self, size: int) -> None:
        """Count bytes that are done; negative where work has to be repeated."""
        with self._lock:
            self._done += size
            now = time.monotonic()
            if self._shown and now - self._drawn >= EVERY_SECONDS:
                self._drawn = now
                self._draw(now)

    def end(self) -> None:
        """Draw the bar a last time and leave the line."""
        if self._shown:
            self._draw(time.monotonic())
            print(file=self._stream, flush=True)

    def _draw(self, now: float) -> None:
        filled = progress.WIDTH * min(max(self._done, 0), self._total) // self._total
        bar = "#" * filled + "." * (progress.WIDTH - filled)
        rate = max(self._done, 1) / max(now - self._start, 1e-3)
        left = max(self._total - self._done, 0) / rate
        text = (
            f"\r{self._what} [{bar}] {readable(self._done)} of {readable(self._total)}, "
            f"{readable(rate)}/s, {_duration(left)} left"
        )
        print(f"{text:<100}", end="", file=self._stream, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
