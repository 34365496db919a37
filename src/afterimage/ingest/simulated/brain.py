"""The simulated visual cortex: voxels with known tuning, noise ceiling and drift.

A voxel's noise-free response is a weighted sum of three parts, each of unit variance over the
population of pictures: colour in its receptive field, orientation energy in its receptive field,
and category. In one trial noise is added; in one session gain and offset have drifted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from afterimage.ingest.simulated.features import (
    COLOUR_SIDE,
    GABOR_CYCLES,
    Views,
    gabor_orientations,
    gabor_places,
)
from afterimage.ingest.simulated.pictures import CATEGORIES
from afterimage.ingest.simulated.sheet import Sheet

# Share of the variance of the response that is due to colour, orientation energy and category.
PARTS = {
    "V1": (0.55, 0.45, 0.00),
    "V2": (0.55, 0.42, 0.03),
    "V3": (0.58, 0.34, 0.08),
    "hV4": (0.60, 0.20, 0.20),
    "ventral": (0.25, 0.10, 0.65),
}
# Smallest and largest sd of the receptive field, as a fraction of the picture.
FIELD_SIZES = {
    "V1": (0.05, 0.09),
    "V2": (0.07, 0.12),
    "V3": (0.09, 0.15),
    "hV4": (0.12, 0.20),
    "ventral": (0.20, 0.35),
}
NOISE_PERCENT, NOISE_LOG_SD = 1.2, 0.2
DRIFT_PERCENT, DRIFT_GAIN = 0.5, 0.05


@dataclass(frozen=True)
class Brain:
    """One subject's voxels; every array has one row or value per voxel.

    Attributes
    ----------
    area : ndarray of str, shape (v,)
    rf_x, rf_y, rf_size : ndarray, shape (v,)
        Centre and sd of the Gaussian receptive field, as fractions of the picture.
    colour : ndarray, shape (v, 3)
        Weights of red, green and blue.
    orientation, frequency : ndarray, shape (v,)
        Preferred orientation (rad) and log2 of the preferred number of cycles per picture.
    category : ndarray, shape (v, n_categories)
    parts : ndarray, shape (v, 3)
        Shares of the variance, summing to one.
    ncsnr : ndarray, shape (v,)
        Signal sd over noise sd.
    noise_sd, baseline : ndarray, shape (v,)
        Percent signal change.
    """

    area: np.ndarray
    rf_x: np.ndarray
    rf_y: np.ndarray
    rf_size: np.ndarray
    colour: np.ndarray
    orientation: np.ndarray
    frequency: np.ndarray
    category: np.ndarray
    parts: np.ndarray
    ncsnr: np.ndarray
    noise_sd: np.ndarray
    baseline: np.ndarray

    def voxels(self, chosen: slice) -> "Brain":
        """Return some voxels."""
        return Brain(**{name: values[chosen] for name, values in vars(self).items()})


def draw_brain(
    sheet: Sheet, ncsnr_median: float, ncsnr_log_sd: float, rng: np.random.Generator
) -> Brain:
    """Draw the tuning of one subject's voxels.

    Parameters
    ----------
    sheet : Sheet
    ncsnr_median, ncsnr_log_sd : float
        The ratio of signal to noise is log-normal.
    rng : Generator
    """
    voxels = len(sheet.area)
    low, high = np.array([FIELD_SIZES[area] for area in sheet.area]).T
    # A retinotopic map: the field moves with the place on the sheet.
    rf_x, rf_y = (
        np.clip(place + rng.normal(0, 0.08, voxels), 0.02, 0.98)
        for place in (sheet.across, sheet.along)
    )
    sign = rng.choice([-1.0, 1.0], (voxels, 1))
    shares = np.array([PARTS[area] for area in sheet.area])
    shares = shares * rng.uniform(0.6, 1.4, shares.shape)
    return Brain(
        area=sheet.area,
        rf_x=rf_x,
        rf_y=rf_y,
        rf_size=rng.uniform(low, high),
        colour=rng.standard_normal((voxels, 3)) + 0.6 * sign,
        orientation=rng.uniform(0, np.pi, voxels),
        frequency=rng.uniform(1, 3, voxels),
        category=rng.standard_normal((voxels, len(CATEGORIES))),
        parts=shares / shares.sum(axis=1, keepdims=True),
        ncsnr=ncsnr_median * np.exp(ncsnr_log_sd * rng.standard_normal(voxels)),
        noise_sd=NOISE_PERCENT * np.exp(NOISE_LOG_SD * rng.standard_normal(voxels)),
        baseline=rng.normal(0.8, 0.5, voxels),
    )


def responses(brain: Brain, seen: Views, reference: int) -> np.ndarray:
    """Return noise-free responses, scaled so that the population has the voxels' ncsnr.

    Parameters
    ----------
    brain : Brain
    seen : Views
        Pictures to respond to; the reference pictures come first.
    reference : int
        How many those are. Their mean and sd set the scale of each part and of the whole.

    Returns
    -------
    ndarray of float64, shape (n, v)
        Percent signal change.
    """
    total = np.zeros((len(seen.category), len(brain.area)))
    for part, share in zip(_parts(brain, seen), brain.parts.T, strict=True):
        total += _standardised(part, reference) * np.sqrt(share)
    return brain.baseline + _standardised(total, reference) * (brain.ncsnr * brain.noise_sd)


def record(clean: np.ndarray, brain: Brain, rng: np.random.Generator) -> np.ndarray:
    """Add the noise of single trials and the drift of one session.

    Parameters
    ----------
    clean : ndarray, shape (n_trials, v)
        Noise-free responses in percent signal change.
    brain : Brain
    rng : Generator
        Of this subject and session.

    Returns
    -------
    ndarray of float64, shape (n_trials, v)
        gain * (clean + noise) + offset: the ratio of signal to noise does not drift.
    """
    voxels = clean.shape[1]
    offset = DRIFT_PERCENT * rng.standard_normal(voxels)
    gain = 1 + DRIFT_GAIN * rng.standard_normal(voxels)
    noise = brain.noise_sd * rng.standard_normal(clean.shape)
    return gain * (clean + noise) + offset


def truth_of(
    brain: Brain, sheet: Sheet, mean: np.ndarray, sd: np.ndarray, shared: np.ndarray
) -> dict[str, np.ndarray]:
    """Collect what is known of a subject's voxels.

    Parameters
    ----------
    brain : Brain
    sheet : Sheet
    mean, sd : ndarray, shape (v,)
        Of the noise-free responses over the population of pictures.
    shared : ndarray, shape (n_shared, v)
        Noise-free responses to the shared pictures.

    Returns
    -------
    dict
        The arrays of :data:`afterimage.contracts.truth.TRUTH_ARRAYS` without the moments.
    """
    return {
        "index": sheet.places.astype(np.int64),
        "ncsnr_population": sd / brain.noise_sd,
        "ncsnr_shared": shared.std(axis=0, ddof=1) / brain.noise_sd,
        "noise_sd": brain.noise_sd,
        "noise_sd_elsewhere": np.array([NOISE_PERCENT]),
        "rf_x": brain.rf_x,
        "rf_y": brain.rf_y,
        "rf_size": brain.rf_size,
        "mean_s": mean,
        "sigma_e": brain.noise_sd**2,
    }


def moments_of(population: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    """Return the second moments of responses and target over the population of pictures.

    Parameters
    ----------
    population : ndarray, shape (n_ref, v)
        Noise-free responses to the reference pictures.
    target : ndarray, shape (n_ref, 192)
        Thumbnails of the same pictures.

    Returns
    -------
    dict
        The arrays of :data:`afterimage.contracts.truth.MOMENTS`.
    """
    s, y = population - population.mean(axis=0), target - target.mean(axis=0)
    count = len(s)
    return {
        "sigma_ss": s.T @ s / count,
        "sigma_sy": s.T @ y / count,
        "mean_y": target.mean(axis=0),
        "var_y": (y**2).mean(axis=0),
        "n_ref": np.array([count], dtype=np.int64),
    }


def _parts(brain: Brain, seen: Views) -> Iterator[np.ndarray]:
    """Yield the three parts, so that only one of them is held at a time."""
    yield _colour_part(brain, seen)
    yield _energy_part(brain, seen)
    yield _category_part(brain, seen)


def _colour_part(brain: Brain, seen: Views) -> np.ndarray:
    steps = (np.arange(COLOUR_SIDE) + 0.5) / COLOUR_SIDE
    y, x = np.meshgrid(steps, steps, indexing="ij")
    weights = _field(brain, x.ravel(), y.ravel())[:, None, :] * brain.colour.T
    return _product(seen.colour, weights)


def _energy_part(brain: Brain, seen: Views) -> np.ndarray:
    angle = gabor_orientations()[:, None] - brain.orientation
    octave = np.log2(GABOR_CYCLES)[:, None] - brain.frequency
    tuned = np.exp(3 * (np.cos(2 * angle) - 1)), np.exp(-(octave**2))
    place = _field(brain, *gabor_places())
    weights = tuned[1][:, None, None, :] * tuned[0][None, :, None, :] * place[None, None]
    return _product(seen.energy, weights)


def _category_part(brain: Brain, seen: Views) -> np.ndarray:
    return _product(seen.category, brain.category.T)


def _field(brain: Brain, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the receptive fields at some places, shape (n_places, v), each summing to one."""
    distance = (x[:, None] - brain.rf_x) ** 2 + (y[:, None] - brain.rf_y) ** 2
    field = np.exp(-distance / (2 * brain.rf_size**2))
    return field / field.sum(axis=0)


def _product(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    voxels = weights.shape[-1]
    # The far tails of a Gaussian become denormal numbers, which are a hundred times slower.
    kept = np.where(abs(weights) < 1e-9, 0.0, weights)
    flat = kept.reshape(-1, voxels).astype(np.float32)
    return (values.reshape(len(values), -1) @ flat).astype(np.float64)


def _standardised(values: np.ndarray, reference: int) -> np.ndarray:
    """Give the first ``reference`` rows mean 0 and sd 1, and move the others with them."""
    known = values[:reference]
    sd = known.std(axis=0)
    # A part may not vary at all over a handful of pictures.
    return (values - known.mean(axis=0)) / np.where(sd > 1e-9, sd, 1.0)
