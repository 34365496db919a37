"""Whether a file that was made again is the same: in its bytes, or in its numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.files import sha256_of
from afterimage.publish.contents import content_of


@dataclass(frozen=True)
class Verdict:
    """What became of one file.

    Attributes
    ----------
    agrees : bool
    told : str
        In words.
    """

    agrees: bool
    told: str


def compare(original: Path, again: Path, tolerance: float | None) -> Verdict:
    """Compare a file with its second making.

    Parameters
    ----------
    original, again : Path
    tolerance : float or None
        None asks for the same bytes. Otherwise two floating point numbers of an array, a column
        or a value may differ by this part of the largest absolute value in it; everything else
        must be equal.

    Returns
    -------
    Verdict
    """
    if not again.is_file():
        return Verdict(False, "was not made again")
    if sha256_of(original) == sha256_of(again):
        return Verdict(True, "same bytes")
    before, now = content_of(original), content_of(again)
    if before is None or now is None:
        return Verdict(False, "other bytes, and no numbers to compare")
    if before.keys() != now.keys():
        return Verdict(False, f"other names: {', '.join(sorted(before.keys() ^ now.keys()))}")
    apart = {name: _distance(before[name], now[name]) for name in before}
    worst = max(apart, key=lambda name: apart[name], default="")
    largest = apart.get(worst, 0.0)
    where = f"{largest:.1e} of the largest value, in '{worst}'"
    if np.isinf(largest):
        return Verdict(False, f"'{worst}' is another one")
    if tolerance is None:
        return Verdict(False, f"other bytes; numbers differ by up to {where}")
    return Verdict(largest <= tolerance, f"numbers differ by up to {where}")


def _distance(before: Any, now: Any) -> float:
    """Return the largest difference as a part of the largest value; infinite for other things."""
    if not (_is_floating(before) and _is_floating(now)):
        same = type(before) is type(now) and np.array_equal(before, now)
        return 0.0 if same else np.inf
    if before.shape != now.shape or not np.array_equal(np.isfinite(before), np.isfinite(now)):
        return np.inf
    finite = np.isfinite(before)
    if not np.array_equal(before[~finite], now[~finite], equal_nan=True):
        return np.inf
    if not finite.any():
        return 0.0
    difference = float(np.abs(before[finite].astype(float) - now[finite].astype(float)).max())
    scale = float(np.abs(before[finite].astype(float)).max())
    return difference / scale if scale else (np.inf if difference else 0.0)


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)
