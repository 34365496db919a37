"""Windows of time in which responses are decoded one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from afterimage.contracts.errors import ConfigError, DataError

# Of a sample: times are sums of rounded numbers.
TOLERANCE = 0.01


@dataclass(frozen=True)
class TimeWindow:
    """Some consecutive steps of the dimension "time".

    Attributes
    ----------
    steps : slice
    first, last : float
        Times of the first and the last of them, in seconds from the onset.
    """

    steps: slice
    first: float
    last: float


def time_windows(times: Sequence[float] | None, settings: dict[str, Any]) -> list[TimeWindow]:
    """Cut an epoch into windows.

    Parameters
    ----------
    times : sequence of float or None
        In seconds from the onset, ascending and evenly spaced; None for responses without them.
    settings : dict
        Validated keys kind, window and step. Sliding windows have one width and begin a step
        apart, from the epoch's start; growing ones begin at the onset and end a step apart.

    Raises
    ------
    DataError
        If responses have no time axis.
    ConfigError
        If no window fits into the epoch.
    """
    if times is None or len(times) < 2:
        raise DataError(
            "time_resolved: the responses of this data set have no time axis.",
            "Leave the section out, or choose a data set of M/EEG or windows of a series.",
        )
    values = np.asarray(times, dtype=np.float64)
    sample = float(np.median(np.diff(values)))
    width = max(1, round(settings["window"] / sample))
    step = max(1, round(settings["step"] / sample))
    if settings["kind"] == "sliding":
        starts = range(0, len(values) - width + 1, step)
        parts = [slice(start, start + width) for start in starts]
    else:
        onset = int(np.flatnonzero(values >= -TOLERANCE * sample)[0]) if values[-1] > 0 else 0
        parts = [slice(onset, stop) for stop in range(onset + width, len(values) + 1, step)]
    if not parts:
        raise ConfigError(
            f"time_resolved.window: expected at most the epoch, {values[-1] - values[0]:g} s. "
            f"Found: {settings['window']}.",
            "Choose a shorter window.",
        )
    return [TimeWindow(p, float(values[p.start]), float(values[p.stop - 1])) for p in parts]
