"""Simulated epochs, as the authors' preprocessing leaves them."""

from collections.abc import Iterator

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import clean, noise
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.subject import Subject

DECIMATION = 6
FIRST, LAST = -0.1, 1.3  # seconds
AT_A_TIME = 64
BLINKING, BLINK_SECONDS = 0.1, 0.15  # share of trials, and sd of a blink in seconds


def epoch_grid(rate: float) -> np.ndarray:
    """Return the times of the released epochs of runs with so many samples per second."""
    first, last = round(FIRST * rate), round(LAST * rate)
    start = -(-first // DECIMATION) * DECIMATION
    return np.arange(start, last + 1, DECIMATION) / rate


def kept_sensors(subject: Subject) -> np.ndarray:
    """Return the rows of the sensors that the released epochs have."""
    return np.flatnonzero(np.array(subject.info["ch_names"]) != layout.FAULTY)


def epoch_blocks(subject: Subject) -> Iterator[np.ndarray]:
    """Yield the epochs of all trials, some at a time, z-scored by their baseline.

    Yields
    ------
    ndarray of float32, shape (m, t, sensors)
        Without the faulty sensor.
    """
    rate = subject.wanted.rate / DECIMATION
    times, kept = epoch_grid(subject.wanted.rate), kept_sensors(subject)
    for start in range(0, len(subject.latents), AT_A_TIME):
        own = slice(start, min(start + AT_A_TIME, len(subject.latents)))
        random = rng(subject.wanted.seed, "epochs", subject.name, start)
        values = clean(subject.evoked, subject.latents[own], times, subject.late[own])
        values += noise(subject.evoked, values.shape[:2], rate, random)
        values += _blinks(subject, len(values), times, random)
        values[..., subject.is_flat] = 0
        yield _standardised(values[..., kept], times)


def _blinks(
    subject: Subject, count: int, times: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Return blinks at random moments of some trials, shape (count, t, sensors)."""
    height = random.random(count) < BLINKING
    moment = random.uniform(times[0], times[-1], count)
    course = np.exp(-(((times - moment[:, None]) / BLINK_SECONDS) ** 2)) * height[:, None]
    return (course[..., None] * subject.blink).astype(np.float32)


def _standardised(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Subtract the mean before the onset, and divide by the sd; flat sensors stay 0."""
    before = values[:, times <= 0].astype(np.float64)
    spread = before.std(axis=1, keepdims=True)
    spread[spread == 0] = 1
    result: np.ndarray = ((values - before.mean(axis=1, keepdims=True)) / spread).astype(np.float32)
    return result
