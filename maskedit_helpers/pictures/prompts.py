"""Clicks, boxes and words as a person gives them, and whether they mean anything."""

import numpy as np

from ..errors import KitError


def read_points(points, labels, shape):
    """Points float (N, 2) and labels int (N,), or None and None."""
    if points is None or len(points) == 0:
        if labels is not None and len(labels):
            raise KitError(f"{len(labels)} labels and no points; give one point for each")
        return None, None
    points = _numbers(points, "points")
    if points.ndim != 2 or points.shape[1] != 2:
        raise KitError("points must be a list of (x, y), for example points=[(64, 80)]")
    height, width = shape[:2]
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):
            raise KitError(f"click ({x:g}, {y:g}) lies outside the picture; x goes from 0 to {width - 1}, "
                           f"y from 0 to {height - 1}")
    labels = np.ones(len(points), int) if labels is None else np.asarray(labels)
    if labels.shape != (len(points),):
        raise KitError(f"{len(points)} points and {labels.size} labels; give one label for each point")
    if not np.isin(labels, (0, 1)).all():
        raise KitError(f"labels {labels.tolist()}: each must be 1 (keep) or 0 (exclude)")
    return points, labels.astype(int)


def read_box(box, shape):
    """Box float (4,), or None."""
    if box is None:
        return None
    box = _numbers(box, "box")
    if box.shape != (4,):
        raise KitError("box must be four numbers, (left, top, right, bottom)")
    left, top, right, bottom = box
    named = f"box ({left:g}, {top:g}, {right:g}, {bottom:g})"
    if not (left < right and top < bottom):
        raise KitError(f"{named} is empty or inverted; it goes (left, top, right, bottom) with left < right and "
                       "top < bottom")
    height, width = shape[:2]
    if left < 0 or top < 0 or right > width or bottom > height:
        raise KitError(f"{named} reaches outside the picture of {width}x{height} pixels (width x height)")
    return box


def inner_point(mask):
    """(x, y) of the pixel of a bool mask (H, W) that is farthest from its outside."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return int(x), int(y)


def says_something(text):
    """Is it a str with anything to be seen in it? Spaces, control characters and zero-width marks say nothing."""
    return isinstance(text, str) and any(mark.isprintable() and not mark.isspace() for mark in text)


def _numbers(values, name):
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise KitError(f"{name} must hold numbers only, got {values!r}") from None
