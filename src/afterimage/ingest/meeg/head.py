"""The sphere that stands for the head where fields or potentials are mapped."""

from typing import Any, Literal

from afterimage.contracts.parts import Note

# MNE's numbers of digitised points: EEG electrodes, and the head's surface.
DIGITISED = (3, 4)
FITTED_POINTS = 10  # fewer do not hold a sphere
NO_HEAD = "no head shape in the file: the sphere is centred 40 mm above the ears' line."
HEAD_CENTRE = (0.0, 0.0, 0.04)  # metres, head coordinates; what MNE takes without a head


def head_centre(info: Any, notes: list[Note]) -> tuple[float, float, float] | Literal["auto"]:
    """Return the sphere's centre; "auto" where MNE can fit it to digitised points.

    Parameters
    ----------
    info : mne.Info
    notes : list of Note
        That there is no head shape is added.
    """
    points = [int(point["kind"]) for point in info["dig"] or ()]
    if sum(kind in DIGITISED for kind in points) >= FITTED_POINTS:
        return "auto"
    notes.append(Note(NO_HEAD))
    return HEAD_CENTRE
