"""Where sensors are drawn: their layout on a flat head, by MNE."""

from collections.abc import Sequence

import numpy as np

# Of the circle that MNE draws as the head.
RADIUS = 0.095


def sensor_places(names: Sequence[str], layout: str) -> np.ndarray:
    """Return the places of sensors on a flat head, shape (n, 2); NaN for sensors not in it.

    Parameters
    ----------
    names : sequence of str
        CTF names may have the suffix of their system ("MLC11-2622").
    layout : str
        "CTF275", or a montage of MNE.
    """
    if layout == "CTF275":
        return _scaled(names, _ctf_places())
    return _scaled(names, _montage_places(layout))


def _scaled(names: Sequence[str], known: dict[str, np.ndarray]) -> np.ndarray:
    every = np.stack(list(known.values()))
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    scale = RADIUS / np.abs(every - middle).max()
    nowhere = np.full(2, np.nan)
    found = [known.get(name, known.get(name.split("-")[0], nowhere)) for name in names]
    return (np.stack(found) - middle) * scale


def _ctf_places() -> dict[str, np.ndarray]:
    from mne.channels import read_layout

    layout = read_layout("CTF275.lay")
    corner, size = layout.pos[:, :2], layout.pos[:, 2:]
    return dict(zip(layout.names, corner + size / 2, strict=True))


def _montage_places(name: str) -> dict[str, np.ndarray]:
    """Project electrodes so that distances from the vertex along the head stay what they are."""
    from mne.channels import make_standard_montage

    places = make_standard_montage(name).get_positions()["ch_pos"]
    centre = np.mean(list(places.values()), axis=0)
    flat = {}
    for electrode, place in places.items():
        x, y, z = place - centre
        around = np.arctan2(np.hypot(x, y), z)
        turn = np.arctan2(y, x)
        flat[electrode] = around * np.array([np.cos(turn), np.sin(turn)])
    return flat
