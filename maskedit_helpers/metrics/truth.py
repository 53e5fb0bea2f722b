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
    if min(inside.shape) < 2:
        raise KitError(f"gradients need sides of 2 pixels or more; this picture is {inside.shape[1]}x{inside.shape[0]}")
    if inside.all():
        return math.nan
    near = np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) <= band
    differ = [np.abs(a - b)[near].mean() for a, b in zip(np.gradient(y, axis=(0, 1)), np.gradient(truth, axis=(0, 1)))]
    return float(np.mean(differ, dtype=np.float64))
