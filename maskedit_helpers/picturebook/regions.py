"""Crops of drawn scenes and the phrases that name them, for CLIP to learn regions from.

The caption names every thing of a scene with all its words, "a red striped shirt": what is cut out of it ("the
shirt", "striped shirt") is a phrase for the crop of that thing. Crops that nothing names, a head or half a car,
are the wrong answers that SAM will propose too.
"""
import cv2
import numpy as np
from PIL import Image

from ..pictures.crops import masked_crop
from .drawings import PAINTED, PARTS, WHOLES

SMALLEST = 0.003  # of the picture: smaller regions are not cropped
REGIONS = 8  # crops of a picture, at most
NAMED = {**{thing: (part,) for thing, part in PAINTED.items()}, "hovercraft": ("car body", "glow"),
         "person": WHOLES["person"], "sky": ("sky",), "ground": ("ground",)}
STRICT = 4  # a mask whose IoU with the thing is u fits its phrases by u ** STRICT
GROUND_WORDS = {"grass", "street", "sand", "snow"}


def things_in(caption):
    """{thing: its words} of a caption: {"shirt": ["red", "striped", "shirt"], "ground": ["grass"], ...}."""
    found, words = {}, []
    for word in caption.split():
        if word in ("a", "an", "in", "and", "with", "under", "on", "at"):
            words = []
            continue
        words.append(word)
        if word in NAMED or word in GROUND_WORDS:
            found["ground" if word in GROUND_WORDS else word] = words
    return found


def phrase_for(words, rng):
    """A short phrase of a thing's words: ["red", "striped", "shirt"] -> "the red shirt", "shirt", "a shirt" ..."""
    *described, head = words
    if described == ["robot"] and rng.random() < 0.3:
        described, head = [], "robot"
    kept = [word for word in described if rng.random() < 0.5]
    article = rng.choice(["the", "the", "the", "a", ""])
    if article == "a" and (kept or [head])[0][0] in "aeiou":
        article = "an"
    return " ".join([*filter(None, [article]), *kept, head])


def crops_and_phrases(scenes, size, rng):
    """Crops of scenes, phrases for them, and how well each phrase fits each crop.

    scenes : (picture uint8 (S, S, 3), ids uint8 (S, S), caption) of each. size : pixels of a crop's side.

    Returns
    -------
    uint8 (C, size, size, 3); list of K different phrases; float32 (C, K) in [0, 1].
    """
    crops, known, phrases = [], [], {}
    for picture, ids, caption in scenes:
        things = {name: words for name, words in things_in(caption).items() if _owned(ids, NAMED[name]).any()}
        truths = {name: _owned(ids, NAMED[name]) for name in things}
        for mask in _regions(ids, truths, rng):
            crop = masked_crop(picture, _jittered(mask, rng))
            crops.append(np.asarray(Image.fromarray(crop).resize((size, size), Image.Resampling.BICUBIC)))
            known.append([(frozenset(things[name]), _iou(mask, truth) ** STRICT) for name, truth in truths.items()])
        for name, words in things.items():
            if truths[name].mean() >= SMALLEST:
                phrases[phrase_for(words, rng)] = None
    meant = [set(phrase.split()) - {"a", "an", "the"} for phrase in phrases]
    fits = [[max((fit for words, fit in fitting if wanted <= words), default=0.0) for wanted in meant]
            for fitting in known]
    return np.stack(crops), list(phrases), np.array(fits, np.float32)


def _regions(ids, truths, rng):
    """Masks to crop: the things that are named, and as many others as there is room for."""
    named = [mask for mask in truths.values() if mask.mean() >= SMALLEST]
    seen = [i for i in np.unique(ids) if (ids == i).mean() >= SMALLEST]
    others = [ids == i for i in seen] + [_owned(ids, parts) for parts in WHOLES.values()]
    pair = rng.choice(seen, 2)
    others += [np.isin(ids, pair), *(_half(mask, rng) for mask in named)]
    others = [mask for mask in others if mask.mean() >= SMALLEST and not any((mask == m).all() for m in named)]
    rng.shuffle(others)
    return [*named, *others][:max(REGIONS, len(named) + 2)]


def _half(mask, rng):
    """The mask on one side of a line through it."""
    y, x = np.nonzero(mask)
    k, angle = rng.integers(len(x)), rng.uniform(0, 2 * np.pi)
    across = np.add.outer((np.arange(mask.shape[0]) - y[k]) * np.sin(angle),
                          (np.arange(mask.shape[1]) - x[k]) * np.cos(angle))
    return mask & (across > 0)


def _jittered(mask, rng):
    """The mask as it is, a pixel larger or a pixel smaller: SAM's edges are not exact."""
    change = rng.choice((cv2.dilate, cv2.erode, None))
    if change is None:
        return mask
    changed = change(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return changed if changed.any() else mask


def _owned(ids, parts):
    return np.isin(ids, [PARTS[part] for part in parts])


def _iou(a, b):
    return (a & b).sum() / (a | b).sum()
