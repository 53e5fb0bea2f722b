"""From a click or a box to the mask that the rest of the kit takes: SAM's answer, cleaned, its border snapped.

Where SAM knows nothing of such pictures, the scissors answer in its place.
"""

import warnings
from dataclasses import replace

import numpy as np

from ..errors import KitError
from ..pictures.images import read_image
from .border import snapped
from .scissors import Scissors

BORDERS = ("snap", "sam")
HOW = ("auto", "sam", "grabcut")


def cutter(kit, image, how="auto"):
    """Who answers to prompts on a picture: the kit's `sam.Segmenter`, or `scissors.Scissors`, which need no weights.

    how : "sam"; "grabcut", the scissors; "auto", the scissors for a photograph on pocket models (a warning says so)

    Raises
    ------
    KitError
        Another `how`.
    """
    if how not in HOW:
        raise KitError(f"how is {how!r}; use one of {', '.join(HOW)}")
    if how == "auto" and kit.domain(image) == "photograph":
        warnings.warn("this looks like a photograph, of which pocket's SAM knows nothing: GrabCut cuts it out by its "
                      "colours and edges; how=\"sam\" or \"grabcut\" says which", stacklevel=3)
        how = "grabcut"
    return Scissors() if how == "grabcut" else kit.sam


def segment(sam, image, points=None, labels=None, box=None, border="snap", clean=0):
    """The mask that SAM rates best, or the one of the scissors.

    Parameters
    ----------
    sam : of `cutter`
    image, points, labels, box : as for `sam.Segmenter.predict`
    border : "snap" or "sam"
        Where the mask ends: at the picture's edges (see `border.snap`), or where SAM has it end.
    clean : int >= 0
        Specks and holes of fewer pixels than this are taken away.

    Returns
    -------
    float32 (H, W), 0 or 1; white = 1 = edit.

    Raises
    ------
    KitError
        What `sam.Segmenter.predict` refuses; an unknown border, a negative clean; a mask that is empty.
    """
    answer = segmented(sam, image, points, labels, box, border, clean)
    return found(answer.masks[answer.best])


def segmented(sam, image, points=None, labels=None, box=None, border="snap", clean=0):
    """All masks of SAM's answer, cleaned and snapped: `sam.Masks`. Parameters and errors as for `segment`."""
    check_finish(border, clean)
    picture = read_image(image)
    answer = sam.predict(picture, points, labels, box)
    return replace(answer, masks=np.stack([finished(picture, mask, border, clean) for mask in answer.masks]))


def found(mask):
    """A mask bool (H, W) as float32; KitError if it is empty."""
    if not mask.any():
        raise KitError("SAM found nothing there; click another spot of the object, or box it in")
    return mask.astype(np.float32)


def check_finish(border="snap", clean=0):
    """Raise KitError for what `finished` can't do."""
    if border not in BORDERS:
        raise KitError(f'border is {border!r}; use "snap" (at the picture\'s edges) or "sam" (as SAM has it)')
    if not clean >= 0:
        raise KitError(f"clean is {clean}; give 0 or more pixels")


def finished(picture, mask, border="snap", clean=0):
    """A mask of SAM, bool (H, W), which may be empty, cleaned and snapped to the picture uint8 (H, W, 3)."""
    if clean:
        mask = _cleaned(mask, clean)  # before, so that no colours are learnt from specks
    if border == "snap":
        mask = snapped(picture, mask)
        if clean:
            mask = _cleaned(mask, clean)
    return mask


def _cleaned(mask, least):
    """Without specks and holes of fewer pixels, by SAM's own function; it keeps the largest speck if all are small."""
    from segment_anything.utils.amg import remove_small_regions

    if not mask.any():
        return mask
    for mode in ("holes", "islands"):
        mask, _ = remove_small_regions(mask, least, mode)
    return mask
