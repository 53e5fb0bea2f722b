"""The check of notebook 04 for the change IoU."""

import numpy as np

from .functions import hold
from .verdict import exercise


def change(x0, y):
    return np.abs(y.astype(float) - x0)


def share(a, b):
    return (a & b).sum() / (a | b).sum()


def of(changed):
    """The change IoU of a rule that says which pixels have changed."""
    return lambda x0, y, M, threshold: share(changed(x0, y, threshold), M > 0.5)


right = of(lambda x0, y, threshold: change(x0, y).mean(2) > threshold)


def counted(metric):
    """Another metric than IoU, of the right pixels."""
    return lambda x0, y, M, threshold: metric(change(x0, y).mean(2) > threshold, M > 0.5)


CHANGE_MISTAKES = {
    "A pixel that moved by exactly the threshold has not changed: more than the threshold is asked.":
        of(lambda x0, y, threshold: change(x0, y).mean(2) >= threshold),
    "uint8 differences wrap round; make floats first.":
        (of(lambda x0, y, threshold: (y - x0).mean(2) > threshold),
         of(lambda x0, y, threshold: (x0 - y).mean(2) > threshold)),
    "Take the mean over the three colours, not their sum.":
        of(lambda x0, y, threshold: change(x0, y).sum(2) > threshold),
    "Take the mean over the three colours, not the greatest.":
        of(lambda x0, y, threshold: change(x0, y).max(2) > threshold),
    "Take the mean over all three colours, not one.": of(lambda x0, y, threshold: change(x0, y)[..., 0] > threshold),
    "Take absolute values before the mean: a red that rose and a blue that fell do not cancel.":
        of(lambda x0, y, threshold: np.abs((y.astype(float) - x0).mean(2)) > threshold),
    "Take absolute values: a pixel that became darker has changed too.":
        of(lambda x0, y, threshold: (y.astype(float) - x0).mean(2) > threshold),
    "The threshold has no part in it.": of(lambda x0, y, threshold: change(x0, y).mean(2) > 0),
    "The threshold is always 20; take the one that is handed in.":
        of(lambda x0, y, threshold: change(x0, y).mean(2) > 20),
    "That is the moving threshold; take the one that is handed in.":
        of(lambda x0, y, threshold: change(x0, y).mean(2) > max(10, change(x0, y).mean())),
    "That divides by the mask; divide by the pixels in either, the mask or the change.":
        counted(lambda changed, wanted: changed[wanted].mean()),
    "That divides by the change; divide by the pixels in either, the mask or the change.":
        counted(lambda changed, wanted: wanted[changed].mean()),
    "Intersection and union are exchanged.": counted(lambda changed, wanted: 1 / share(changed, wanted)),
    "That is Dice; divide the pixels in both by those in either.":
        counted(lambda changed, wanted: 2 * (changed & wanted).sum() / (changed.sum() + wanted.sum())),
    "The mask is the wrong way round: white = 1 = edit.": counted(lambda changed, wanted: share(changed, ~wanted)),
}


@exercise
def change_function(change_iou):
    """The reader's own change_iou(x0, y, M, threshold)."""
    rng = np.random.default_rng(0)
    M = np.zeros((12, 10), np.float32)
    M[2:9, 1:7] = 1
    inputs = []
    for threshold in (5, 20, 30):
        x0 = rng.integers(70, 180, (12, 10, 3)).astype(np.uint8)
        moved = rng.integers(-60, 61, x0.shape) * (rng.random((12, 10, 1)) < 0.5)
        level = threshold + rng.integers(-1, 2, (12, 10, 1))  # just under, exactly at, just over, up or down
        level *= rng.choice((-1, 1), level.shape)
        inputs += [(x0, (x0 + differ).astype(np.uint8), M, threshold) for differ in (moved, level)]
    hold(change_iou, right, inputs, CHANGE_MISTAKES,
         "Change is the mean over the colours of |y - x0|, in floats; then a threshold, then intersection over union.")
    return "The change map, a threshold, intersection over union."
