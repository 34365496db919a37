"""Simulated epochs in the two released forms."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import clean, noise
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.layout import PARTITIONS, Partition
from afterimage.ingest.things_eeg2.released import DATA
from afterimage.ingest.things_eeg2.simulator.person import Person, times_of
from afterimage.ingest.things_eeg2.simulator.pickled import save_dictionary

PICTURES_AT_ONCE = 50
BASELINE = np.round(np.arange(-50, 0) / 250, 6)  # times that the form 'nice' stores without data


def write_epochs(root: Path, config: ThingsEeg2Config, person: Person) -> None:
    """Write both partitions of one subject, in units of the noise's standard deviation.

    Each epoch holds the response to one picture only: neighbours are left out.
    """
    assert config.simulate is not None
    times, names = times_of(config), layout.sensors_of_form(config.form)
    stored = np.concatenate([BASELINE, times]) if config.form == "nice" else times
    for part in PARTITIONS:
        count = len(person.latents[part])
        repetitions = repetitions_of(config, part)
        save_dictionary(
            root / layout.preprocessed_file(config.recordings(), person.name, part),
            {"ch_names": list(names), "times": stored},
            DATA,
            (count, repetitions, len(names), len(times)),
            _blocks(config.simulate.seed, person, part, repetitions, times),
            header=config.form == "official",
        )


def repetitions_of(config: ThingsEeg2Config, partition: Partition) -> int:
    """Return how often each picture of a partition is shown."""
    assert config.simulate is not None
    wanted = config.simulate
    return wanted.training_repetitions if partition == "training" else wanted.test_repetitions


def _blocks(
    seed: int, person: Person, partition: Partition, repetitions: int, times: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield epochs, shape (pictures x repetitions, sensors, times), some pictures at a time."""
    random = rng(seed, "epochs", person.name, partition)
    rate = float(np.round(1 / np.diff(times[:2])[0]))
    latents = person.latents[partition]
    for start in range(0, len(latents), PICTURES_AT_ONCE):
        shown = np.repeat(latents[start : start + PICTURES_AT_ONCE], repetitions, axis=0)
        values = clean(person.evoked, shown, times, person.jitter(len(shown), random))
        values += noise(person.evoked, values.shape[:2], rate, random)
        yield values.swapaxes(1, 2)
