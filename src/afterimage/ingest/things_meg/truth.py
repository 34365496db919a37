"""What a simulator leaves beside the raw files: the truth that estimators are held against.

Arrays of one subject, in a safetensors file; t is a step of time, s a sensor.

============ ========= ======= ===============================================================
key          shape     unit    meaning
============ ========= ======= ===============================================================
times        (t,)      s       from the onset of a picture
ncsnr        (t, s)            signal sd / noise sd of single trials, before any preprocessing
onset, peak  (3,)      s       of what colour, orientation energy and category evoke
noise_sd     (s,)      T       of the noise of one trial
names        (s, 16)           names of the sensors in ASCII, filled up with 0
============ ========= ======= ===============================================================
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import load_tensors

NAME_BYTES = 16
KEYS = ("times", "ncsnr", "onset", "peak", "noise_sd", "names")


def encoded(names: Sequence[str]) -> np.ndarray:
    """Return names of sensors as bytes, uint8 of shape (s, 16)."""
    text = b"".join(name.encode("ascii").ljust(NAME_BYTES, b"\0") for name in names)
    return np.frombuffer(text, dtype=np.uint8).reshape(len(names), NAME_BYTES)


def decoded(names: np.ndarray) -> list[str]:
    """Return names of sensors from their bytes."""
    return [row.tobytes().rstrip(b"\0").decode("ascii") for row in names]


def read_truth(path: Path) -> dict[str, np.ndarray]:
    """Read the truth of one subject.

    Raises
    ------
    DataError
        If the file is damaged or an array is missing.
    """
    truth = load_tensors(path)
    missing = [key for key in KEYS if key not in truth]
    if missing:
        raise DataError(
            f"{path}: no {', '.join(missing)}.", "Delete it and simulate the recording again."
        )
    return truth


def truth_of_sensors(
    truth: Mapping[str, np.ndarray], names: Sequence[str], times: Sequence[float]
) -> dict[str, np.ndarray]:
    """Bring the truth to the sensors and times of a recording; in between, by straight lines."""
    known = decoded(truth["names"])
    rows = [known.index(name) for name in names]
    moments = np.asarray(times, dtype=np.float64)
    ncsnr = truth["ncsnr"][:, rows]
    return {
        **truth,
        "names": truth["names"][rows],
        "noise_sd": truth["noise_sd"][rows],
        "times": moments,
        "ncsnr": np.stack([np.interp(moments, truth["times"], own) for own in ncsnr.T], axis=1),
    }
