"""What a simulator leaves beside the raw data: the truth that estimators are held against.

With s(x) the noise-free response to a picture x, y(x) the thumbnail and e the noise of one trial,
the best linear decoder for means of k trials and its score follow from the second moments alone::

    S(k) = sigma_ss + sigma_e / k,    W* = S(k)^-1 sigma_sy,
    R_j = sqrt((sigma_sy' W*)_jj / var_y_j)

and any other linear decoder W scores rho_j = w_j' sigma_sy_j / sqrt(w_j' S(k) w_j var_y_j) <= R_j.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import load_tensors, save_tensors

THUMBNAIL_SIDE = 8
THUMBNAIL_SIZE = THUMBNAIL_SIDE * THUMBNAIL_SIDE * 3

# Name: (dimensions, unit, meaning). Dimension v is the voxel.
TRUTH_ARRAYS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "index": (("v",), "", "place in the source's grid, ascending, as in the channels table"),
    "ncsnr_population": (("v",), "", "signal sd / noise sd over the population of pictures"),
    "ncsnr_shared": (("v",), "", "the same over exactly the shared (test) pictures"),
    "noise_sd": (("v",), "percent", "sd of the noise of one trial"),
    "noise_sd_elsewhere": (("one",), "percent", "the same of voxels that respond to nothing"),
    "rf_x": (("v",), "picture", "centre of the receptive field, from the left"),
    "rf_y": (("v",), "picture", "centre of the receptive field, from the top"),
    "rf_size": (("v",), "picture", "sd of the Gaussian receptive field"),
    "sigma_ss": (("v", "v"), "percent^2", "covariance of the noise-free responses"),
    "sigma_sy": (("v", "y"), "percent", "covariance of responses and thumbnail"),
    "sigma_e": (("v",), "percent^2", "variance of the noise of one trial; voxels are independent"),
    "mean_s": (("v",), "percent", "mean of the noise-free responses"),
    "mean_y": (("y",), "", "mean of the thumbnail"),
    "var_y": (("y",), "", "variance of the thumbnail"),
    "n_ref": (("one",), "", "number of pictures behind the moments"),
}
# What only the comparison with the best decoder needs. Recordings with more voxels than this go
# without: the covariances alone would take gigabytes.
MOMENTS = ("sigma_ss", "sigma_sy", "mean_y", "var_y", "n_ref")
MOST_VOXELS_WITH_MOMENTS = 4096
RECEPTIVE_FIELD = ("rf_x", "rf_y", "rf_size")


def thumbnail(images: np.ndarray) -> np.ndarray:
    """Average pictures over an 8 x 8 grid of blocks: the fixed target of the truth.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, side, side, 3)
        The side is a multiple of 8.

    Returns
    -------
    ndarray of float64, shape (n, 192)
        Values 0 to 1 of an (8, 8, 3) picture in C order.
    """
    return block_means(images, THUMBNAIL_SIDE).reshape(len(images), THUMBNAIL_SIZE)


def block_means(images: np.ndarray, side: int) -> np.ndarray:
    """Average square pictures over blocks.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, pixels, pixels, 3)
    side : int
        A divisor of the pictures' side.

    Returns
    -------
    ndarray of float64, shape (n, side, side, 3)
        Values 0 to 1.
    """
    block = images.shape[1] // side
    sums = np.zeros((len(images), side, side, 3), dtype=np.uint32)
    # Adding strided views is many times faster than a sum over two short axes.
    for row in range(block):
        for column in range(block):
            sums += images[:, row::block, column::block]
    return sums / (255.0 * block**2)


def save_truth(path: Path | str, truth: Mapping[str, np.ndarray]) -> None:
    """Write the truth of one subject, checked against :data:`TRUTH_ARRAYS`."""
    _check(path, truth)
    save_tensors(path, truth)


def load_truth(path: Path | str) -> dict[str, np.ndarray]:
    """Read the truth of one subject.

    Raises
    ------
    DataError
        If the file is damaged, or an array is missing or of the wrong shape.
    """
    truth = load_tensors(path)
    _check(path, truth)
    return truth


def true_ncsnr(path: Path | str, times: Sequence[float] | None) -> np.ndarray | None:
    """Return the true signal-to-noise ratios of a simulated recording, shape (steps, v).

    Parameters
    ----------
    path : Path or str
        Of voxels (see :data:`TRUTH_ARRAYS`), or of sensors: ``times`` (t,) and ``ncsnr`` (t, v).
    times : sequence of float or None
        When the steps of the recording were measured.

    Returns
    -------
    ndarray or None
        None if the truth of some time is not known.
    """
    truth = load_tensors(path)
    if times is None:
        _check(path, truth)
        return truth["ncsnr_shared"][None]
    if "times" not in truth:
        return None
    distance = np.abs(np.subtract.outer(np.asarray(times, dtype=np.float64), truth["times"]))
    sample = np.median(np.diff(truth["times"]))
    if distance.min(axis=1).max() > sample / 2:
        return None
    return np.asarray(truth["ncsnr"][distance.argmin(axis=1)])


def truth_of_channels(truth: Mapping[str, np.ndarray], index: np.ndarray) -> dict[str, np.ndarray]:
    """Bring the truth into the order of some channels.

    Parameters
    ----------
    truth : mapping
        As :func:`load_truth` returns it.
    index : ndarray of int, shape (n,)
        Of the channels table. A place that the truth does not know holds noise only.

    Returns
    -------
    dict
        The same arrays with n voxels, without the moments if those are too many.
    """
    places = np.asarray(index, dtype=np.int64)
    rows = np.searchsorted(truth["index"], places).clip(max=len(truth["index"]) - 1)
    known = truth["index"][rows] == places
    noise = float(truth["noise_sd_elsewhere"][0])
    other = {"noise_sd": noise, "sigma_e": noise**2, **dict.fromkeys(RECEPTIVE_FIELD, np.nan)}
    result = dict(truth)
    for name in truth:
        dims = TRUTH_ARRAYS[name][0]
        if name in MOMENTS and len(places) > MOST_VOXELS_WITH_MOMENTS:
            del result[name]
        elif dims == ("v", "v"):
            result[name] = truth[name][np.ix_(rows, rows)] * np.outer(known, known)
        elif dims[0] == "v":
            keep = known.reshape(-1, *[1] * (len(dims) - 1))
            result[name] = np.where(keep, truth[name][rows], other.get(name, 0.0))
    return {**result, "index": places}


def _check(path: Path | str, truth: Mapping[str, np.ndarray]) -> None:
    remedy = "Delete it and simulate the recording again."
    wanted = set(TRUTH_ARRAYS)
    if not set(truth) & set(MOMENTS):
        wanted -= set(MOMENTS)
    if set(truth) != wanted:
        odd = ", ".join(sorted(set(truth) ^ wanted))
        raise DataError(f"{path}: missing or unknown arrays of the truth: {odd}.", remedy)
    sizes = {"v": len(truth["noise_sd"]), "y": THUMBNAIL_SIZE, "one": 1}
    for name, array in truth.items():
        expected = tuple(sizes[dim] for dim in TRUTH_ARRAYS[name][0])
        if array.shape != expected:
            raise DataError(f"{path}: {name} is {array.shape}, not {expected}.", remedy)
