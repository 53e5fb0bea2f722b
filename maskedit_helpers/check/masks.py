"""Checks of notebook 01 masks with SAM."""

import numpy as np

from .verdict import exercise


@exercise
def mask_of(part, mask, case, at_least=0.75):
    """The mask covers the part of that name in a drawn case."""
    from ..metrics import mask_iou

    iou = mask_iou(mask, case.parts[part])
    return (iou >= at_least, f"IoU with the true {part}: {iou:.2f}.",
            f"IoU with the true {part} is {iou:.2f}, and {at_least:.2f} is asked for.")


@exercise
def iou_function(iou):
    """The reader's own iou(a, b) of two bool masks."""
    from ..metrics import mask_iou

    rng = np.random.default_rng(0)
    for share in (0.2, 0.5, 0.8):
        a, b = rng.random((2, 9, 7)) < share
        got, want = float(iou(a, b)), mask_iou(a, b)
        if abs(got - want) > 1e-6:
            return False, "", f"For two masks with {(a & b).sum()} pixels in both and {(a | b).sum()} in either, " \
                              f"{want:.4f} is right and yours gives {got:.4f}."
    return True, "Intersection over union.", ""


@exercise
def encoded_once(answer):
    """How often the encoder runs for ten clicks on one picture."""
    return answer == 1, "The embedding is kept; each click runs only the small decoder.", \
        "The picture does not change between clicks. What has to be computed anew?"
