"""Simulated runs: what the sensors record from the first second to the last, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import clean, noise
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.sensors import NOISE_TESLA
from afterimage.ingest.things_meg.simulator.subject import Subject

BLOCK_SECONDS = 10.0
LEAD_OUT = 2.0  # seconds after the last onset
RESPONSE_SECONDS = 0.8  # after which nothing is evoked any more
BLINK_EVERY, BLINK_SECONDS = 4.0, 0.15  # seconds between blinks, and sd of one
DRIFT_HERTZ, LINE_HERTZ = (0.013, 0.031), 60.0
FAULT = 30.0  # the faulty sensor's noise, compared with others


@dataclass(frozen=True)
class Run:
    """One run of a subject.

    Attributes
    ----------
    subject : Subject
    session, run : int
    rows : ndarray of int, shape (n,)
        Its trials.
    onsets : ndarray of int, shape (n,)
        Samples at which the responses begin.
    """

    subject: Subject
    session: int
    run: int
    rows: np.ndarray
    onsets: np.ndarray

    @property
    def block(self) -> int:
        """Samples of a block."""
        return round(BLOCK_SECONDS * self.subject.wanted.rate)

    @cached_property
    def blocks(self) -> int:
        """Number of blocks."""
        last = self.onsets[-1] + LEAD_OUT * self.subject.wanted.rate
        return int(np.ceil(last / self.block))

    def tesla(self) -> Iterator[np.ndarray]:
        """Yield block by block, ndarray of float64, shape (sensors, block), in T."""
        subject, rate = self.subject, self.subject.wanted.rate
        slow = _Slow(self)
        for number in range(self.blocks):
            start = number * self.block
            seconds = (start + np.arange(self.block)) / rate
            random = rng(subject.wanted.seed, "run", subject.name, self.session, self.run, number)
            values = noise(subject.evoked, (1, self.block), rate, random)[0].astype(np.float64)
            values += slow.at(seconds)
            self._add_responses(values, start)
            self._spoil(values, seconds, random)
            yield values.T * NOISE_TESLA

    def _add_responses(self, values: np.ndarray, start: int) -> None:
        """Add what the pictures evoke, to a block that begins at a sample."""
        subject, rate = self.subject, self.subject.wanted.rate
        length = round(RESPONSE_SECONDS * rate)
        for row, onset in zip(self.rows.tolist(), self.onsets.tolist(), strict=True):
            begin, end = max(onset, start), min(onset + length, start + len(values))
            if begin < end:
                times = (np.arange(begin, end) - onset) / rate
                one = slice(row, row + 1)
                evoked = clean(subject.evoked, subject.latents[one], times, subject.late[one])
                values[begin - start : end - start] += evoked[0]

    def _spoil(self, values: np.ndarray, seconds: np.ndarray, random: np.random.Generator) -> None:
        """Make the faulty sensor noisy, others flat, and leave out known drop-outs."""
        subject = self.subject
        faulty = subject.info["ch_names"].index(layout.FAULTY)
        values[:, faulty] += FAULT * random.standard_normal(len(values))
        values[:, subject.is_flat] = 0
        place = (subject.name, self.session, self.run)
        if place in layout.DROPOUTS:
            past = seconds - layout.DROPOUTS[place]
            values[(past >= 0) & (past < layout.DROPOUT_SECONDS)] = 0


class _Slow:
    """Drifts, line noise and blinks of a run, which know no blocks."""

    def __init__(self, run: Run) -> None:
        subject, sensors = run.subject, len(run.subject.info["ch_names"])
        random = rng(subject.wanted.seed, "slow", subject.name, run.session, run.run)
        self.subject = subject
        self.drift = subject.wanted.drift * random.standard_normal((2, sensors))
        self.phase = random.uniform(0, 2 * np.pi, 2)
        angle = random.uniform(0, 2 * np.pi, sensors)
        self.line = subject.wanted.line * np.stack([np.cos(angle), np.sin(angle)])
        length = run.blocks * BLOCK_SECONDS
        self.moments = np.cumsum(random.uniform(0.5, 1.5, int(2 * length / BLINK_EVERY) + 1))
        self.moments *= BLINK_EVERY

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """Return their sum, shape (times, sensors)."""
        waves = [
            np.sin(2 * np.pi * hertz * seconds + phase)
            for hertz, phase in zip(DRIFT_HERTZ, self.phase, strict=True)
        ]
        mains = 2 * np.pi * LINE_HERTZ * seconds
        result = np.stack(waves, axis=1) @ self.drift
        result += np.stack([np.cos(mains), np.sin(mains)], axis=1) @ self.line
        reach = 5 * BLINK_SECONDS
        near = (self.moments > seconds[0] - reach) & (self.moments < seconds[-1] + reach)
        for moment in self.moments[near].tolist():
            course = np.exp(-(((seconds - moment) / BLINK_SECONDS) ** 2))
            result += course[:, None] * self.subject.blink
        return result
