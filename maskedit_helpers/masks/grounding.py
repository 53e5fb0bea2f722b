"""From words to a mask: which thing an instruction speaks of, and where it is.

Three ways, all of which end in SAM, whose border is then snapped to the picture's edges (`border`):

    detector   As Grounded-Instruct-Pix2Pix (Shagidanov et al. 2024): GroundingDINO finds boxes for each phrase, CLIP
               says which phrase fits its boxes best, and SAM makes a mask of each of its boxes.
    proposals  Without a detector: SAM proposes masks of everything, and CLIP ranks them by how well each, cut out,
               fits the phrase (Liang et al., "Mask-adapted CLIP", CVPR 2023).
    relevance  Without words: where the editor's own answer depends on the instruction (`relevance`), rounded to the
               nearest of SAM's proposals.

Which phrases are looked for at all is decided in `phrases`. What an instruction does to no thing in particular, "make
it night", is done to the whole picture; then a warning says so, and also where the reading is a guess.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from ..errors import KitError
from ..language.clauses import THING
from ..language.phrases import Phrase, Reading, read_instruction
from ..pictures.blend import grown
from ..pictures.crops import box_of, cut, cut_out
from ..pictures.images import WHITE, read_image
from ..pictures.prompts import says_something
from .grounding_report import Found, Grounding
from .relevance import relevance
from .segment import check_finish, finished

WHOLE_PICTURE = "the whole picture"
# Where a thing is to become another one, all of it is meant: a mask that holds so much of the best one, with so much
# of its score. (On drawn scenes a car scores 0.7 to 0.9 of its body, the person 0.6 of the shirt.)
HOLDS, NEARLY = 0.9, 0.7


@dataclass(frozen=True)
class Proposing:
    """How SAM is asked for proposals: see `sam.Segmenter.propose`."""

    side: int
    least_iou: float
    least_stability: float
    same: float


# Full: as published. Pocket: its pictures hold few things, and it rates itself lower.
PROPOSING = {"full": Proposing(32, 0.88, 0.95, 0.7), "pocket": Proposing(8, 0.5, 0.5, 0.7)}


def ground(kit, image, instruction, how="auto", phrase=None, border="snap", clean=0, dilate=0, proposing=None,
           box_threshold=0.3, text_threshold=0.25, noises=4, t=600, seed=1337):
    """The mask of what an instruction speaks of.

    Parameters
    ----------
    kit : Kit
    image : anything `read_image` takes, H x W pixels
    instruction : str
    how : "auto", "detector", "proposals" or "relevance"
        See above; "auto" is "detector" on full and "proposals" on pocket, which has no detector.
    phrase : str, optional
        What to look for instead of the instruction's own phrases: overrules the choice.
    border, clean : as for `kit.segment`
    dilate : pixels, >= 0
        By how much the mask is grown. The paper grows by a square of 11 x 11, nearly `dilate=5`, so that the edit
        has room; here the mask stays as it is, for the blend can grow it too.
    proposing : Proposing, optional
        How SAM is asked for proposals, by default as PROPOSING has it for the size of the kit.
    box_threshold, text_threshold : float in [0, 1]
        For "detector": of `detector.Detector.boxes`, as published.
    noises, t, seed : for "relevance": of `relevance.relevance`

    Returns
    -------
    (mask, phrase, report) : float32 (H, W), 0 or 1, white = 1 = edit; the phrase it is of; a `Grounding`, which prints
        as a table and shows itself in a notebook.

    Raises
    ------
    KitError
        An unknown `how`, an unknown border or negative clean, an empty instruction or phrase, a way that the kit has
        no model for.
    """
    how = ("detector" if kit.size == "full" else "proposals") if how == "auto" else how
    if how not in ("detector", "proposals", "relevance"):
        raise KitError(f'how is {how!r}; use "auto", "detector", "proposals" or "relevance"')
    check_finish(border, clean)
    picture, relevant, reading = read_image(image), None, None
    proposing = vars(PROPOSING[kit.size] if proposing is None else proposing)
    if how == "relevance":
        if phrase is not None:
            raise KitError('how="relevance" looks for no phrase; leave out phrase=, or take another way')
        relevant = relevance(kit, picture, instruction, noises, t, seed=seed)
        found, why = _nearest(kit, picture, instruction, proposing, relevant)
        chosen = published = _best(found, [0])
    else:
        reading = _asked(instruction, phrase)
        phrases, candidates, why = *_sought(reading), reading.why
        if how == "detector":
            look_for = _by_detector(kit, picture, box_threshold, text_threshold)
        else:
            look_for = _by_proposals(kit, picture, proposing) if phrases else None
        # Of those that are not to be chosen, what CLIP can't read is passed over.
        found = [look_for(p) if i in candidates or _readable(kit, p) else Found(p.sought, p.text, p.role)
                 for i, p in enumerate(phrases)]
        chosen, published = _best(found, candidates), _best(found, range(len(found)))
        if candidates and chosen is None:
            why = f"nothing was found of {', '.join(repr(found[i].phrase) for i in candidates)}"
    if chosen is None:
        mask, name = np.ones(picture.shape[:2], np.float32), WHOLE_PICTURE
        warnings.warn(f"{why}: the mask is the whole picture; name a thing with phrase=\"the ...\"", stacklevel=3)
    else:
        mask, name = finished(picture, found[chosen].mask > WHITE, border, clean), found[chosen].phrase
        mask = grown(mask.astype(np.float32), dilate)
    if reading and reading.candidates and reading.note:
        warnings.warn(f"{reading.note}; look at the mask, or name the thing with phrase=\"the ...\"", stacklevel=3)
    return mask, name, Grounding(picture, instruction, how, found, chosen, published, mask, why, relevant,
                                 reading.note if reading else "", reading.reader if reading else "")


def _asked(instruction, phrase):
    """The instruction's `Reading`, or one of nothing but the phrase."""
    if phrase is not None:
        if not says_something(phrase):
            raise KitError(f"phrase {phrase!r} is empty; say what to look for, as in 'the hat'")
        asked = [Phrase(phrase, phrase.split()[-1], THING, phrase, 0, 0)]
        return Reading(instruction, asked, asked, "as asked", "", "")
    return read_instruction(instruction)


def _sought(reading):
    """([Phrase] to look for, indices of those to choose from)"""
    chosen = {(p.start, p.end): p for p in reading.candidates}  # these know better what to look for
    phrases = [chosen.get((p.start, p.end), p) for p in reading.phrases]
    return phrases, [i for i, p in enumerate(phrases) if p in reading.candidates]


def _best(found, indices):
    """Index of the best score; None where nothing was found."""
    scored = [i for i in indices if found[i].mask is not None]
    return max(scored, key=lambda i: found[i].score, default=None)


def _by_detector(kit, picture, box_threshold, text_threshold):
    """Phrase -> Found as published: CLIP's score of the box around all boxes, SAM's masks of each together."""
    def look_for(phrase):
        boxes = kit.detector.boxes(picture, phrase.sought, box_threshold, text_threshold).boxes
        if not len(boxes):
            return Found(phrase.sought, phrase.text, phrase.role)
        box = (*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())
        score = _scores(kit.clip.images([cut(picture, box)]), kit, phrase)[0]
        mask = np.any([kit.sam.predict(picture, box=one, multimask=False).masks[0] for one in boxes], axis=0)
        mask = mask.astype(np.float32) if mask.any() else None
        return Found(phrase.sought, phrase.text, phrase.role, float(score), box, mask)

    return look_for


def _by_proposals(kit, picture, proposing):
    """Phrase -> Found: of SAM's proposals the one that, cut out, fits the phrase best."""
    masks = kit.sam.propose(picture, **proposing).masks
    features = kit.clip.images([cut_out(picture, mask) for mask in masks]) if len(masks) else None

    def look_for(phrase):
        if not len(masks):
            return Found(phrase.sought, phrase.text, phrase.role)
        fits = _scores(features, kit, phrase)
        mask = masks[_all_of_it(masks, fits) if phrase.remade else fits.argmax()]
        return Found(phrase.sought, phrase.text, phrase.role, float(fits.max()), box_of(mask), mask.astype(np.float32))

    return look_for


def _all_of_it(masks, fits):
    """Index of the largest mask that holds the best one and fits nearly as well: the car around its body.

    SAM proposes things and their parts, and a phrase fits both.
    """
    best = masks[fits.argmax()]
    holds = (masks & best).sum((1, 2)) >= HOLDS * best.sum()
    return np.where(holds & (fits >= NEARLY * fits.max()), masks.sum((1, 2)), 0).argmax()


def _scores(features, kit, phrase):
    """max(100 cos, 0) of N pictures' features and a phrase, float (N,)."""
    return np.maximum(100 * features @ kit.clip.texts([phrase.sought])[0], 0)


def _readable(kit, phrase):
    try:
        kit.clip.texts([phrase.sought])
    except KitError:  # too long for it: a pocket CLIP spells words that it was not taught
        return False
    return True


def _nearest(kit, picture, instruction, proposing, relevant):
    """([Found], why): of SAM's proposals the one nearest to where the instruction matters to the editor."""
    masks = kit.sam.propose(picture, **proposing).masks
    relevant = relevant > WHITE
    ious = [float((relevant & mask).sum() / (relevant | mask).sum()) for mask in masks]
    if not any(ious):
        return [Found(instruction, instruction, THING)], "no proposal of SAM meets the editor's relevance map"
    mask = masks[np.argmax(ious)]
    found = Found(instruction, instruction, THING, max(ious), box_of(mask), mask.astype(np.float32))
    return [found], "where the editor's answer hangs on the instruction"
