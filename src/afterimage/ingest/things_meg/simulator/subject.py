"""A simulated subject: its brain, its sensors, its trials."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.seeds import rng
from afterimage.ingest.simulated.evoked import Evoked, draw_evoked, latents_of
from afterimage.ingest.simulated.features import Views
from afterimage.ingest.things_meg.config import Simulation
from afterimage.ingest.things_meg.simulator.sensors import frontal, places_of


@dataclass(frozen=True)
class Subject:
    """What all recordings of a subject are made from.

    Attributes
    ----------
    name : str
    wanted : Simulation
    info : mne.Info
        Of all 272 gradiometers.
    evoked : Evoked
    latents : ndarray, shape (n, k)
        What drives the sensors in each trial; zeros in catch trials.
    late : ndarray, shape (n,)
        By how many seconds each trial's response comes late.
    blink : ndarray, shape (s,)
        How a blink reaches the sensors, in sds of the noise.
    is_flat : ndarray of bool, shape (s,)
        Sensors that record nothing.
    """

    name: str
    wanted: Simulation
    info: Any
    evoked: Evoked
    latents: np.ndarray
    late: np.ndarray
    blink: np.ndarray
    is_flat: np.ndarray


def draw_subject(
    name: str,
    wanted: Simulation,
    info: Any,
    views: tuple[Views, Views],
    pictures: np.ndarray,
) -> Subject:
    """Draw one subject.

    Parameters
    ----------
    name : str
    wanted : Simulation
    info : mne.Info
    views : (Views, Views)
        Of reference pictures and of those that are shown.
    pictures : ndarray of int, shape (n,)
        Of each trial, by its place among those that are shown; -1 in catch trials.
    """
    reference, shown = views
    places = places_of(info)
    evoked = draw_evoked(
        places,
        reference,
        ncsnr=wanted.ncsnr,
        shared=wanted.shared,
        common=rng(wanted.seed, "evoked"),
        own=rng(wanted.seed, "evoked", name),
    )
    latents = latents_of(evoked, shown)[pictures]
    latents[pictures < 0] = 0
    random = rng(wanted.seed, "trials", name)
    is_flat = np.zeros(len(places), dtype=bool)
    is_flat[rng(wanted.seed, "flat", name).permutation(len(places))[: wanted.flat]] = True
    return Subject(
        name=name,
        wanted=wanted,
        info=info,
        evoked=evoked,
        latents=latents,
        late=wanted.jitter * random.standard_normal(len(pictures)),
        blink=wanted.blinks * frontal(places),
        is_flat=is_flat,
    )


def pictures_of(design: pd.DataFrame, keys: list[tuple[int, int]]) -> np.ndarray:
    """Return the place among all pictures of each trial's; -1 in catch trials."""
    known = {key: place for place, key in enumerate(keys)}
    shown = zip(design["concept"].tolist(), design["exemplar"].tolist(), strict=True)
    return np.array([known.get(key, -1) for key in shown])
