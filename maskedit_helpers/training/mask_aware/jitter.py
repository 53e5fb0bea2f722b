"""Masks made worse on purpose: nobody's click gives the true one, and who was taught with true masks only trusts them
to the pixel.

Suvorov et al., BrushNet and PowerPaint all train so; the kinds here are those errors that SAM's masks and a hand's box
have. What is drawn follows from the generator alone.
"""

import cv2
import numpy as np

KINDS = ("true", "dilated", "eroded", "shifted", "box", "warped")
SHARES = (0.4, 0.25, 0.05, 0.1, 0.1, 0.1)  # how often each is drawn
LIGHT, HEAVY = 1.0, 2.0  # strengths with a name
GROWN, SHRUNK, MOVED, PADDED, BENT = 0.03, 0.01, 0.015, 0.02, 0.01  # of the picture's side, at strength 1, at most


def jittered(mask, r, strength=LIGHT):
    """A mask as somebody might have made it.

    Parameters
    ----------
    mask : bool (H, W)
    r : numpy Generator
    strength : float; 0 leaves the mask as it is, 1 goes as far as the constants above say, 2 twice as far

    Returns
    -------
    bool (H, W), never empty where the mask is not, and all where it is; and the kind, a name out of KINDS.
    """
    kind = str(r.choice(KINDS, p=SHARES))
    if not strength or kind == "true" or not mask.any() or mask.all():
        return mask, "true"
    side = max(mask.shape) * strength
    if kind == "dilated":
        worse = _grown(mask, r.uniform(1, 1 + GROWN * side))
    elif kind == "eroded":
        worse = ~_grown(~mask, r.uniform(1, 1 + SHRUNK * side))
    elif kind == "shifted":
        worse = _moved(mask, *(r.uniform(-MOVED, MOVED, 2) * side))
    elif kind == "box":
        worse = _box(mask, r.uniform(0, PADDED * side))
    else:
        worse = _warped(mask, r, BENT * side)
    return (worse, kind) if worse.any() else (mask, "true")


def _grown(mask, by):
    side = 2 * round(by) + 1
    return cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0


def _moved(mask, x, y):
    step = np.float32([[1, 0, round(x)], [0, 1, round(y)]])
    return cv2.warpAffine(mask.astype(np.uint8), step, mask.shape[::-1], flags=cv2.INTER_NEAREST) > 0


def _box(mask, by):
    ys, xs = np.nonzero(mask)
    box, by = np.zeros_like(mask), round(by)
    box[max(ys.min() - by, 0):ys.max() + 1 + by, max(xs.min() - by, 0):xs.max() + 1 + by] = True
    return box


def _warped(mask, r, by):
    """Each pixel fetched from up to `by` away, its neighbours from nearly as far: a wavy border."""
    height, width = mask.shape
    bend = [cv2.resize(r.uniform(-by, by, (8, 8)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
            for _ in "xy"]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(mask.astype(np.float32), xs + bend[0], ys + bend[1], cv2.INTER_LINEAR) > 0.5
