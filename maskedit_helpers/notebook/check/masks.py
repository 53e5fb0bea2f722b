"""Checks of notebook 01 masks with SAM; `mask_of` serves 03 and 06 too."""

import numpy as np

from ...metrics.truth import mask_iou
from .answers import mask as read_mask
from .answers import number
from .functions import hold
from .verdict import NotYet, exercise

LIKE = 0.6  # IoU from which a mask is said to look like some part


@exercise
def mask_of(part, mask, case, at_least=0.75):
    """The mask covers the part of that name in a drawn case, found by a prompt rather than copied from the truth."""
    if part not in case.parts:
        raise NotYet(f"There is no {part} here; the parts are {', '.join(sorted(case.parts))}.")
    truth = case.parts[part] > 0.5
    mine = read_mask(mask, truth.shape)
    if not mine.any():
        raise NotYet("It selects nothing: no pixel is white.")
    if (mine == truth).all():
        raise NotYet("That is the truth to the pixel, as only the renderer knows it; SAM is never so exact: prompt it.")
    iou = mask_iou(mine, truth)
    if iou < at_least:
        raise NotYet(f"IoU with the true {part} is {iou:.2f}, and {at_least:.2f} is asked for. "
                     f"{_advice(mine, truth, part, case, at_least)}")
    return f"IoU with the true {part}: {iou:.2f}."


def _advice(mine, truth, part, case, at_least):
    if not mine.all() and mask_iou(~mine, truth) >= at_least:
        return "It is the wrong way round: white = 1 = edit."
    if mine.shape == mine.T.shape and mask_iou(mine.T, truth) >= at_least:
        return "Its rows and columns are exchanged: a mask is (H, W), a point (x, y)."
    like = {name: mask_iou(mine, other) for name, other in case.parts.items() if (other > 0.5).any()}
    nearest = max(like, key=like.get)
    if nearest != part and like[nearest] >= LIKE:
        return f"It looks like the {nearest}."
    missing, elsewhere = 1 - mine[truth].mean(), 1 - truth[mine].mean()
    if elsewhere >= missing:
        return f"{elsewhere:.0%} of it lies elsewhere: exclude that, or click farther inside."
    return f"{missing:.0%} of the {part} is missing: click there too, or draw a box."


IOU_MISTAKES = {
    "That is Dice: twice the pixels in both, divided by the pixels of each added up.":
        lambda a, b: 2 * (a & b).sum() / (a.sum() + b.sum()),
    "Intersection and union are exchanged: divide the pixels in both by the pixels in either.":
        lambda a, b: (a | b).sum() / (a & b).sum(),
    "You divide by the pixels of one mask alone; divide by those in either.":
        (lambda a, b: (a & b).sum() / a.sum(), lambda a, b: (a & b).sum() / b.sum()),
    "You divide by all pixels of the picture; divide by those in either mask.": lambda a, b: (a & b).mean(),
    "That is how often the two agree: pixels outside both count too, and they should not.":
        lambda a, b: (a == b).mean(),
    "Pixels in both are counted twice in a.sum() + b.sum(); take those in either.":
        lambda a, b: (a & b).sum() / (a.sum() + b.sum()),
    "That is in percent; an IoU is a share, from 0 to 1.": lambda a, b: 100 * (a & b).sum() / (a | b).sum(),
    "You count the pixels in which they differ; count those in both.": lambda a, b: (a ^ b).sum() / (a | b).sum(),
}


@exercise
def iou_function(iou):
    """The reader's own iou(a, b) of two bool masks."""
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.random((2, 9, 7)) < share) for share in (0.2, 0.5, 0.8)]
    a, b = pairs[1]
    pairs += [(a, a), (a, a & b), (a, ~a)]  # the same, one in the other, nothing in common
    hold(iou, lambda a, b: (a & b).sum() / (a | b).sum(), pairs, IOU_MISTAKES,
         "Count the pixels in both, and divide by those in either.")
    return "Intersection over union."


@exercise
def encoded_once(answer):
    """How often the encoder runs for ten clicks on one picture."""
    times = number(answer)
    if times < 1:
        raise NotYet("It must see the picture at least once.")
    if times != 1:
        raise NotYet("The picture does not change between clicks. What has to be computed anew?")
    return "The embedding is kept; each click runs only the small decoder."
