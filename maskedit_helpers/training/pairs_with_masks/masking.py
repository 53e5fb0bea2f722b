"""From a sample to its mask: SAM from a click, a box or the instruction's words, or the mask that the set brings.

Then the post-processing: dilate, fill holes, refuse what covers next to nothing or nearly all.
"""

import warnings
from typing import NamedTuple

import numpy as np

from ...errors import KitError
from ...masks.segment import cutter, finished
from ...pictures.blend import grown
from ...pictures.crops import box_of
from ...pictures.images import WHITE
from ...pictures.prompts import inner_point

LEAST, MOST = 0.01, 0.90  # of the picture, as UltraEdit has it
NO_PLACE, NOTHING = "the edit has no place", "nothing was found"
TOO_SMALL, TOO_LARGE = f"the mask covers under {LEAST:.0%}", f"the mask covers over {MOST:.0%}"
FAULTS = (NO_PLACE, NOTHING, TOO_SMALL, TOO_LARGE)


class Mask(NamedTuple):
    """mask: bool (H, W), or None with a fault. score: the IoU that SAM expects of it, where it was asked by a click or
    a box. phrase: the words that it was found by, phrase_score: how well it fits them. fault: "", or why it can't be
    used.
    """

    mask: np.ndarray | None
    score: float | None = None
    phrase: str = ""
    phrase_score: float | None = None
    fault: str = ""


def make_mask(kit, sample, way, border="snap", dilate=0, fill=False):
    """The mask of a sample.

    Parameters
    ----------
    kit : Kit
    sample : Sample without a fault
    way : "click" or "box", on the sample's target, or where it has none on its own mask; "words"; "own"
    border : as for `kit.segment`
    dilate : pixels, >= 0
    fill : bool, whether holes are filled

    Returns
    -------
    Mask
    """
    found = {"words": _by_words, "own": _own}.get(way, _pointed)(kit, sample, way, border)
    if found.mask is None:
        return found
    mask = post_processed(found.mask, dilate, fill)
    share = mask.mean()
    fault = NOTHING if not share else TOO_SMALL if share < LEAST else TOO_LARGE if share > MOST else ""
    return found._replace(mask=mask, fault=fault)


def post_processed(mask, dilate=0, fill=False):
    """A mask bool (H, W) with its holes filled, then grown by `dilate` pixels."""
    from scipy.ndimage import binary_fill_holes

    if fill:
        mask = binary_fill_holes(mask)
    return grown(mask.astype(np.float32), dilate) > WHITE if dilate else mask


def _pointed(kit, sample, way, border):
    at = sample.own if sample.target is None else sample.target
    if at is None or not at.any():
        return Mask(None, fault=NO_PLACE)
    picture = sample.before
    prompt = {"points": [inner_point(at)]} if way == "click" else {"box": box_of(at)}
    answer = cutter(kit, picture).predict(picture, **prompt)
    best = answer.best
    score = float(answer.scores[best])
    return Mask(finished(picture, answer.masks[best], border), None if np.isnan(score) else score)  # GrabCut has none


def _by_words(kit, sample, way, border):
    try:
        with warnings.catch_warnings():  # that a phrase was not found shows in the mask
            warnings.simplefilter("ignore")
            mask, phrase, report = kit.ground(sample.before, sample.instruction, border=border)
    except KitError:  # words that can't be read
        return Mask(None, fault=NOTHING)
    fits = None if report.chosen is None else float(report.found[report.chosen].score)
    return Mask(mask > WHITE, phrase=phrase, phrase_score=fits)


def _own(kit, sample, way, border):
    return Mask(None, fault=NO_PLACE) if sample.own is None else Mask(sample.own)
