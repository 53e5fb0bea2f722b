"""GrabCut: from pixels that are sure to the rest, by colour and edges. Rother, Kolmogorov, Blake, SIGGRAPH 2004.

Two mixtures of colours, of what is inside and of what is outside, say of each open pixel which it is more like; a
graph cut makes the border run where neighbours differ. It learns from this one picture only, so it works on any. It is
OpenCV's; what is added here: the same answer every time, and sure pixels that stay as they are.
"""

import numpy as np


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
    cv2.setRNGSeed(0)  # the mixtures begin with a clustering that draws numbers
    cv2.grabCut(np.ascontiguousarray(picture[..., ::-1]), label, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds,
                cv2.GC_INIT_WITH_MASK)
    return (label == cv2.GC_FGD) | (label == cv2.GC_PR_FGD)
