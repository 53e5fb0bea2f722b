"""Metrics that need the truth: the exact mask, or the perfect edit. Drawn scenes know both."""

import math

import numpy as np

from ..errors import KitError
from ..pictures.images import WHITE, read_mask
from .pixels import pair, psnr


def mask_iou(mask, truth):
    """Do two masks agree? Intersection over union of their insides; float in [0, 1].

    mask, truth : anything `read_mask` takes, of one size; an empty `mask` scores 0.
    """
    truth = read_mask(truth) > WHITE
    mask = read_mask(mask, truth.shape, allow_empty=True) > WHITE
    return float((mask & truth).sum() / (mask | truth).sum())


def edit_psnr(y, truth, mask):
    """How right the edit is: PSNR (dB) of y against the true edit inside the mask (drawn scenes know it)."""
    truth, y = pair(truth, y)
    return psnr(truth, y, read_mask(mask, truth.shape) > WHITE)


def truth_psnr(y, truth):
    """How right the whole result is: PSNR (dB) of y against the true edit, every pixel of the picture.

    What is kept and what is edited count alike, so neither doing nothing nor painting everywhere is rewarded; blur is,
    as by every PSNR.
    """
    truth, y = pair(truth, y)
    return psnr(truth, y, np.ones(truth.shape[:2], bool))


def seam_error(y, truth, mask, band=3):
    """Does the border of the edit show? How far the gradients of y are from those of the true edit around it.

    Parameters
    ----------
    y, truth : the result and the true edit
    mask : the true mask; its border is where to look
    band : pixels to each side of the border that count

    Returns
    -------
    float, grey levels 0-255 per pixel: the mean over the band, both directions and RGB of |grad y - grad truth|; nan
    for a mask without a border.

    Raises KitError for a band of less than a pixel, and for a side of one pixel, which has no gradient.
    """
    from scipy.ndimage import distance_transform_edt

    truth, y = pair(truth, y)
    inside = read_mask(mask, truth.shape) > WHITE
    if not band >= 1:
        raise KitError(f"band is {band}; give 1 pixel or more to each side of the border")
    slopes = zip(_slopes(y), _slopes(truth))
    if inside.all():
        return math.nan
    near = np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) <= band
    return float(np.mean([np.abs(a - b)[near].mean() for a, b in slopes], dtype=np.float64))


def sharpness(y, truth, mask):
    """Is the edit as crisp as the true one? Mean over M and RGB of |grad y| / mean over M and RGB of |grad truth|.

    1: as crisp; less: blurred, which PSNR rewards; more: noisy. nan where the true edit is one even colour.
    """
    truth, y = pair(truth, y)
    inside = read_mask(mask, truth.shape) > WHITE
    ours, true = (np.hypot(*_slopes(picture))[inside].mean(dtype=np.float64) for picture in (y, truth))
    return float(ours / true) if true else math.nan


def _slopes(picture):
    """Central differences downwards and to the right, arrays like the picture; KitError if it has no room for them."""
    height, width = picture.shape[:2]
    if min(height, width) < 2:
        raise KitError(f"gradients need sides of 2 pixels or more; this picture is {width}x{height}")
    return np.gradient(picture, axis=(0, 1))
