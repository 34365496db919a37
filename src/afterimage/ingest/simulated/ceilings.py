"""Noise ceilings of simulated trials, as the NSD data manual defines them for the released volumes.

This is a second implementation, on purpose: the estimator of the workflow is compared with it.
"""

from collections.abc import Callable, Sequence

import numpy as np

NUMBERS_AT_ONCE = 1 << 23
SMALLEST_NOISE = 1e-12


def released_ncsnr(
    sessions: Sequence[Callable[[], np.ndarray]], pictures: Sequence[np.ndarray]
) -> np.ndarray:
    """Return sd of the signal over sd of the noise, from trials standardised in each session.

    With a total variance of one, noise is the variance of the trials of one picture, pooled over
    the pictures that came more than once, and the signal is what remains.

    Parameters
    ----------
    sessions : sequence of callable
        Each returns the trials of a session, shape (n_trials, v), in any unit.
    pictures : sequence of ndarray of int, shape (n_trials,)
        What was shown.

    Returns
    -------
    ndarray of float32, shape (v,)
        NaN if no picture came twice, and for a voxel that does not change.
    """
    from scipy.sparse import coo_array

    shown, code = np.unique(np.concatenate(pictures), return_inverse=True)
    count = np.bincount(code)
    rows = np.arange(len(code))
    sums = coo_array((np.ones(len(code)), (code, rows)), shape=(len(shown), len(code))).tocsr()
    voxels = sessions[0]().shape[1]
    width = max(1, NUMBERS_AT_ONCE // len(code))
    ncsnr = np.full(voxels, np.nan, dtype=np.float32)
    if count.max() == 1:
        return ncsnr
    for start in range(0, voxels, width):
        block = np.concatenate(
            [_standardised(part()[:, start : start + width]) for part in sessions]
        )
        within = (block**2).sum(axis=0) - ((sums @ block) ** 2 / count[:, None]).sum(axis=0)
        noise = within / (count - 1).sum()
        known = np.where(noise > SMALLEST_NOISE, noise, np.nan)
        ncsnr[start : start + width] = np.sqrt(np.clip(1 - known, 0, None) / known)
    return ncsnr


def _standardised(part: np.ndarray) -> np.ndarray:
    block = part.astype(np.float64)
    block -= block.mean(axis=0)
    sd = block.std(axis=0, ddof=1)
    return block / np.where(sd > 0, sd, 1)
