"""Where the head was: the three coils at nasion and ears, before each run."""

from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError

COILS = {
    "nasion": "nasion",
    "left ear": "left",
    "lpa": "left",
    "right ear": "right",
    "rpa": "right",
}


def read_coils(path: Path) -> dict[str, np.ndarray]:
    """Read the measured positions of the coils in the device.

    Parameters
    ----------
    path : Path
        The .hc file of a CTF recording.

    Returns
    -------
    dict of str to ndarray, shape (3,)
        Of "nasion", "left" and "right", in mm of the device's coordinates.

    Raises
    ------
    DataError
        If one of them is not there.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = {}
        for at, line in enumerate(lines):
            title = line.lower()
            if "measured" in title and "relative to dewar" in title:
                name = next((own for text, own in COILS.items() if text in title), "other")
                found[name] = np.array([_centimetres(lines[at + k]) for k in (1, 2, 3)]) * 10
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing.", "Download the run again.") from error
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f"{path}: not a readable file of coils ({error}).", "Download it again."
        ) from error
    missing = sorted(set(COILS.values()) - set(found))
    if missing:
        raise DataError(
            f"{path}: no measured position of {', '.join(missing)}.", "Download it again."
        )
    return found


def largest_shift(positions: list[dict[str, np.ndarray]]) -> float:
    """Return by how many mm any coil was, in any run, away from its place in the first."""
    first = positions[0]
    return max(
        float(np.linalg.norm(own[name] - first[name])) for own in positions for name in first
    )


def _centimetres(line: str) -> float:
    return float(line.partition("=")[2])
