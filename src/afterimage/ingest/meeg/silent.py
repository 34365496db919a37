"""Sensors that say nothing in the epochs of a part."""

from collections.abc import Sequence

import numpy as np

from afterimage.contracts.parts import Note

NAMED = 5  # sensors that a note names


class SilentSensors:
    """Finds, in one pass over epochs, sensors that are flat or not finite.

    Parameters
    ----------
    names : sequence of str
        Of the sensors.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = np.array(names, dtype=object)
        self.lowest = np.full(len(names), np.inf)
        self.highest = np.full(len(names), -np.inf)
        self.seen = 0

    def see(self, values: np.ndarray) -> None:
        """Take epochs of shape (n, times, sensors) into account."""
        if values.size:
            # A NaN stays, whatever it is compared with.
            self.lowest = np.minimum(self.lowest, values.min(axis=(0, 1)))
            self.highest = np.maximum(self.highest, values.max(axis=(0, 1)))
            self.seen += values.shape[0] * values.shape[1]

    def notes(self) -> list[Note]:
        """Return which sensors are silent in all epochs that were seen."""
        if self.seen < 2:
            return []
        broken = ~(np.isfinite(self.lowest) & np.isfinite(self.highest))
        flat = ~broken & (self.lowest == self.highest)
        told = ((flat, "flat in all epochs"), (broken, "NaN or infinite in some epoch"))
        return [Note(f"{self._named(which)}: {what}.") for which, what in told if which.any()]

    def _named(self, which: np.ndarray) -> str:
        names = self.names[which].tolist()
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"sensor{'s' if len(names) > 1 else ''} {', '.join(names[:NAMED])}{more}"
