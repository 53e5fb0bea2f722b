"""Checks of notebook 04 metrics."""

import numpy as np

from .verdict import exercise


@exercise
def psnr_function(background_psnr):
    """The reader's own background_psnr(x0, y, M)."""
    from ..metrics import background_psnr as reference

    rng = np.random.default_rng(0)
    M = np.zeros((12, 10), np.float32)
    M[3:8, 2:7] = 1
    for noise in (1, 5, 40):
        x0 = rng.integers(40, 200, (12, 10, 3)).astype(np.uint8)
        y = (x0 + rng.integers(-noise, noise + 1, x0.shape)).astype(np.uint8)
        got, want = float(background_psnr(x0, y, M)), reference(x0, y, M)
        if abs(got - want) > 1e-3:
            return False, "", f"{want:.3f} dB is right where yours gives {got:.3f}. Average over the pixels outside " \
                              "M only, in float."
    return True, "10 log10(255² / MSE), outside the mask only.", ""


@exercise
def change_function(change_iou):
    """The reader's own change_iou(x0, y, M, threshold)."""
    from ..metrics import change_iou as reference

    rng = np.random.default_rng(0)
    x0, y = rng.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    y = np.where(rng.random((12, 10, 1)) < 0.5, y, x0)
    M = np.zeros((12, 10), np.float32)
    M[2:9, 1:7] = 1
    for threshold in (5, 20, 80):
        got, want = float(change_iou(x0, y, M, threshold)), reference(x0, y, M, threshold)
        if abs(got - want) > 1e-6:
            return False, "", f"At threshold {threshold}, {want:.4f} is right where yours gives {got:.4f}. Mind that " \
                              "uint8 differences wrap around."
    return True, "The change map, a threshold, intersection over union.", ""


@exercise
def fooled(x0, picture, mask):
    """A picture with a perfect background that did nothing that was asked."""
    from ..metrics import background_psnr, change_iou

    kept, changed = background_psnr(x0, picture, mask), change_iou(x0, picture, mask)
    return (kept == float("inf") and changed < 0.05,
            "A perfect background, and nothing was done: one figure alone can be had for nothing.",
            f"Background {kept:.1f} dB (asked: infinite), change IoU {changed:.2f} (asked: near 0).")


@exercise
def direction_function(direction):
    """The reader's own direction(i0, i1, t0, t1) of CLIP features."""
    from ..metrics import clip_direction

    rng = np.random.default_rng(0)
    for _ in range(3):
        i0, i1, t0, t1 = rng.normal(size=(4, 16)) * rng.uniform(0.5, 3, (4, 1))
        got, want = float(direction(i0, i1, t0, t1)), clip_direction(i0, i1, t0, t1)
        if abs(got - want) > 1e-6:
            return False, "", f"{want:.4f} is right where yours gives {got:.4f}. Each feature becomes length 1 " \
                              "before it is subtracted."
    return True, "Did the picture move the way its caption did?", ""
