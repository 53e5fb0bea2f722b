"""An edit that was made elsewhere, laid on its original: resized, and shifted back where it slipped.

Editors crop and pad to sizes of their own, so an edit may lie a few pixels off; then every edge counts as a change, and
the blend has a step at its border. Edges, not colours, say how far: those the edit keeps. A first guess is where the
phases of both pictures' edges agree (Kuglin, Hines 1975; scikit-image's `phase_cross_correlation`), and it is refined
to where the edges outside the mask correlate best (Evangelidis, Psarakis, "Parametric Image Alignment Using Enhanced
Correlation Coefficient Maximization", PAMI 2008; OpenCV's `findTransformECC`).
"""

import numpy as np

from ..errors import KitError
from ..pictures.images import WHITE, read_image, read_mask, resize_image

STILL, WHOLE = 0.5, 0.2  # pixels: a smaller shift, and smaller parts of one, are not worth the softness they cost
MOST = 0.1  # of the longer side: what lies farther off is another picture, not a slip
ALIKE = 0.25  # correlation of edges: edits have 0.4 and more, two pictures of different things 0.15 at most
FEW = 0.1  # of the picture: less outside the mask is no witness, and all of it must do
RIM = 0.05  # of each side: what pads a slipped picture there has edges of its own
BLUR = 5  # pixels, odd: ECC smooths so far before it compares


def register(x0, y, mask=None):
    """The edit laid on its original.

    Parameters
    ----------
    x0 : picture (H, W, 3), the original; anything `read_image` takes, as y
    y : picture, the edit; another size of the same aspect is resized to x0's
    mask : anything `read_mask` takes, optional; what lies inside was edited, and is no witness

    Returns
    -------
    (y, (dx, dy)) : uint8 (H, W, 3), the edit moved by dx pixels to the right and dy down, to tenths of a pixel; where
        nothing of it lies, along the frame, it is x0. (0, 0) if it lies right already.

    Raises
    ------
    KitError
        Another aspect, or too little that both pictures have in common.
    """
    from scipy import ndimage

    x0 = read_image(x0, "original")
    y = resize_image(y, x0.shape[:2], "edit")
    inner = np.zeros(x0.shape[:2], bool)
    inner[tuple(slice(round(RIM * side), side - round(RIM * side)) for side in inner.shape)] = True
    witness = inner if mask is None else inner & (read_mask(mask, x0.shape) <= WHITE)
    alike, shift = _slip(_edges(x0), _edges(y), witness if witness.mean() > FEW else inner)
    shift = shift.round(1)  # (dy, dx)
    if np.abs(shift).max() > MOST * max(x0.shape) or not alike > ALIKE:
        raise KitError("edit: it has too few edges in common with the original to be laid on it; is it an edit of this "
                       "picture? A turned, mirrored or cropped one must be put right first")
    shift = np.where(np.abs(shift - np.rint(shift)) < WHOLE, np.rint(shift), shift) * (np.abs(shift) >= STILL) + 0
    if not shift.any():
        return y, (0.0, 0.0)
    moved = ndimage.shift(y.astype(float), (*shift, 0), order=3, mode="nearest").clip(0, 255)
    there = ndimage.shift(np.ones(x0.shape[:2]), shift, order=1) > 1 - 1e-6
    return np.where(there[:, :, None], np.rint(moved).astype(np.uint8), x0), (float(shift[1]), float(shift[0]))


def _slip(theirs, ours, witness):
    """(correlation, (dy, dx)): the shift that lays our edges on theirs best, where the witness is True."""
    import cv2
    from skimage.registration import phase_cross_correlation

    best = -1.0, np.zeros(2)
    steps = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-5
    for dy, dx in (np.zeros(2), phase_cross_correlation(theirs, ours)[0]):
        start = np.float32([[1, 0, dx], [0, 1, dy]])
        try:
            alike, found = cv2.findTransformECC(ours, theirs, start, cv2.MOTION_TRANSLATION, steps,
                                                witness.astype(np.uint8), BLUR)
        except cv2.error:  # it does not converge from there
            continue
        if alike > best[0]:
            best = alike, found[::-1, 2].astype(float)
    return best


def _edges(picture):
    """float32 (H, W): how steep the picture is, whatever its colours."""
    from scipy import ndimage

    return ndimage.gaussian_gradient_magnitude(picture.mean(axis=2, dtype=np.float32), 1)
