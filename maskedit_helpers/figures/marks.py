"""Prompts drawn on their picture: + where a click keeps, - where it excludes, a dashed box."""

import numpy as np
from PIL import Image

from ..pictures.images import read_image
from ..pictures.prompts import read_box, read_points

LARGE = 384  # pixels: marks are drawn on a picture at least this large, where they stay sharp


def mark(image, points=None, labels=None, box=None):
    """The picture with its prompts on it.

    Parameters
    ----------
    image, points, labels, box : as for `sam.Segmenter.predict`

    Returns
    -------
    uint8 (H, W, 3); a picture smaller than 384 pixels comes out enlarged by a whole factor, smoothly.

    Raises
    ------
    KitError
        A prompt that lies outside the picture or makes no sense, as `predict`.
    """
    picture = read_image(image)
    points, labels = read_points(points, labels, picture.shape)
    box = read_box(box, picture.shape)
    scale = -(-LARGE // max(picture.shape[:2]))  # rounded up
    height, width = picture.shape[:2]
    canvas = np.array(Image.fromarray(picture).resize((width * scale, height * scale), Image.Resampling.LANCZOS))
    unit = max(canvas.shape) / LARGE
    if box is not None:
        _dashes(canvas, np.rint(box * scale).astype(int), unit)
    for (x, y), keep in zip([] if points is None else points, [] if labels is None else labels):
        _sign(canvas, (round((x + 0.5) * scale), round((y + 0.5) * scale)), keep, unit)
    return canvas


def _sign(canvas, centre, keep, unit):
    """A plus or a minus, black on a white disc with a black rim: seen on any picture, by any eyes."""
    import cv2

    radius, arm, thick = round(9 * unit), round(5 * unit), max(1, round(2 * unit))
    x, y = centre
    cv2.circle(canvas, centre, radius + thick, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.circle(canvas, centre, radius, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.line(canvas, (x - arm, y), (x + arm, y), (0, 0, 0), thick)
    if keep:
        cv2.line(canvas, (x, y - arm), (x, y + arm), (0, 0, 0), thick)


def _dashes(canvas, box, unit):
    """A box outlined in white and black dashes."""
    import cv2

    left, top, right, bottom = (int(side) for side in box)
    thick, dash = max(1, round(2 * unit)), round(8 * unit)
    corners = (left, top), (right, top), (right, bottom), (left, bottom), (left, top)
    for start, end in zip(corners, corners[1:]):
        cv2.line(canvas, start, end, (255, 255, 255), thick)
        length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        towards = np.sign(np.subtract(end, start))
        for at in range(0, length, 2 * dash):
            a, b = (tuple(int(v) for v in start + towards * min(d, length)) for d in (at, at + dash))
            cv2.line(canvas, a, b, (0, 0, 0), thick)
