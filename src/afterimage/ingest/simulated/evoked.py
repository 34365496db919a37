"""Simulated evoked responses of sensors, of which everything is known.

A picture is described by a few latent numbers (coarse colours, orientation energy, category). Each
latent drives the sensors through a smooth pattern of its own and the time course of its kind:
exactly nothing before the onset, one peak. Noise is correlated over neighbouring sensors and over
time. Everything is in units of the noise's standard deviation in the median sensor.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from afterimage.ingest.simulated.features import Views


@dataclass(frozen=True)
class Kind:
    """What a family of latents is made from, and when it drives the sensors.

    Attributes
    ----------
    name : str
    latents : int
        At most; principal components of what the family sees of a picture.
    onset, peak : float
        In seconds after the stimulus.
    fall : float
        How fast the course falls after its peak: 1 is as fast as it rises.
    posterior : float
        How strongly its patterns keep to the back of the head; 0: anywhere.
    share : float
        Of the variance of the signal at the family's peak.
    """

    name: str
    latents: int
    onset: float
    peak: float
    fall: float
    posterior: float
    share: float


# Early and low-level, late and semantic.
KINDS = (
    Kind("colour", 4, 0.060, 0.100, 0.6, 3.0, 1.0),
    Kind("energy", 6, 0.080, 0.130, 0.6, 2.5, 1.0),
    Kind("category", 6, 0.150, 0.250, 0.35, 1.0, 1.0),
)
# The mean response to any picture has the course of the first family, this much stronger.
MEAN_GAIN = 2.0
PATTERN_WIDTH = 0.35  # of the extent of the sensors
NOISE_SECONDS = 0.02  # after which the noise has forgotten 63 per cent of itself
NOISE_SHARED = 0.6  # of the noise's variance, smooth over sensors


@dataclass(frozen=True)
class Evoked:
    """One subject's sensors.

    Attributes
    ----------
    means, axes : tuple of ndarray
        Of each kind: the mean (p,) of what it sees, and the axes (p, k) that make latents of mean
        0 and variance 1 over the reference pictures.
    patterns : tuple of ndarray, shape (k, s)
        Of each kind's latents.
    mean_pattern : ndarray, shape (s,)
        Of the response that all pictures share.
    noise_sd : ndarray, shape (s,)
        Median 1.
    smooth : ndarray, shape (s, s)
        Mixes white noise into noise that is correlated over neighbours, of variance 1.
    """

    means: tuple[np.ndarray, ...]
    axes: tuple[np.ndarray, ...]
    patterns: tuple[np.ndarray, ...]
    mean_pattern: np.ndarray
    noise_sd: np.ndarray
    smooth: np.ndarray


def told_of_kinds() -> str:
    """Say when each kind truly drives the sensors: what decoding over time is compared with."""
    kinds = (
        f"{kind.name} from {1000 * kind.onset:.0f} ms on, most at {1000 * kind.peak:.0f} ms"
        for kind in KINDS
    )
    return f"What is true of the simulated sensors: they follow {'; '.join(kinds)}."


def draw_evoked(
    places: np.ndarray,
    reference: Views,
    *,
    ncsnr: float,
    shared: float,
    common: np.random.Generator,
    own: np.random.Generator,
) -> Evoked:
    """Draw one subject.

    Parameters
    ----------
    places : ndarray, shape (s, 3)
        Of the sensors, in any unit; the second coordinate grows towards the front.
    reference : Views
        Pictures that stand for the population.
    ncsnr : float
        Median over sensors of signal sd / noise sd of a single trial, at the best moment of each
        sensor.
    shared : float
        Share of the variance of each pattern that all subjects have in common: what can be learnt
        from others. 0: nothing, 1: all.
    common, own : Generator
        Of what all subjects share, in the same state for each of them; of this subject.
    """
    centred = places - places.mean(axis=0)
    centred = centred / np.abs(centred).max()
    smooth = _smoothing(centred)
    means, axes = zip(*(_axes(seen, kind) for seen, kind in _seen(reference)), strict=True)
    patterns = []
    for kind, axis in zip(KINDS, axes, strict=True):
        back = np.exp(-kind.posterior * (centred[:, 1] + 1) / 2)
        size = (axis.shape[1], len(places))
        white = np.sqrt(shared) * common.standard_normal(size)
        white += np.sqrt(1 - shared) * own.standard_normal(size)
        pattern = white @ smooth.T * back
        patterns.append(np.sqrt(kind.share) * pattern / np.sqrt((pattern**2).sum(axis=0).mean()))
    drawn = Evoked(
        means=means,
        axes=axes,
        patterns=tuple(patterns),
        mean_pattern=patterns[0][0] * MEAN_GAIN,
        noise_sd=_around_one(own, len(places)),
        smooth=smooth,
    )
    times = np.arange(0, 1, 0.005)
    best = (signal_sd(drawn, latents_of(drawn, reference), times) / drawn.noise_sd).max(axis=0)
    gain = ncsnr / np.median(best)
    return Evoked(
        means=drawn.means,
        axes=drawn.axes,
        patterns=tuple(gain * pattern for pattern in drawn.patterns),
        mean_pattern=gain * drawn.mean_pattern,
        noise_sd=drawn.noise_sd,
        smooth=drawn.smooth,
    )


def courses(times: np.ndarray) -> np.ndarray:
    """Return the time course of each kind, shape (3, *times.shape); 1 at the peak.

    Parameters
    ----------
    times : ndarray
        In seconds from the onset of the stimulus.
    """
    return np.stack([_course(np.asarray(times, dtype=np.float64), kind) for kind in KINDS])


def _course(times: np.ndarray, kind: Kind) -> np.ndarray:
    """Rise as a squared cosine from the onset to the peak, and fall as a slower one."""
    rise = kind.peak - kind.onset
    past = (times - kind.peak) / np.where(times < kind.peak, rise, rise / kind.fall)
    return np.where(np.abs(past) < 1, np.cos(np.pi / 2 * np.clip(past, -1, 1)) ** 2, 0.0)


def latents_of(evoked: Evoked, seen: Views) -> np.ndarray:
    """Return what drives the sensors, shape (n, all latents)."""
    parts = [
        (values - mean) @ axis
        for (values, _), mean, axis in zip(_seen(seen), evoked.means, evoked.axes, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def clean(
    evoked: Evoked, latents: np.ndarray, times: np.ndarray, jitter: np.ndarray | None = None
) -> np.ndarray:
    """Return noise-free responses.

    Parameters
    ----------
    evoked : Evoked
    latents : ndarray, shape (n, k)
        Of the pictures of n trials, from :func:`latents_of`.
    times : ndarray, shape (t,)
        In seconds from the onset of the stimulus.
    jitter : ndarray, shape (n,), optional
        By how many seconds each trial's response comes late.

    Returns
    -------
    ndarray of float32, shape (n, t, s)
    """
    late = np.zeros(len(latents)) if jitter is None else jitter
    course = courses(times[None] - late[:, None])
    result = np.einsum("nt,s->nts", course[0], evoked.mean_pattern, optimize=True)
    for values, pattern, own in zip(_split(evoked, latents), evoked.patterns, course, strict=True):
        result += own[:, :, None] * (values @ pattern)[:, None, :]
    return result.astype(np.float32)


def noise(
    evoked: Evoked, shape: tuple[int, int], rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Return stationary noise of some stretches of recording.

    Parameters
    ----------
    evoked : Evoked
    shape : (int, int)
        Number of stretches n, and of samples t in each: a run is one long stretch.
    rate : float
        Samples per second.
    rng : Generator

    Returns
    -------
    ndarray of float32, shape (n, t, s)
        A Gaussian process of first order in time, with sd ``noise_sd``.
    """
    sensors = len(evoked.noise_sd)
    kept = np.exp(-1 / (rate * NOISE_SECONDS))
    result = np.empty((*shape, sensors), dtype=np.float32)
    own = np.sqrt(1 - NOISE_SHARED) * evoked.noise_sd
    mixed = (np.sqrt(NOISE_SHARED) * evoked.noise_sd[:, None] * evoked.smooth).T
    for stretch in result:
        white = rng.standard_normal((2, shape[1], sensors))
        white[:, 1:] *= np.sqrt(1 - kept**2)
        coloured = lfilter([1.0], [1.0, -kept], white, axis=1)
        stretch[:] = coloured[0] * own + coloured[1] @ mixed
    return result


def signal_sd(evoked: Evoked, latents: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the sd over pictures of the noise-free response, shape (t, s).

    Parameters
    ----------
    evoked : Evoked
    latents : ndarray, shape (n, k)
        Of the pictures that stand for the population.
    times : ndarray, shape (t,)
    """
    covariance = np.cov(latents, rowvar=False)
    kinds = np.repeat(np.arange(len(KINDS)), [len(pattern) for pattern in evoked.patterns])
    pattern = np.concatenate(evoked.patterns)
    course = courses(times)[kinds]
    variance = [
        np.einsum("ks,kl,ls->s", pattern * now[:, None], covariance, pattern * now[:, None])
        for now in course.T
    ]
    return np.sqrt(np.clip(variance, 0, None))


def truth_of(evoked: Evoked, reference: Views, times: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is known of a subject, as arrays that can be stored.

    Parameters
    ----------
    evoked : Evoked
    reference : Views
        Pictures that stand for the population.
    times : ndarray, shape (t,)

    Returns
    -------
    dict of str to ndarray
        ``times`` (t,); ``ncsnr`` (t, s), of single trials before any preprocessing; ``onset`` and
        ``peak`` (3,) in seconds, of colour, energy and category.
    """
    spread = signal_sd(evoked, latents_of(evoked, reference), times)
    return {
        "times": np.asarray(times, dtype=np.float64),
        "ncsnr": spread / evoked.noise_sd,
        "onset": np.array([kind.onset for kind in KINDS]),
        "peak": np.array([kind.peak for kind in KINDS]),
    }


def _seen(pictures: Views) -> list[tuple[np.ndarray, Kind]]:
    """Return what each kind sees of the pictures, shape (n, p)."""
    count = len(pictures.category)
    parts = (pictures.colour, pictures.energy, pictures.category)
    flat = [part.reshape(count, -1).astype(np.float64) for part in parts]
    return list(zip(flat, KINDS, strict=True))


def _axes(seen: np.ndarray, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and whitened principal axes of what a kind sees of the reference pictures."""
    mean = seen.mean(axis=0)
    covariance = (seen - mean).T @ (seen - mean) / len(seen)
    values, vectors = np.linalg.eigh(covariance)
    # Categories are shares of one: their last axis is empty.
    kept = [k for k in np.argsort(values)[::-1][: kind.latents] if values[k] > 1e-9 * values[-1]]
    axes = vectors[:, kept] / np.sqrt(values[kept])
    # The sign of an eigenvector is arbitrary: the largest weight is positive.
    largest = np.abs(axes).argmax(axis=0)
    return mean, axes * np.sign(axes[largest, np.arange(len(kept))])


def _split(evoked: Evoked, latents: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([len(pattern) for pattern in evoked.patterns])[:-1]
    return np.split(latents, ends, axis=1)


def _smoothing(places: np.ndarray) -> np.ndarray:
    distance = ((places[:, None] - places[None]) ** 2).sum(axis=-1)
    kernel = np.exp(-distance / (2 * PATTERN_WIDTH**2))
    return kernel / np.linalg.norm(kernel, axis=1, keepdims=True)


def _around_one(rng: np.random.Generator, count: int) -> np.ndarray:
    drawn = np.exp(0.2 * rng.standard_normal(count))
    return drawn / np.median(drawn)
