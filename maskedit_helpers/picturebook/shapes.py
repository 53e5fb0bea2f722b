"""Every outline in the picture book is a polygon: an (N, 2) array of (x, y) points.

One representation keeps the rest simple: a drawing scales, mirrors and moves by one affine map, and one fill
routine (`canvas.py`) paints everything.
"""
import numpy as np


def ellipse(x, y, rx, ry=None, points=40):
    """Ellipse around (x, y) with radii rx, ry."""
    a = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + rx * np.cos(a), y + (ry or rx) * np.sin(a)], 1)


def rect(x0, y0, x1, y1):
    """Upright rectangle between two corners."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)


def rounded(x0, y0, x1, y1, r, points=7):
    """Upright rectangle whose corners are quarter circles of radius r."""
    a = np.linspace(0, np.pi / 2, points)
    arc = np.stack([np.cos(a), np.sin(a)], 1) * r
    quarter = np.array([(0, -1), (1, 0)])
    corners = [(x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r)]
    turns = [np.eye(2), quarter, quarter @ quarter, quarter @ quarter @ quarter]
    return np.concatenate([arc @ turn.T + corner for corner, turn in zip(corners, turns)])


def capsule(p, q, width, points=9):
    """Thick line from p to q with round ends."""
    p, q = np.asarray(p, float), np.asarray(q, float)
    heading = np.arctan2(*(q - p)[::-1])
    a = np.linspace(-np.pi / 2, np.pi / 2, points)
    cap = lambda turn: np.stack([np.cos(a + heading + turn), np.sin(a + heading + turn)], 1) * width / 2  # noqa: E731
    return np.concatenate([q + cap(0), p + cap(np.pi)])


def smooth(*points, steps=7):
    """Closed Catmull-Rom curve through the points: hand-drawn outlines from a few of them."""
    p1 = np.asarray(points, float)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
             + (3 * p1 - p0 - 3 * p2 + p3) * t**3) / 2  # (steps, N, 2)
    return curve.transpose(1, 0, 2).reshape(-1, 2)
