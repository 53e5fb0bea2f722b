"""How good is an edit? Small functions, each with the rule that it follows; `measure` puts them in a row.

Pictures are anything `read_image` takes, a second picture of another size but the same aspect is resized to
x0's. Inside is M > 0.5. PSNR is 10 log10(255^2 / MSE) in decibels over RGB values 0-255, infinite where the
two pictures are equal. A metric without pixels to stand on (a mask that covers everything) is nan.
"""

import math

import numpy as np

from ..errors import KitError
from ..pictures.images import WHITE, read_image, read_mask, resize_image


def change_map(x0, y):
    """How far each pixel moved: mean over RGB of |y - x0|; float32 (H, W), grey levels 0-255."""
    x0, y = pair(x0, y)
    return np.abs(y - x0).mean(axis=2).astype(np.float32)


def change_iou(x0, y, mask, threshold=20.0):
    """Does the change lie where the mask is? IoU of {change_map > threshold} and the mask.

    Parameters
    ----------
    x0, y : the original and the edit
    mask : white = 1 = edit
    threshold : grey levels 0-255, or "seeds": max(10, mean of the change map), the rule of the published
        table of a course project. It moves with the picture, so compare it only with others of its kind.

    Returns
    -------
    float in [0, 1]; 1 when exactly the mask has changed.

    Raises
    ------
    KitError
        A threshold that is neither; pictures or mask that do not fit each other.
    """
    change = change_map(x0, y)
    inside = read_mask(mask, change.shape) > WHITE
    if threshold == "seeds":
        threshold = max(10.0, float(change.mean(dtype=np.float64)))
    elif isinstance(threshold, str) or not 0 <= threshold <= 255:
        raise KitError(f'threshold {threshold}: give grey levels from 0 to 255, or "seeds"')
    changed = change > threshold
    return float((changed & inside).sum() / (changed | inside).sum())


def background_psnr(x0, y, mask, convention="background"):
    """How well the outside is kept: PSNR (dB) of y against x0 outside the mask; inf when it is untouched.

    convention : "background" averages over the pixels outside the mask; "pie" over the whole frame with the
        inside set to zero in both, as PIE-Bench (Ju et al., "PnP Inversion", ICLR 2024) does, which reads
        10 log10(N / N_background) dB higher.

    Raises KitError for another convention.
    """
    x0, y = pair(x0, y)
    outside = read_mask(mask, x0.shape) <= WHITE
    if convention not in ("background", "pie"):
        raise KitError(f'convention "{convention}" is unknown; use "background" or "pie"')
    return psnr(x0, y, outside, whole_frame=convention == "pie")


def foreground_psnr(x0, y, mask):
    """How much the inside stayed: PSNR (dB) of y against x0 inside the mask. Low means a strong edit."""
    x0, y = pair(x0, y)
    return psnr(x0, y, read_mask(mask, x0.shape) > WHITE)


def background_ssim(x0, y, mask):
    """Structural similarity outside the mask, at most 1: the mean there of scikit-image's full SSIM map.

    Its 7x7 windows reach three pixels over the mask's edge, so even a perfect blend stays a little under 1.
    Source: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment", IEEE TIP 2004.

    Raises KitError for pictures with a side under 7 pixels.
    """
    from skimage.metrics import structural_similarity

    x0, y = pair(x0, y)
    outside = read_mask(mask, x0.shape) <= WHITE
    if min(outside.shape) < 7:
        raise KitError(f"SSIM needs sides of 7 pixels or more; this picture is {x0.shape[1]}x{x0.shape[0]}")
    _, similarity = structural_similarity(x0, y, data_range=255, channel_axis=2, full=True)  # (H, W, 3)
    return float(similarity[outside].mean()) if outside.any() else math.nan


def is_unedited(x0, y):
    """True when y is the original picture: no value differs by more than one grey level (rounding)."""
    x0, y = pair(x0, y)
    return bool(np.abs(y - x0).max() <= 1)


def pair(x0, y):
    """Both as float32 (H, W, 3) 0-255, in x0's size."""
    x0 = read_image(x0, "original")
    return x0.astype(np.float32), resize_image(y, x0.shape[:2], "edit").astype(np.float32)


def psnr(a, b, where, whole_frame=False):
    squares = ((a - b)[where].astype(np.float64) ** 2).sum()
    values = a.size if whole_frame else 3 * int(where.sum())
    if not where.any():
        return math.nan
    return 10 * math.log10(255**2 * values / squares) if squares else math.inf
