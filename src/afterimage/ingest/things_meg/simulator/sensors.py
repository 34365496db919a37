"""The sensors of a CTF MEG with 275 channels, as MNE knows them, without a download."""

from typing import Any

import numpy as np

from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.simulator.frames import device_to_head

SENSORS = 272
SUFFIX = "-1609"
NOISE_TESLA = 2e-13  # of one unit of the simulated responses


def sensor_info() -> Any:
    """Return MNE's description of 272 axial gradiometers, the faulty one among them."""
    import mne

    info = mne.channels.read_meg_canonical_info("ctf275")
    names = [name for name in info["ch_names"] if name.startswith("M")][:SENSORS]
    info = mne.pick_info(info, [info["ch_names"].index(name) for name in names])
    mne.rename_channels(info, {name: name.partition("-")[0] + SUFFIX for name in names})
    with info._unlock():
        info["dev_head_t"] = mne.transforms.Transform("meg", "head", device_to_head())
    assert layout.FAULTY in info["ch_names"], "the list of sensors has changed"
    return info


def places_of(info: Any) -> np.ndarray:
    """Return the sensors' places in metres, shape (n, 3): to the right, front and top."""
    return np.array([channel["loc"][:3] for channel in info["chs"]])


def frontal(places: np.ndarray) -> np.ndarray:
    """Return how strongly a blink reaches each sensor, at most 1, shape (n,)."""
    front = places[:, 1] - places[:, 1].max()
    low = places[:, 2] - places[:, 2].min()
    return np.exp(-((front / 0.04) ** 2) - (low / 0.12) ** 2)
