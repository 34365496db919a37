"""Where the simulated head is in the helmet, in the coordinates of MNE and of CTF.

All are right-handed, with z upwards, and in metres.

- MNE's head: x to the right ear, y to the nose, the origin between the ears.
- MNE's device: x to the right, y to the front of the helmet.
- CTF's head: x to the nose, y to the left ear.
- CTF's device: MNE's, turned by 45 degrees about z, with an origin 190 mm higher.
"""

import numpy as np

DEVICE_HEIGHT = 0.19
# Columns are the axes of CTF's device in MNE's: x is midway between the right and the front.
_HALF = np.sqrt(0.5)
_AXES = np.array([[_HALF, -_HALF, 0], [_HALF, _HALF, 0], [0, 0, 1]])
# The origin of the head in MNE's device. A head looks to the front, so the axes are the same.
HEAD_IN_DEVICE = (0.0, 0.0, -0.06)


def device_to_head() -> np.ndarray:
    """Return MNE's transform of a head that has not moved, shape (4, 4)."""
    trans = np.eye(4)
    trans[:3, 3] = -np.array(HEAD_IN_DEVICE)
    return trans


def place_in_ctf(place: np.ndarray) -> np.ndarray:
    """Bring a place, shape (3,), from MNE's device to CTF's."""
    found: np.ndarray = (place - [0, 0, DEVICE_HEIGHT]) @ _AXES
    return found


def direction_in_ctf(direction: np.ndarray) -> np.ndarray:
    """Bring a direction, shape (3,), from MNE's device to CTF's."""
    found: np.ndarray = direction @ _AXES
    return found


def head_place_in_ctf(place: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Bring a place from CTF's head to CTF's device.

    Parameters
    ----------
    place : ndarray, shape (3,)
    shift : ndarray, shape (3,)
        By how much the head has moved, in MNE's device.
    """
    forward, left, up = place
    return place_in_ctf(np.array([-left, forward, up]) + HEAD_IN_DEVICE + shift)
