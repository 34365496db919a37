"""Write the preprocessed volumes of a session: what the betas do to a signal in time.

A voxel's signal is a constant, times one plus: a haemodynamic response after each picture, as high
as the beta of that trial; a slow drift; and noise. Runs at rest have no responses.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from afterimage.contracts.files import write_text
from afterimage.contracts.seeds import rng
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.simulator.schedule import schedule_of, volumes_per_slot
from afterimage.ingest.simulated.files import save_nifti_series
from afterimage.ingest.simulated.grid import Grid, affine

STIMULUS_SECONDS, RESPONSE_SECONDS = 3.0, 30.0
PEAK_SECONDS, UNDERSHOOT_SECONDS, UNDERSHOOT_SHARE = 6.0, 16.0, 1 / 6
MEAN_INTENSITY, INTENSITY_SPREAD = 1000.0, 0.15
DRIFT_PERCENT, NOISE_PERCENT = 1.0, 0.6


def haemodynamic_response(seconds: np.ndarray) -> np.ndarray:
    """Return the response to a picture of three seconds, at some times after its onset.

    Parameters
    ----------
    seconds : ndarray
        Any shape; before the onset the response is zero.

    Returns
    -------
    ndarray of float64
        The largest value of the continuous response is one.

    References
    ----------
    Friston et al. (1998), Event-related fMRI: characterizing differential responses, NeuroImage 7.
    """
    fine = np.arange(0, RESPONSE_SECONDS, 0.01)
    response = np.interp(seconds, fine, _response(fine), left=0.0, right=0.0)
    return np.asarray(response)


def write_session(
    root: Path,
    config: NsdConfig,
    subject: str,
    session: int,
    percent: np.ndarray,
    pictures: np.ndarray,
    columns: np.ndarray,
    grid: Grid,
) -> None:
    """Write the volumes and the design of each run of a session.

    Parameters
    ----------
    root, config, subject, session
    percent : ndarray, shape (n_trials, v)
        Betas of the sheet in percent signal change.
    pictures : ndarray of int, shape (n_trials,)
        1-based numbers.
    columns : ndarray of int, shape (v,)
        Which of the brain's places the sheet fills.
    grid : Grid
    """
    schedule = schedule_of(config)
    per_slot = volumes_per_slot(config.space)
    seconds = layout.VOLUME_SECONDS[config.space]
    count = schedule.volumes(config.space)
    runs = [*schedule.trials]
    if config.rests(subject, session):
        nothing = np.zeros(0, dtype=int)
        runs = [nothing, *runs, nothing]
    assert config.simulate is not None
    constant = _intensity(len(grid.brain), rng(config.simulate.seed, "intensity", subject))
    first = 0
    for number, slots in enumerate(runs, start=1):
        trials = slice(first, first + len(slots))
        first += len(slots)
        onsets = slots * per_slot
        design = np.zeros(count, dtype=int)
        design[onsets] = pictures[trials]
        path = layout.series_design_file(subject, config.space, session, number)
        write_text(root / path, "".join(f"{value}\n" for value in design.tolist()))
        after = (np.arange(count)[:, None] - onsets) * seconds
        evoked = haemodynamic_response(after) @ percent[trials]
        random = rng(config.simulate.seed, "series", subject, session, number)
        save_nifti_series(
            root / layout.series_file(subject, config.space, session, number),
            (*grid.shape, count),
            affine(grid.shape, layout.VOXEL_MM[config.space]),
            seconds,
            _volumes(evoked, columns, constant, grid, random),
        )


def _volumes(
    evoked: np.ndarray,
    columns: np.ndarray,
    constant: np.ndarray,
    grid: Grid,
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Yield the volumes of a run, each written over the one before."""
    voxels = len(constant)
    slope, wave = DRIFT_PERCENT * rng.standard_normal((2, voxels), dtype=np.float32)
    volume = np.zeros(grid.shape, dtype=np.int16)
    for time, response in zip(np.linspace(-0.5, 0.5, len(evoked)), evoked, strict=True):
        percent = slope * np.float32(time) + wave * np.float32(np.cos(2 * np.pi * time))
        percent += NOISE_PERCENT * rng.standard_normal(voxels, dtype=np.float32)
        percent[columns] += response
        volume.ravel()[grid.brain] = np.round(constant * (1 + percent / 100))
        yield volume


def _intensity(voxels: int, rng: np.random.Generator) -> np.ndarray:
    """Return the constant signal of each voxel, in arbitrary units as those of a scanner."""
    spread = np.exp(INTENSITY_SPREAD * rng.standard_normal(voxels, dtype=np.float32))
    return MEAN_INTENSITY * spread


def _response(fine: np.ndarray) -> np.ndarray:
    """Return a double gamma, summed over the time that a picture is shown, with a peak of one."""
    from scipy.stats import gamma

    impulse = gamma.pdf(fine, PEAK_SECONDS) - UNDERSHOOT_SHARE * gamma.pdf(fine, UNDERSHOOT_SECONDS)
    shown = np.ones(round(STIMULUS_SECONDS / (fine[1] - fine[0])))
    summed = np.convolve(impulse, shown)[: len(fine)]
    return np.asarray(summed / summed.max())
