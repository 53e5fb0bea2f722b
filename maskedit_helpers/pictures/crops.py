"""What CLIP is shown of one region: the region alone, with just a hint of what lies around it.

CLIP scores whole pictures. To score a region, Liang et al., "Open-Vocabulary Semantic Segmentation with
Mask-adapted CLIP" (CVPR 2023), cut it out, blank the rest, and train CLIP further on such crops, since it never
saw any. The pocket CLIP was trained on exactly these (`training/clip.py`).
"""

import numpy as np

from .images import WHITE, read_image, read_mask

# The colour that CLIP's normalisation (its training pictures' mean) turns into zeros.
GREY = np.array((123, 117, 104), np.float32)
FADE = 0.75  # towards the grey, outside the mask: a hat is easier to tell where a hint of the head is left
MARGIN = 0.1  # of the region's longer side, on each side of it


def box_crop(image, box):
    """The part of the picture in a box (left, top, right, bottom), pixels; uint8 (h, w, 3), at least one pixel."""
    return cut(read_image(image), box)


def cut(picture, box):
    """`box_crop` of a picture that was read, uint8 (H, W, 3)."""
    size = picture.shape[1::-1]
    left, top = (int(np.clip(np.floor(v), 0, n - 1)) for v, n in zip(box[:2], size))
    right, bottom = (int(np.clip(np.ceil(v), low + 1, n)) for v, low, n in zip(box[2:], (left, top), size))
    return picture[top:bottom, left:right]


def masked_crop(image, mask):
    """The region under a mask, in a square, all else faded to grey.

    Square, because CLIP cuts the ends off a picture that is not. What lies beyond the frame is grey.

    Parameters
    ----------
    image : anything `read_image` takes
    mask : anything `read_mask` takes, white = 1 = the region

    Returns
    -------
    uint8 (S, S, 3), S about 1 + 2 * MARGIN times the longer side of the mask's box.

    Raises
    ------
    KitError
        An empty mask, or one of another aspect than the picture.
    """
    picture = read_image(image)
    return cut_out(picture, read_mask(mask, picture.shape) > WHITE)


def cut_out(picture, inside):
    """`masked_crop` of a picture that was read, uint8 (H, W, 3), and a mask that is not empty, bool (H, W)."""
    left, top, right, bottom = box_of(inside)
    longer = max(right - left, bottom - top)
    side = longer + 2 * int(np.ceil(MARGIN * longer))
    left, top = (left + right - side) // 2, (top + bottom - side) // 2  # the square's, from here on
    rows, columns = slice(max(top, 0), top + side), slice(max(left, 0), left + side)
    seen, kept = picture[rows, columns].astype(np.float32), inside[rows, columns, None]
    square = np.tile(GREY, (side, side, 1))
    place = square[rows.start - top:, columns.start - left:][:len(seen), :seen.shape[1]]
    place[:] = np.where(kept, seen, seen + (GREY - seen) * FADE)
    return np.rint(square).astype(np.uint8)


def box_of(inside):
    """(left, top, right, bottom) around a bool mask (H, W) that is not empty, its last pixels included."""
    (ys,), (xs,) = np.nonzero(inside.any(1)), np.nonzero(inside.any(0))
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1
