"""Simulated continuous recordings: overlapping responses, noise, line, drifts, blinks, targets."""

from pathlib import Path

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import clean, noise
from afterimage.ingest.simulated.files import Scratch
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.continuous import DATA
from afterimage.ingest.things_eeg2.layout import ONSETS_SECONDS, PARTITIONS, STIM, TARGET, Partition
from afterimage.ingest.things_eeg2.simulator.epochs import repetitions_of
from afterimage.ingest.things_eeg2.simulator.person import Person
from afterimage.ingest.things_eeg2.simulator.pickled import save_dictionary

RATE = 1000
BAND = (0.01, 100.0)
VOLTS = 1e-5  # sd of the noise in the median sensor
BEFORE_SECONDS, AFTER_SECONDS = 2, 2  # of rest
RESPONSE_SECONDS = 0.7  # after which nothing of a response is left
CODE_SAMPLES = 5  # for which a code is held
STRETCH_SECONDS = 30
TRIALS_AT_ONCE = 200
# In units of the noise's standard deviation.
LINE, LINE_HERTZ = 0.3, 50.0
DRIFT, DRIFT_HERTZ = 1.0, 0.05
BLINK, BLINK_SECONDS, BLINKS_PER_SECOND = 15.0, 0.3, 0.15


def write_continuous(root: Path, config: ThingsEeg2Config, person: Person) -> None:
    """Write all configured sessions of one subject, in volts."""
    assert config.simulate is not None
    for session in sorted(config.sessions):
        for part in PARTITIONS:
            random = rng(config.simulate.seed, "continuous", person.name, session, part)
            codes = draw_codes(
                len(person.latents[part]),
                repetitions_of(config, part),
                config.simulate.target_share,
                random,
            )
            path = root / layout.raw_file(config.recordings(), person.name, session, part)
            _write_file(path, root, codes, person, part, random)


def draw_codes(
    pictures: int, repetitions: int, target_share: float, random: np.random.Generator
) -> np.ndarray:
    """Draw an order of all trials, targets among them; the codes of a file, 1-based."""
    shown = np.tile(np.arange(1, pictures + 1), repetitions)
    targets = round(len(shown) * target_share / (1 - target_share))
    return random.permutation(np.concatenate([shown, np.full(targets, TARGET)]))


def _write_file(
    path: Path,
    root: Path,
    codes: np.ndarray,
    person: Person,
    partition: Partition,
    random: np.random.Generator,
) -> None:
    onsets = (BEFORE_SECONDS + ONSETS_SECONDS * np.arange(len(codes))) * RATE
    samples = np.rint(onsets).astype(np.int64)
    length = int(samples[-1]) + AFTER_SECONDS * RATE
    sensors = len(person.places)
    values = Scratch(root, (sensors + 1, length), np.float64).open()
    _add_background(values[:sensors], person, random)
    pictured = codes != TARGET
    latents = person.latents[partition][codes[pictured] - 1]
    _add_responses(values[:sensors], person, latents, samples[pictured], random)
    values[:sensors] *= VOLTS
    for sample, code in zip(samples.tolist(), codes.tolist(), strict=True):
        values[sensors, sample : sample + CODE_SAMPLES] = code
    plain = {
        "ch_names": [*layout.ALL_SENSORS, STIM],
        "ch_types": ["eeg"] * sensors + ["stim"],
        "sfreq": RATE,
        "highpass": BAND[0],
        "lowpass": BAND[1],
    }
    save_dictionary(path, plain, DATA, values.shape, iter(values), header=True)


def _add_background(values: np.ndarray, person: Person, random: np.random.Generator) -> None:
    """Add everything that no picture causes, stretch by stretch."""
    sensors, length = values.shape
    front = np.clip(person.places[:, 1] / np.abs(person.places[:, 1]).max(), 0, None) ** 2
    phases, turns = random.uniform(0, 2 * np.pi, (2, sensors, 1))
    blinks = _blinks(length, random)
    step = STRETCH_SECONDS * RATE
    for start in range(0, length, step):
        seconds = np.arange(start, min(start + step, length)) / RATE
        part = noise(person.evoked, (1, len(seconds)), RATE, random)[0].T.astype(np.float64)
        part += LINE * np.sin(2 * np.pi * LINE_HERTZ * seconds + phases)
        part += DRIFT * np.sin(2 * np.pi * DRIFT_HERTZ * seconds + turns)
        part += BLINK * front[:, None] * blinks[start : start + len(seconds)]
        values[:, start : start + len(seconds)] = part


def _blinks(length: int, random: np.random.Generator) -> np.ndarray:
    """Return the course of all blinks, shape (length,); 1 at the height of each."""
    shape = np.sin(np.linspace(0, np.pi, int(BLINK_SECONDS * RATE))) ** 2
    course = np.zeros(length)
    count = int(random.poisson(BLINKS_PER_SECOND * length / RATE))
    for start in random.integers(0, length - len(shape), count).tolist():
        course[start : start + len(shape)] += shape
    return course


def _add_responses(
    values: np.ndarray,
    person: Person,
    latents: np.ndarray,
    samples: np.ndarray,
    random: np.random.Generator,
) -> None:
    """Add the response to each picture; those to neighbours overlap."""
    late = person.jitter(len(latents), random)
    times = np.arange(int(RESPONSE_SECONDS * RATE)) / RATE
    for start in range(0, len(latents), TRIALS_AT_ONCE):
        some = slice(start, start + TRIALS_AT_ONCE)
        responses = clean(person.evoked, latents[some], times, late[some])
        for response, sample in zip(responses, samples[some].tolist(), strict=True):
            values[:, sample : sample + len(times)] += response.T
