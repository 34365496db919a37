"""Pictures drawn by formula: faces, houses, trees, shapes, gratings, blobs.

Each function draws a whole batch and returns uint8 pictures of shape (count, side, side, 3).
"""

from collections.abc import Callable

import numpy as np

from afterimage.ingest.simulated.canvas import Canvas, from_hsv

Draw = np.random.Generator


def draw_faces(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw a person's head and shoulders before a coloured wall."""
    u = _uniform(rng, count)
    wall = from_hsv(u(0, 1), u(0.25, 0.75), u(0.45, 0.95))
    canvas = Canvas(count, side, wall, wall * u(0.5, 1.0)[:, None])
    x, y, size = u(0.38, 0.62), u(0.42, 0.54), u(0.75, 1.2)
    skin = _skin(u)
    hair = _choice(rng, count, HAIR) * u(0.8, 1.15)[:, None]
    long_hair = u(0, 1) > 0.5
    canvas.paint(
        canvas.ellipse(
            x,
            y - 0.03 * size + 0.09 * size * long_hair,
            0.26 * size,
            (0.31 + 0.08 * long_hair) * size,
        ),
        hair,
    )
    canvas.paint(
        canvas.ellipse(x, y + 0.58 * size, u(0.33, 0.45) * size, 0.27 * size),
        from_hsv(u(0, 1), u(0.3, 0.95), u(0.3, 0.95)),
    )
    canvas.paint(canvas.rectangle(x, y + 0.28 * size, 0.075 * size, 0.1 * size), 0.85 * skin)
    canvas.paint(canvas.ellipse(x, y + 0.03 * size, u(0.185, 0.22) * size, 0.26 * size), skin)
    fringe = canvas.ellipse(x + u(-0.06, 0.06), y - 0.2 * size, 0.2 * size, u(0.06, 0.1) * size)
    canvas.paint(fringe, hair)
    iris = _choice(rng, count, IRIS)
    gap, gaze = u(0.075, 0.095) * size, u(-0.012, 0.012)
    for sign in (-1, 1):
        eye_x, eye_y = x + sign * gap, y - 0.02 * size
        canvas.paint(canvas.ellipse(eye_x, eye_y, 0.05 * size, 0.032 * size), _grey(count, 0.97))
        canvas.paint(canvas.ellipse(eye_x + gaze, eye_y, 0.024 * size, 0.028 * size), iris)
        brow = canvas.rectangle(eye_x, eye_y - 0.065 * size, 0.05 * size, 0.011 * size, sign * 0.12)
        canvas.paint(brow, 0.6 * hair)
    canvas.paint(canvas.triangle(x, y + 0.11 * size, 0.032 * size, 0.11 * size), 0.8 * skin)
    mouth = canvas.ellipse(x, y + 0.185 * size, u(0.05, 0.1) * size, u(0.014, 0.04) * size)
    canvas.paint(mouth, from_hsv(u(0.94, 1.0), u(0.55, 0.85), u(0.5, 0.85)))
    return canvas.pictures()


def draw_houses(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw a house with roof, door and windows on a meadow."""
    u = _uniform(rng, count)
    canvas, horizon = _landscape(count, side, u)
    x, floor = u(0.36, 0.64), np.minimum(horizon + u(0.06, 0.16), 0.94)
    half, height = u(0.2, 0.32), u(0.26, 0.4)
    wall = from_hsv(u(0, 0.17), u(0.1, 0.75), u(0.6, 0.98))
    roof = from_hsv(np.where(u(0, 1) > 0.35, u(0, 0.06), u(0.5, 0.68)), u(0.5, 0.9), u(0.3, 0.7))
    chimney = x + half * u(-0.6, 0.6)
    canvas.paint(canvas.rectangle(chimney, floor - height - 0.15, 0.035, 0.12), 0.7 * roof)
    canvas.paint(canvas.triangle(x, floor - height, half * 1.22, u(0.17, 0.3)), roof)
    canvas.paint(canvas.rectangle(x, floor - height / 2, half, height / 2), wall)
    glass = from_hsv(u(0.1, 0.6), u(0.2, 0.7), u(0.35, 1.0))
    for sign in (-1, 1):
        place = x + sign * half * 0.55, floor - height * 0.66
        canvas.paint(canvas.rectangle(*place, half * 0.3, height * 0.19), _grey(count, 0.95))
        canvas.paint(canvas.rectangle(*place, half * 0.23, height * 0.14), glass)
    door_x = x + half * u(-0.35, 0.35)
    door = canvas.rectangle(door_x, floor - height * 0.22, half * 0.2, height * 0.22)
    canvas.paint(door, from_hsv(u(0, 1), u(0.5, 0.95), u(0.2, 0.6)))
    return canvas.pictures()


def draw_trees(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw a tree, with a round crown or a fir, in a landscape."""
    u = _uniform(rng, count)
    canvas, horizon = _landscape(count, side, u)
    x, foot = u(0.34, 0.66), np.minimum(horizon + u(0.05, 0.16), 0.95)
    size = u(0.8, 1.15)
    trunk = from_hsv(u(0.04, 0.1), u(0.4, 0.7), u(0.2, 0.5))
    canvas.paint(canvas.rectangle(x, foot - 0.18 * size, u(0.025, 0.05), 0.18 * size), trunk)
    season = _choice(rng, count, CROWN_HUE)
    leaves = from_hsv((season + u(-0.03, 0.03)) % 1, u(0.5, 0.9), u(0.35, 0.8))
    fir = (u(0, 1) > 0.65)[:, None, None]
    for level in range(3):
        base = foot - (0.16 + 0.15 * level) * size
        layer = canvas.triangle(x, base, (0.24 - 0.05 * level) * size, 0.27 * size)
        canvas.paint(layer * fir, leaves * (0.7 + 0.1 * level))
    for lump in range(7):
        turn = lump * 2.4 + u(-0.4, 0.4)
        away = 0.0 if lump == 6 else 0.14
        lump_x = x + away * size * np.cos(turn)
        lump_y = foot - 0.48 * size + 0.8 * away * size * np.sin(turn)
        shade = 0.75 + 0.3 * (lump + u(-1, 1)) / 6
        layer = canvas.ellipse(lump_x, lump_y, u(0.1, 0.16) * size, u(0.09, 0.14) * size)
        canvas.paint(layer * ~fir, leaves * shade[:, None])
    return canvas.pictures()


def draw_shapes(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw two to five large coloured ellipses, rectangles and triangles on a plain ground."""
    u = _uniform(rng, count)
    ground = from_hsv(u(0, 1), u(0, 0.6), u(0.15, 1.0))
    canvas = Canvas(count, side, ground, ground)
    shown = rng.integers(2, 6, count)
    for index in range(5):
        kind = rng.integers(0, 3, count)
        place = u(0.12, 0.88), u(0.12, 0.88), u(0.09, 0.26), u(0.09, 0.26), u(0, np.pi)
        colour = from_hsv(u(0, 1), u(0.55, 1.0), u(0.35, 1.0))
        outlines = (canvas.ellipse, canvas.rectangle, canvas.triangle)
        mask = sum(
            outline(*place) * (kind == number)[:, None, None]
            for number, outline in enumerate(outlines)
        )
        canvas.paint(mask * (index < shown)[:, None, None], colour)
    return canvas.pictures()


def draw_gratings(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw two-coloured gratings and plaids of 2 to 8 cycles per picture."""
    u = _uniform(rng, count)
    dark, light = (
        from_hsv(u(0, 1), u(0.2, 1), u(0.05, 0.5)),
        from_hsv(u(0, 1), u(0, 0.8), u(0.65, 1.0)),
    )
    canvas = Canvas(count, side, dark, dark)
    angle, cycles = u(0, np.pi), 2 ** u(1, 3)
    wave = _wave(canvas, angle, cycles, u(0, 1))
    crossed = _wave(canvas, angle + np.pi / 2, cycles * u(0.7, 1.4), u(0, 1))
    plaid = (u(0, 1) > 0.6)[:, None, None]
    canvas.paint(0.5 + 0.5 * np.where(plaid, (wave + crossed) / 2, wave), light)
    surround = 1 - canvas.ellipse(u(0.4, 0.6), u(0.4, 0.6), u(0.3, 0.8), u(0.3, 0.8))
    canvas.paint(surround, from_hsv(u(0, 1), u(0, 0.6), u(0.2, 0.8)))
    return canvas.pictures()


def draw_blobs(count: int, side: int, rng: Draw) -> np.ndarray:
    """Draw clouds of colour whose amplitude falls as 1/f^2."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]) * side
    amplitude = np.maximum(frequency, 1.0) ** -2.0
    amplitude[0, 0] = 0.0
    noise = rng.standard_normal((3, count, side, side), dtype=np.float32)
    planes = np.fft.irfft2(np.fft.rfft2(noise) * amplitude, s=(side, side))
    planes /= planes.std(axis=(2, 3), keepdims=True)
    light, warm, green = planes
    mean = rng.uniform(0.35, 0.65, (count, 1, 1, 3))
    mixed = np.stack([light + warm, light + green, light - warm - 0.5 * green], axis=-1)
    return np.round(np.clip(mean + 0.14 * mixed, 0, 1) * 255).astype(np.uint8)


PROCEDURAL: dict[str, Callable[[int, int, Draw], np.ndarray]] = {
    "blob": draw_blobs,
    "face": draw_faces,
    "grating": draw_gratings,
    "house": draw_houses,
    "shapes": draw_shapes,
    "tree": draw_trees,
}

HAIR = np.array(
    [[0.1, 0.07, 0.05], [0.35, 0.2, 0.1], [0.85, 0.68, 0.3], [0.65, 0.25, 0.08], [0.6, 0.6, 0.6]]
)
IRIS = np.array([[0.15, 0.3, 0.6], [0.3, 0.18, 0.08], [0.15, 0.4, 0.2], [0.08, 0.06, 0.05]])
CROWN_HUE = np.array([0.3, 0.33, 0.25, 0.08, 0.02, 0.93])


def _landscape(
    count: int, side: int, u: Callable[[float, float], np.ndarray]
) -> tuple[Canvas, np.ndarray]:
    """Paint sky, sun and ground; return the canvas and the height of the horizon."""
    evening = u(0, 1) > 0.75
    hue = np.where(evening, u(0.02, 0.12), u(0.52, 0.64))
    high = from_hsv(hue, u(0.35, 0.8), u(0.55, 1.0))
    low = from_hsv(hue, u(0.05, 0.35), u(0.85, 1.0))
    canvas = Canvas(count, side, high, low)
    sun = canvas.ellipse(u(0.08, 0.92), u(0.06, 0.25), 0.07, 0.07)
    canvas.paint(sun * (u(0, 1) > 0.5)[:, None, None], from_hsv(u(0.1, 0.16), u(0.3, 0.8), u(1, 1)))
    horizon = u(0.6, 0.8)
    ground = from_hsv(
        np.where(u(0, 1) > 0.3, u(0.22, 0.4), u(0.08, 0.15)), u(0.35, 0.8), u(0.3, 0.75)
    )
    canvas.paint(canvas.rectangle(0.5, horizon + 0.5, 1.0, 0.5), ground)
    return canvas, horizon


def _wave(canvas: Canvas, angle: np.ndarray, cycles: np.ndarray, phase: np.ndarray) -> np.ndarray:
    across = canvas.x * np.cos(angle)[:, None, None] + canvas.y * np.sin(angle)[:, None, None]
    turns = across * cycles[:, None, None] + phase[:, None, None]
    return np.sin(2 * np.pi * turns).astype(np.float32)


def _skin(u: Callable[[float, float], np.ndarray]) -> np.ndarray:
    return from_hsv(u(0.04, 0.085), u(0.3, 0.6), u(0.4, 1.0))


def _uniform(rng: Draw, count: int) -> Callable[[float, float], np.ndarray]:
    """Return a function that draws one number per picture between two bounds."""
    return lambda low, high: rng.uniform(low, high, count)


def _choice(rng: Draw, count: int, values: np.ndarray) -> np.ndarray:
    return values[rng.integers(0, len(values), count)]


def _grey(count: int, level: float) -> np.ndarray:
    return np.full((count, 3), level)
