"""Surfaces: functions (x, y, base colours) -> colours, with x, y from 0 to 1 over the shape's box."""
import numpy as np

WHITE = np.array((250, 249, 245), np.float32)


def _mix(base, over, weight):
    return base + (over - base) * np.clip(weight, 0, 1)[..., None]


def _edge(value, sharpness=5.0):
    """A step at zero, softened so that it does not shimmer at small sizes."""
    return 0.5 + 0.5 * np.tanh(value * sharpness)


def striped(x, y, base):
    """Five white bands across."""
    return _mix(base, WHITE, _edge(np.sin(2 * np.pi * (5 * y + 0.15)) + 0 * x, 2.5) * 0.92)


def dotted(x, y, base):
    """White dots in staggered rows."""
    row = np.floor(y * 6)
    u = (x * 7 + 0.5 * (row % 2)) % 1 - 0.5
    v = (y * 6) % 1 - 0.5
    return _mix(base, WHITE, _edge(0.3 - np.hypot(u, v), 9) * 0.95)


def leather(x, y, base):
    """Dark folds, two glossy streaks and a zip."""
    gloss = np.exp(-(((x - 0.33 - 0.06 * np.sin(5 * y)) / 0.05) ** 2))
    gloss = gloss + 0.7 * np.exp(-(((x - 0.68 + 0.05 * np.sin(4 * y)) / 0.04) ** 2))
    fold = 0.80 + 0.12 * np.sin(17 * y + 5 * np.sin(6 * x))
    paint = _mix(base * fold[..., None], WHITE, gloss * 0.55)
    zip_line = np.exp(-(((x - 0.5) / 0.016) ** 2)) * (y > 0.04)
    return _mix(paint, np.array((205, 205, 210), np.float32), zip_line * 0.9)


def metal(x, y, base):
    """Brushed panels with dark seams."""
    seam = np.exp(-((((x * 4) % 1 - 0.5) / 0.07) ** 2)) + np.exp(-((((y * 2) % 1 - 0.5) / 0.09) ** 2))
    sheen = 0.93 + 0.10 * np.cos(9 * (y - 0.3)) + 0 * x
    return _mix(base * sheen[..., None], np.array((82, 92, 108), np.float32), seam * 0.5)


def foliage(x, y, base):
    """Dabs of darker and lighter leaves."""
    dabs = np.sin(23 * x + 3 * np.sin(13 * y)) * np.sin(21 * y + 2 * np.sin(17 * x))
    return base * (1 + 0.10 * dabs)[..., None]


def shingles(x, y, base):
    """Rows of roof tiles."""
    row = np.floor(y * 6)
    gap = np.maximum(np.cos(2 * np.pi * y * 6), np.cos(2 * np.pi * (x * 8 + 0.5 * (row % 2))))
    return base * (1 - 0.16 * _edge(gap - 0.86, 6))[..., None]


def banded(x, y, base):
    """A hat's darker band above its brim."""
    return base * (1 - 0.3 * np.exp(-(((y - 0.70) / 0.07) ** 2)) + 0 * x)[..., None]


SHIRTS = {"plain": None, "striped": striped, "dotted": dotted, "leather": leather}
