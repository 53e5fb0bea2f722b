"""GrabCut: from pixels that are sure to the rest, by colour and edges. Rother, Kolmogorov, Blake, SIGGRAPH 2004.

Two mixtures of colours, of what is inside and of what is outside, say of each open pixel which it is more like; a
graph cut makes the border run where neighbours differ. It learns from this one picture only, so it works on any. It is
OpenCV's; what is added here: the same answer every time, and sure pixels that stay as they are.
"""

import math

import numpy as np

# Of larger pictures the colours are learnt from every second or third pixel, which halves the time.
LEARN = 2**14  # pixels


def grabcut(picture, inside, outside, likely, rounds=3):
    """Decide the pixels that are neither sure to be inside nor sure to be outside.

    Parameters
    ----------
    picture : uint8 (H, W, 3)
    inside, outside : bool (H, W), what is sure
    likely : bool (H, W), the first guess for the others
    rounds : int >= 1, how often colours are learnt and the border cut

    Returns
    -------
    bool (H, W). The guess where there is nothing to learn one of the two mixtures from.
    """
    import cv2

    likely = (likely | inside) & ~outside
    if not likely.any() or likely.all():
        return likely
    label = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    label = np.where(inside, cv2.GC_FGD, np.where(outside, cv2.GC_BGD, label)).astype(np.uint8)
    picture = np.ascontiguousarray(picture[..., ::-1])
    colours = np.zeros((1, 65)), np.zeros((1, 65))  # OpenCV's two mixtures, of outside and inside
    cv2.setRNGSeed(0)  # the mixtures begin with a clustering that draws numbers
    step = math.ceil(math.sqrt(label.size / LEARN))
    few = label[::step, ::step].copy()
    both = 0 < (few % 2).sum() < few.size  # odd labels are inside
    if step > 1 and both:
        cv2.grabCut(picture[::step, ::step].copy(), few, None, *colours, rounds, cv2.GC_INIT_WITH_MASK)
        cv2.grabCut(picture, label, None, *colours, 1, cv2.GC_EVAL_FREEZE_MODEL)
    else:
        cv2.grabCut(picture, label, None, *colours, rounds, cv2.GC_INIT_WITH_MASK)
    return label % 2 == 1
