"""The blending equation: y_tilde = M * y + (1 - M) * x0, always the last step of an edit.

InstructPix2Pix answers with a whole new picture y, so it may change anything. The mask M says where it was
asked to: inside, the blend is the edit; outside, it is the original x0, bit for bit. `mode="poisson"` first
moves the edit's gradients into the original (Pérez, Gangnet, Blake, "Poisson Image Editing", SIGGRAPH 2003),
which hides a seam at the price of the edit's own colours.
"""

import math
from numbers import Real

import numpy as np

from ..errors import KitError
from .images import WHITE, read_image, read_mask, resize_image

MODES = ("alpha", "poisson")


def blend(x0, y, mask, *, dilate=0, feather=0.0, mode="alpha"):
    """y_tilde = M * y + (1 - M) * x0, computed in float32 and rounded.

    Parameters
    ----------
    x0 : picture (H, W, 3), the original; anything `read_image` takes, as y
    y : picture, the edit; another size of the same aspect is resized to x0's (see `resize_image`)
    mask : mask, white = 1 = edit; anything `read_mask` takes
    dilate, feather : pixels of x0, see `grow`
    mode : "alpha", the equation alone, or "poisson", the equation with y's gradients instead of y's colours

    Returns
    -------
    uint8 (H, W, 3). Where M (after dilate and feather) is 0 it equals x0 bit for bit, and in mode "alpha"
    where M is 1 it equals y.

    Raises
    ------
    KitError
        y or the mask has another aspect than x0, the mask is empty, numbers that `grow` refuses, an unknown mode.
    """
    check_mode(mode)
    x0 = read_image(x0, "original")
    return blended(x0, resize_image(y, x0.shape[:2], "edit"), read_mask(mask, x0.shape), dilate, feather, mode)


def blended(x0, y, M, dilate=0, feather=0.0, mode="alpha"):
    """`blend` of pictures uint8 (H, W, 3) of one size and a mask float32 (H, W), as they were read."""
    M = grown(M, dilate, feather)
    if mode == "poisson":
        y = _with_gradients_of(y, x0, M > 0)
    M = M[:, :, None]
    y_tilde = M * y + (1 - M) * x0  # (H, W, 3) float32: 8-bit arithmetic would overflow here
    return np.rint(y_tilde).astype(np.uint8)


def grow(mask, dilate=0, feather=0.0):
    """The mask made larger, then softer.

    Parameters
    ----------
    mask : anything `read_mask` takes
    dilate : pixels, >= 0; every pixel whose centre lies within this distance of one above 0.5 becomes 1
    feather : pixels, >= 0; standard deviation of a Gaussian blur, which softens both sides of the edge: just
        inside M falls below 1, and outside it reaches 0 at four standard deviations

    Returns
    -------
    float32 (H, W) in [0, 1].

    Raises
    ------
    KitError
        An empty mask; a number below 0, above the longer side, or that is none.
    """
    return grown(read_mask(mask), dilate, feather)


def grown(M, dilate=0, feather=0.0):
    """`grow` of a mask that was read, float32 (H, W)."""
    from scipy import ndimage

    check_growth(dilate, feather, M.shape)
    if dilate > 0:
        near = ndimage.distance_transform_edt(M <= WHITE) <= dilate
        M = np.maximum(M, near.astype(np.float32))
    if feather > 0:
        M = np.clip(ndimage.gaussian_filter(M, feather, mode="nearest"), 0, 1)
    return M


def check_growth(dilate, feather, shape=None):
    """Raise KitError for pixels that `grow` cannot use, if `shape` is given also for more than its longer side."""
    most = max(shape[:2]) if shape else math.inf
    for what, pixels in (("dilate", dilate), ("feather", feather)):
        if not (isinstance(pixels, Real) and 0 <= pixels <= most and math.isfinite(pixels)):
            reach = f"0 to {most} pixels, the picture's longer side" if shape else "0 or more pixels"
            raise KitError(f"{what} is {pixels}; give {reach}")


def check_mode(mode):
    if mode not in MODES:
        raise KitError(f'mode "{mode}" is unknown; use "alpha" or "poisson"')


def _with_gradients_of(y, x0, inside):
    """OpenCV's Poisson solution: y's gradients inside, x0's outside, one picture (H, W, 3) that has both.

    OpenCV puts the centre of the mask's bounding box at the point given, ignores a mask on the frame's
    outermost pixels, and shaves three pixels off the mask (it fails on masks smaller than that); hence the
    computed centre, the padding and the growing. What it changes outside the mask is for the caller to undo.
    """
    import cv2

    shaved, margin = 3, 8
    x0, y = (np.pad(p, ((margin, margin), (margin, margin), (0, 0)), mode="edge") for p in (x0, y))
    region = np.pad(inside.astype(np.uint8) * 255, margin)
    region = cv2.dilate(region, np.ones((3, 3), np.uint8), iterations=shaved)
    left, top, width, height = cv2.boundingRect(region)
    centre = (left + width // 2, top + height // 2)  # this rounding, or the edit lands one pixel off
    solved = cv2.seamlessClone(y, x0, region, centre, cv2.NORMAL_CLONE)
    return solved[margin:-margin, margin:-margin]
