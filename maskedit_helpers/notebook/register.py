"""An edit that was made elsewhere, laid on its original: resized, and shifted back where it slipped.

Editors crop and pad to sizes of their own, so an edit may lie a few pixels off; then every edge counts as a change, and
the blend has a step at its border. How far it slipped is where the phases of the two pictures' edges agree best
(Guizar-Sicairos, Thurman, Fienup, "Efficient subpixel image registration", Optics Letters 2008), through scikit-image.
"""

import numpy as np

from ..errors import KitError
from ..pictures.images import WHITE, read_image, read_mask, resize_image

STILL, WHOLE = 0.5, 0.2  # pixels: a smaller shift, and smaller parts of one, are not worth the softness they cost
MOST = 0.1  # of the longer side: what lies farther off is another picture, not a slip
ALIKE = 0.15  # correlation of the edges of two pictures of one scene; edits of InstructPix2Pix have 0.3 and more


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
    from skimage.registration import phase_cross_correlation

    x0 = read_image(x0, "original")
    y = resize_image(y, x0.shape[:2], "edit")
    outside = np.ones(x0.shape[:2]) if mask is None else 1.0 * (read_mask(mask, x0.shape) <= WHITE)
    witness = ndimage.gaussian_filter(outside, 2) * outside  # fades, so that the mask's own border is no edge
    theirs, ours = (_edges(picture) * witness for picture in (x0, y))
    shift = phase_cross_correlation(theirs, ours, upsample_factor=10)[0]  # (dy, dx)
    shift = np.where(np.abs(shift - np.rint(shift)) < WHOLE, np.rint(shift), shift) * (np.abs(shift) >= STILL) + 0
    moved = ndimage.shift(_edges(y), shift, order=1) * witness
    if np.abs(shift).max() > MOST * max(x0.shape) or not np.corrcoef(theirs.ravel(), moved.ravel())[0, 1] > ALIKE:
        raise KitError("edit: it has too few edges in common with the original to be laid on it; is it an edit of this "
                       "picture? A turned, mirrored or cropped one must be put right first")
    if not shift.any():
        return y, (0.0, 0.0)
    moved = ndimage.shift(y.astype(float), (*shift, 0), order=3, mode="nearest").clip(0, 255)
    there = ndimage.shift(np.ones(x0.shape[:2]), shift, order=1) > 1 - 1e-6
    return np.where(there[:, :, None], np.rint(moved).astype(np.uint8), x0), (float(shift[1]), float(shift[0]))


def _edges(picture):
    """float (H, W): how steep the picture is, whatever its colours."""
    from scipy import ndimage

    return ndimage.gaussian_gradient_magnitude(picture.mean(axis=2), 1)
