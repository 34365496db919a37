"""Paint many simple shapes at once: one per picture of a batch, with soft edges.

Coordinates are fractions of the picture: x to the right, y downwards, both from 0 to 1.
"""

import numpy as np

Values = np.ndarray | float


class Canvas:
    """A batch of colour pictures on which shapes are painted.

    Parameters
    ----------
    count : int
        Number of pictures.
    side : int
        Of each picture, in pixels.
    top, bottom : ndarray, shape (count, 3)
        Colours of the background, which runs from one to the other; values 0 to 1.
    """

    def __init__(self, count: int, side: int, top: np.ndarray, bottom: np.ndarray) -> None:
        steps = (np.arange(side, dtype=np.float32) + 0.5) / side
        self.x = steps[None, None, :]
        self.y = steps[None, :, None]
        self.side = side
        # Planes, not pixels of three values: numpy is fast along a long last axis.
        high, low = (colour.astype(np.float32)[:, :, None, None] for colour in (top, bottom))
        self.planes = np.empty((count, 3, side, side), dtype=np.float32)
        self.planes[:] = high + self.y[:, None] * (low - high)

    def paint(self, mask: np.ndarray, colour: np.ndarray) -> None:
        """Lay one colour per picture, shape (count, 3), over a mask, (count, side, side)."""
        change = colour.astype(np.float32)[:, :, None, None] - self.planes
        change *= mask[:, None]
        self.planes += change

    def ellipse(
        self, x: Values, y: Values, width: Values, height: Values, angle: Values = 0.0
    ) -> np.ndarray:
        """Return the mask of ellipses of given centres and half axes, turned by an angle (rad)."""
        across, along = self._turned(x, y, angle)
        radius = np.sqrt((across / _column(width)) ** 2 + (along / _column(height)) ** 2)
        size = np.minimum(_column(width), _column(height))
        return self._soft((1 - radius) * size)

    def rectangle(
        self, x: Values, y: Values, width: Values, height: Values, angle: Values = 0.0
    ) -> np.ndarray:
        """Return the mask of rectangles of given centres and half sides."""
        across, along = self._turned(x, y, angle)
        inside = np.minimum(_column(width) - abs(across), _column(height) - abs(along))
        return self._soft(inside)

    def triangle(
        self, x: Values, y: Values, width: Values, height: Values, angle: Values = 0.0
    ) -> np.ndarray:
        """Return the mask of triangles: middle of the base, half base, height of the tip."""
        across, along = self._turned(x, y, angle)
        slope = _column(width) / _column(height)
        beside = (_column(width) + along * slope - abs(across)) / np.hypot(1.0, slope)
        return self._soft(np.minimum(beside, -along))

    def pictures(self) -> np.ndarray:
        """Return the pictures as uint8, shape (count, side, side, 3)."""
        levels = np.round(np.clip(self.planes, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(levels.transpose(0, 2, 3, 1))

    def _turned(self, x: Values, y: Values, angle: Values) -> tuple[np.ndarray, np.ndarray]:
        right, down = self.x - _column(x), self.y - _column(y)
        if isinstance(angle, float) and angle == 0:
            return right, down
        cosine, sine = np.cos(_column(angle)), np.sin(_column(angle))
        return cosine * right + sine * down, cosine * down - sine * right

    def _soft(self, inside: np.ndarray) -> np.ndarray:
        """Turn the distance to the edge into a mask whose edge is one pixel wide."""
        return np.clip(inside * np.float32(self.side) + np.float32(0.5), 0, 1)


def _column(values: Values) -> np.ndarray:
    """Shape one value per picture so that it spreads over the pixels."""
    return np.asarray(values, dtype=np.float32).reshape(-1, 1, 1)


def from_hsv(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Turn hue (a turn is 1), saturation and value into colours of shape (count, 3).

    References
    ----------
    Smith (1978), Color gamut transform pairs.
    """
    sector = (np.array([5.0, 3.0, 1.0]) + 6 * np.asarray(hue)[:, None]) % 6
    shade = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(value)[:, None] * (1 - np.asarray(saturation)[:, None] * shade)
