"""Several files at a time; the first failure or Ctrl-C stops all of them."""

from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
GRACE_SECONDS = 0.2


class StoppedError(Exception):
    """Another file has failed."""


class Workers:
    """A fixed number of threads.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._stop = Event()

    def go_on(self) -> None:
        """Raise StoppedError if the work is given up; long work calls it now and then."""
        if self._stop.is_set():
            raise StoppedError

    def wait(self, seconds: float) -> None:
        """Pause, unless the work is given up."""
        self._stop.wait(seconds)
        self.go_on()

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield the result of each item as soon as it is there.

        Items are begun in their order. The first exception is raised at once; the other threads
        are asked to stop. They do not keep the process alive: one of them may be waiting for a
        network that has gone.
        """
        waiting: SimpleQueue[Item] = SimpleQueue()
        done: SimpleQueue[tuple[list[Result], BaseException | None]] = SimpleQueue()
        for item in items:
            waiting.put(item)

        def run() -> None:
            while not self._stop.is_set():
                try:
                    item = waiting.get_nowait()
                except Empty:
                    return
                try:
                    done.put(([work(item)], None))
                except BaseException as error:
                    done.put(([], error))

        count = min(self._number, len(items))
        threads = [Thread(target=run, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            for _ in items:
                result, error = done.get()
                if error is not None:
                    raise error
                yield from result
        except BaseException:
            self._stop.set()
            for thread in threads:
                thread.join(GRACE_SECONDS)
            raise
