"""From display values to CIE Lab, where distances are about as large as they look."""

import numpy as np

# sRGB primaries and white point D65 (IEC 61966-2-1:1999, section 5.2), rows X, Y, Z.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
EPSILON = (6 / 29) ** 3
SLOPE = (29 / 6) ** 2 / 3


def srgb_to_lab(images: np.ndarray) -> np.ndarray:
    """Convert sRGB pictures to CIE 1976 L*a*b*, with the white of the display as white.

    Parameters
    ----------
    images : ndarray of uint8, shape (..., 3)

    Returns
    -------
    ndarray of float64, shape (..., 3)
        L* in 0..100; a* (green to red) and b* (blue to yellow) about -110..110, 0 for greys.

    References
    ----------
    CIE 15:2004, section 8.2.1.1; IEC 61966-2-1:1999.
    """
    # 256 values only: a table is faster than a power per pixel.
    code = np.arange(256) / 255.0
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    # Each row divided by its sum: white maps to (1, 1, 1) exactly, so greys have no colour.
    xyz = linear[images] @ (TO_XYZ / TO_XYZ.sum(axis=1, keepdims=True)).T
    f = np.where(xyz > EPSILON, np.cbrt(xyz), SLOPE * xyz + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
