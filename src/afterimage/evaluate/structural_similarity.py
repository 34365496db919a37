"""Structural similarity (SSIM) of many pairs of pictures at once.

The definition is that of Wang et al. (2004) with a Gaussian window, as scikit-image computes it
with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1`` on
two-dimensional grey pictures. The moments of each picture are computed once, so that a table of
n x m pairs costs n x m products instead of n x m full comparisons.
"""

from dataclasses import dataclass

import numpy as np

from afterimage.contracts.errors import ShapeError

SIGMA = 1.5
RADIUS = 5  # 3.5 sigma, rounded
C1 = 0.01**2
C2 = 0.03**2
LUMA = np.array([0.2125, 0.7154, 0.0721])
CHUNK_ELEMENTS = 1 << 16  # small enough for the processor's cache


def grey(images: np.ndarray) -> np.ndarray:
    """Return the luma of pictures.

    Luma is .2125 R + .7154 G + .0721 B (ITU-R BT.709, the weights of scikit-image).

    Parameters
    ----------
    images : ndarray, shape (n, height, width, 3), (n, height, width, 1) or (n, height, width)
        In [0, 1].

    Returns
    -------
    ndarray of float64, shape (n, height, width)
    """
    values = np.asarray(images, dtype=np.float64)
    if values.ndim == 3:
        return values
    return values[..., 0] if values.shape[-1] == 1 else values @ LUMA


def ssim(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the mean SSIM of each reconstruction with its picture.

    Parameters
    ----------
    predicted, actual : ndarray, shape (n, height, width[, channels])
        In [0, 1].

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ShapeError
        If the pictures are smaller than the window of 11 pixels.

    References
    ----------
    Wang, Bovik, Sheikh & Simoncelli (2004), IEEE Transactions on Image Processing 13:600,
    equation 13.
    """
    result = np.empty(len(predicted))
    step = max(1, CHUNK_ELEMENTS // max(1, predicted[0].size)) if len(predicted) else 1
    for low in range(0, len(predicted), step):
        part = slice(low, low + step)
        left, right = grey(predicted[part]), grey(actual[part])
        window = _Window.of_size(*left.shape[1:])
        result[part] = _mean_ssim(
            _Moments.of(left, window), _Moments.of(right, window), window.smooth(left * right)
        )
    return result


def ssim_matrix(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the mean SSIM of each reconstruction with each picture.

    Parameters
    ----------
    predicted : ndarray, shape (n, height, width[, channels])
    actual : ndarray, shape (m, height, width[, channels])

    Returns
    -------
    ndarray, shape (n, m)

    Raises
    ------
    ShapeError
        If the pictures are smaller than the window of 11 pixels.
    """
    left, right = grey(predicted), grey(actual)
    window = _Window.of_size(*left.shape[1:])
    left_moments, right_moments = _Moments.of(left, window), _Moments.of(right, window)
    result = np.empty((len(left), len(right)))
    step = max(1, CHUNK_ELEMENTS // left[0].size) if len(left) else 1
    for low in range(0, len(right), step):
        part = slice(low, low + step)
        for row in range(len(left)):
            products = window.smooth(left[row] * right[part])
            result[row, part] = _mean_ssim(left_moments[row], right_moments[part], products)
    return result


@dataclass(frozen=True)
class _Window:
    """The Gaussian window as two band matrices: valid positions only, no border rule needed."""

    vertical: np.ndarray
    horizontal: np.ndarray

    @classmethod
    def of_size(cls, height: int, width: int) -> "_Window":
        if min(height, width) <= 2 * RADIUS:
            raise ShapeError(
                f"SSIM needs pictures of at least {2 * RADIUS + 1} pixels a side, "
                f"found {height} x {width}.",
                "Remove 'ssim' from the metrics, or reconstruct larger pictures.",
            )
        return cls(_band(height), np.ascontiguousarray(_band(width).T))

    def smooth(self, images: np.ndarray) -> np.ndarray:
        """Average around each inner pixel, (..., h, w) to (..., h - 10, w - 10)."""
        flat = images.reshape(-1, images.shape[-1]) @ self.horizontal
        return self.vertical @ flat.reshape(*images.shape[:-1], -1)


def _band(size: int) -> np.ndarray:
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((size - 2 * RADIUS, size))
    for row in range(len(matrix)):
        matrix[row, row : row + len(weights)] = weights
    return matrix


@dataclass(frozen=True)
class _Moments:
    """Local mean, its square, and variance of pictures, each of shape (..., h - 10, w - 10)."""

    mean: np.ndarray
    energy: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray, window: _Window) -> "_Moments":
        mean = window.smooth(images)
        energy = mean * mean
        return cls(mean, energy, window.smooth(images * images) - energy)

    def __getitem__(self, index: int | slice) -> "_Moments":
        return _Moments(self.mean[index], self.energy[index], self.variance[index])


def _mean_ssim(left: _Moments, right: _Moments, products: np.ndarray) -> np.ndarray:
    means = left.mean * right.mean
    covariance = products - means
    numerator = (2 * means + C1) * (2 * covariance + C2)
    denominator = (left.energy + right.energy + C1) * (left.variance + right.variance + C2)
    return (numerator / denominator).mean(axis=(-2, -1))
