"""One simulated subject: what drives the sensors, and what is known of it."""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import Evoked, draw_evoked, latents_of, signal_sd, truth_of
from afterimage.ingest.simulated.features import Views
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.layout import Partition
from afterimage.ingest.things_eeg2.sensors import chosen_sensors

JITTER_SECONDS = 0.005  # sd over trials


@dataclass(frozen=True)
class Person:
    """One subject.

    Attributes
    ----------
    name : str
    evoked : Evoked
    places : ndarray, shape (s, 3)
        Of the sensors, in millimetres; x to the right, y to the front.
    latents : dict of ndarray
        What drives the sensors, for each picture of both partitions.
    """

    name: str
    evoked: Evoked
    places: np.ndarray
    latents: dict[Partition, np.ndarray]

    def jitter(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Draw by how many seconds responses come late."""
        return JITTER_SECONDS * random.standard_normal(count)


def times_of(config: ThingsEeg2Config) -> np.ndarray:
    """Return the times at which the truth is told: those of the form, in seconds."""
    if config.form == "official":
        return np.round(np.arange(-20, 80) / 100, 6)
    if config.form == "nice":
        return np.round(np.arange(250) / 250, 6)
    # Windows of the raw form are the configuration's.
    return np.round(np.arange(-250, 376) / 250, 6)


def draw_person(
    config: ThingsEeg2Config, subject: str, reference: Views, seen: dict[Partition, Views]
) -> Person:
    """Draw one subject's sensors, and let it see the pictures."""
    assert config.simulate is not None
    places = chosen_sensors(layout.sensors_of_form(config.form), ["eeg"]).millimetres
    wanted = config.simulate
    evoked = draw_evoked(
        places,
        reference,
        ncsnr=wanted.ncsnr,
        shared=wanted.shared,
        common=rng(wanted.seed, "evoked", config.form),
        own=rng(wanted.seed, "evoked", subject, config.form),
    )
    latents = {part: latents_of(evoked, views) for part, views in seen.items()}
    return Person(subject, evoked, places, latents)


def truth_about(person: Person, reference: Views, times: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is known of a subject.

    Returns
    -------
    dict of str to ndarray
        ``times`` (t,) in seconds; ``ncsnr`` (t, s), signal sd / noise sd of a single trial over
        the population of pictures, before any preprocessing and without the artefacts of the raw
        form; ``ncsnr_test`` (t, s), the same over exactly the test pictures; ``onset`` and
        ``peak`` (3,), in seconds, of colour, energy and category.
    """
    spread = signal_sd(person.evoked, person.latents["test"], times)
    truth = truth_of(person.evoked, reference, times)
    return {**truth, "ncsnr_test": spread / person.evoked.noise_sd}
