"""Steps that are done to epochs, each sensor and each epoch by itself."""

import warnings
from collections.abc import Sequence

import numpy as np

from afterimage.ingest.meeg.grid import Grid, is_rate
from afterimage.ingest.meeg.steps import Baseline, Resample, Step


def done_to_epochs(values: np.ndarray, grid: Grid, steps: Sequence[Step]) -> np.ndarray:
    """Do steps, one after another.

    Parameters
    ----------
    values : ndarray of float64, shape (n, sensors, times)
        Overwritten.
    grid : Grid
        Its times.
    steps : sequence of Step
        baseline, resample, decimate, crop.

    Returns
    -------
    ndarray of float64, shape (n, sensors, times)
    """
    for step in steps:
        if isinstance(step, Baseline):
            values = _baseline(values, grid, step)
        elif isinstance(step, Resample):
            values = _resample(values, grid.rate, step.rate)
        else:
            values = values[..., grid.kept(step)]
        grid = grid.after(step)
    return values


def _baseline(values: np.ndarray, grid: Grid, step: Baseline) -> np.ndarray:
    from mne.baseline import rescale

    # A sensor that is flat in one baseline becomes NaN; ingest finds it and says so.
    with np.errstate(divide="ignore", invalid="ignore"):
        out: np.ndarray = rescale(
            values, grid.times, (step.first, step.last), step.kind, copy=False, verbose=False
        )
    return out


def _resample(values: np.ndarray, rate: float, new: float) -> np.ndarray:
    """Resample as ``Epochs.resample`` of MNE does: padded by the values at the edges."""
    from mne.filter import resample

    if is_rate(new, rate):
        return values
    with warnings.catch_warnings():
        # Infinite values of a flat sensor; see above.
        warnings.filterwarnings("ignore", "invalid value", RuntimeWarning)
        out: np.ndarray = resample(
            np.ascontiguousarray(values), new, rate, npad="auto", pad="edge", verbose="warning"
        )
    return out
