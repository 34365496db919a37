"""When the first evoked response comes: whether onsets can be right.

The tables of THINGS-MEG and its trigger channel tell onsets that are about 150 ms apart. The
brain decides: occipital sensors answer a picture after about 100 ms.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

EARLIEST, LATEST = 0.060, 0.180  # seconds
SMOOTHED = 0.010  # seconds over which the response is averaged
OF_HIGHEST = 0.5  # a first peak is at least this high, compared with the highest
CLEAR = 2.5  # times the level of the noise
FEWEST = 10  # trials
LONGEST = 0.6  # seconds after the onset that are looked at; then the picture's end is answered


@dataclass(frozen=True)
class Latency:
    """The first peak of the evoked response.

    Attributes
    ----------
    seconds : float or None
        From the onset; None where nothing stands out.
    trials : int
        Behind it.
    """

    seconds: float | None
    trials: int

    @property
    def plausible(self) -> bool:
        """Whether it is where a visual response can be."""
        return self.seconds is not None and EARLIEST <= self.seconds <= LATEST

    def note(self, onsets: str) -> str:
        """Return a sentence for the report."""
        span = f"{EARLIEST * 1000:.0f} to {LATEST * 1000:.0f} ms"
        if self.seconds is None:
            return (
                f"Latency check: no clear evoked response of occipital sensors in {self.trials} "
                f"trials; onsets ({onsets}) could not be checked."
            )
        found = f"first evoked peak {self.seconds * 1000:.0f} ms after the onset"
        verdict = (
            f"plausible ({span})"
            if self.plausible
            else f"NOT plausible: {span} were expected, the onsets may be wrong"
        )
        return f"Latency check: {found} ({onsets}; {self.trials} trials): {verdict}."


def is_occipital(name: str) -> bool:
    """Return whether a CTF sensor lies at the back of the head, by the third letter of its name."""
    return len(name) > 3 and name[0] == "M" and name[1] in "LRZ" and name[2] == "O"


def first_response(blocks: Iterable[np.ndarray], times: np.ndarray) -> Latency:
    """Find the first peak of the evoked response.

    The response is averaged over trials and over 10 ms. The root mean square over sensors of the
    same average with alternating signs is the level of the noise, since what is evoked cancels
    out. A first peak stands out of the noise and is at least half as high as the highest one.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, time, sensor)
        Trials, with the mean before the onset subtracted.
    times : ndarray, shape (time,)
        In seconds from the onset.

    Returns
    -------
    Latency
    """
    early = times <= LONGEST
    total, alternating, trials = np.zeros(0), np.zeros(0), 0
    for block in blocks:
        values = block[:, early].astype(np.float64)
        signs = 1 - 2 * ((trials + np.arange(len(values))) % 2)
        total = values.sum(axis=0) + (total if trials else 0)
        alternating = np.tensordot(signs, values, 1) + (alternating if trials else 0)
        trials += len(values)
    if trials < FEWEST:
        return Latency(None, trials)
    strength = _strength(total / trials, times[early])
    noise = float(np.median(_strength(alternating / trials, times[early])))
    lowest = max(CLEAR * noise, OF_HIGHEST * strength.max())
    inner = strength[1:-1]
    peaks = (inner >= strength[:-2]) & (inner > strength[2:]) & (inner >= lowest) & (inner > 0)
    if not peaks.any():
        return Latency(None, trials)
    return Latency(float(times[early][1:-1][peaks][0]), trials)


def _strength(evoked: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the root mean square over the sensors that are finite, smoothed, shape (time,)."""
    good = evoked[:, np.isfinite(evoked).all(axis=0)]
    if good.shape[1] == 0:
        return np.zeros(len(times))
    width = max(1, round(SMOOTHED / float(times[1] - times[0])) // 2 * 2 + 1)
    padded = np.pad(good, ((width // 2, width // 2), (0, 0)), mode="edge")
    summed = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
    smooth = (summed[width:] - summed[:-width]) / width
    return np.sqrt((smooth**2).mean(axis=1))
