"""Checks of notebook 07 where pairs come from: the filter and what slips through it, masks as transparency, kappa."""

import numpy as np

from ...metrics.clip import clip_direction
from ...metrics.pixels import change_map
from ...picturebook.training_pairs import training_pair
from .answers import number
from .functions import agree, hold
from .verdict import NotYet, exercise

IMAGE, OTHERS = 0.7, 0.2  # InstructPix2Pix's thresholds


def passes(image, direction, before, after):
    return bool(image >= IMAGE and min(direction, before, after) >= OTHERS)


FILTER_MISTAKES = {
    "That is the two pictures alone. Three more must hold: the direction, and each picture's own caption.":
        lambda image, *others: image >= IMAGE,
    "All four must hold; with `or` one is enough.":
        lambda image, *others: bool(image >= IMAGE or max(others) >= OTHERS),
    "At least: a pair that lies exactly on a threshold is kept.":
        (lambda image, *others: bool(image > IMAGE and min(others) > OTHERS),
         lambda image, *others: bool(image > IMAGE and min(others) >= OTHERS),
         lambda image, *others: bool(image >= IMAGE and min(others) > OTHERS)),
    "That is the wrong way round: True is for a pair that is kept.": lambda *scores: not passes(*scores),
    "The direction has no part in it.": lambda image, direction, *texts: passes(image, 1, *texts),
    "The similarity of the two pictures has no part in it.": lambda image, *others: passes(1, *others),
    "Each picture is held against its own caption: both, before and after.":
        (lambda image, direction, before, after: passes(image, direction, before, 1),
         lambda image, direction, before, after: passes(image, direction, 1, after),
         lambda image, direction, before, after: passes(image, direction, 1, 1)),
    "Each caption must fit by itself; a good one does not make up for a bad one.":
        (lambda image, direction, before, after: passes(image, direction, (before + after) / 2, 1),
         lambda image, direction, before, after: passes(image, direction, max(before, after), 1)),
    "The two pictures need 0.7, the direction 0.2; you have them the other way round.":
        lambda image, direction, *texts: passes(direction, image, *texts),
    "0.7 is for the two pictures alone; the other three need 0.2.": lambda *scores: bool(min(scores) >= IMAGE),
    "The two pictures need 0.7; 0.2 is for the other three.": lambda *scores: bool(min(scores) >= OTHERS),
}


@exercise
def filter_function(keep):
    """The reader's own keep(image, direction, before, after) of four cosines."""
    good = (0.9, 0.5, 0.3, 0.4)
    inputs = [good, (IMAGE, *good[1:]), *((*good[:k], OTHERS, *good[k + 1:]) for k in (1, 2, 3))]
    inputs += [(*good[:k], low, *good[k + 1:]) for k, low in ((0, 0.69), (0, 0.5), (1, 0.19), (2, 0.19), (3, 0.19))]
    inputs += [(0.5, 0.8, 0.3, 0.3), (0.8, 0.8, 0.8, 0.8), (0.1, 0.1, 0.1, 0.1), (0.9, 0.5, 0.1, 0.9),
               (0.9, 0.5, 0.9, 0.1), (0.9, 0.5, 0.1, 0.1), (0.1, 0.5, 0.3, 0.3), (0.75, -0.4, 0.3, 0.3)]
    hold(keep, passes, inputs, FILTER_MISTAKES,
         "The two pictures at least 0.7; the direction and each picture's own caption at least 0.2; all of these.")
    return "All four, each at least its threshold. None of them asks where."


def transparent(rgba):
    return (rgba[..., 3] == 0).astype(float)


ALPHA_MISTAKES = {
    "That is the wrong way round: white, 1, where the picture is transparent.":
        (lambda rgba: 1 - transparent(rgba), lambda rgba: rgba[..., 3], lambda rgba: rgba[..., 3] / 255),
    "1 - 255 wraps round in 8 bits, to 2; make floats of it, or compare.":
        lambda rgba: 1 - rgba[..., 3],
    "That is where the picture is black; which pixels are meant says the alpha channel, the fourth.":
        (lambda rgba: (rgba[..., :3] == 0).all(-1), lambda rgba: rgba[..., :3].max(-1) == 0,
         lambda rgba: rgba[..., :3].sum(-1) == 0),
    "That is a colour; which pixels are meant says the alpha channel, the fourth.":
        (lambda rgba: rgba[..., 0], lambda rgba: rgba[..., :3].mean(-1), lambda rgba: rgba[..., :3].mean(-1) / 255,
         lambda rgba: rgba[..., :3].mean(-1) > 127),
    "That has four channels still; the mask is one number a pixel.": lambda rgba: rgba == 0,
}


def masks_agree(mine, other):
    """0 and 255 are as good as 0 and 1."""
    return agree(mine, other) or mine.size and mine.max() == 255 and agree(mine / 255, other)


@exercise
def alpha_function(white_is_edit):
    """The reader's own white_is_edit(rgba), of uint8 (H, W, 4), transparent = edit, to (H, W), 1 = edit."""
    rng = np.random.default_rng(0)
    inputs = []
    for box in ((2, 7, 1, 9), (0, 12, 0, 4)):
        rgba = rng.integers(1, 256, (12, 10, 4)).astype(np.uint8)
        top, bottom, left, right = box
        rgba[..., 3] = 255
        rgba[top:bottom, left:right, 3] = 0
        rgba[8:11, 5:9, :3] = 0  # something black that is no hole
        inputs.append((rgba,))
    hold(white_is_edit, transparent, inputs, ALPHA_MISTAKES,
         "1 where the fourth channel is 0, and 0 elsewhere, one number a pixel.", masks_agree)
    return "White = 1 = edit, whatever the set had."


def equal_share(first, second):
    return np.mean(first == second)


def beyond(first, second, chance):
    return (equal_share(first, second) - chance) / (1 - chance)


def by_chance(first, second):
    return first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())


def pooled(first, second):
    both = (first.mean() + second.mean()) / 2
    return both**2 + (1 - both)**2


KAPPA_MISTAKES = {
    "That is the share of equal answers; subtract what chance alone would give.": equal_share,
    "Chance is not a half: it depends on how often each of the two accepts.":
        lambda first, second: beyond(first, second, 0.5),
    "Now divide by what is left above chance, 1 - p_e, so that perfect agreement is 1.":
        lambda first, second: equal_share(first, second) - by_chance(first, second),
    "That divides by p_e; divide by 1 - p_e.": lambda first, second: (
        equal_share(first, second) / by_chance(first, second) - 1),
    "Two can also both reject by chance: add (1 - p)(1 - q).": lambda first, second: beyond(
        first, second, first.mean() * second.mean()),
    "Both accept by chance as well: add p q.": lambda first, second: beyond(
        first, second, (1 - first.mean()) * (1 - second.mean())),
    "That is Scott's pi, with one rate for both; Cohen lets each vetter have their own.":
        lambda first, second: beyond(first, second, pooled(first, second)),
    "That is p_e, what chance alone gives.": by_chance,
    "p_o and p_e are exchanged.": lambda first, second: (by_chance(first, second) - equal_share(first, second)) / (
        1 - equal_share(first, second)),
}


@exercise
def kappa_function(kappa):
    """The reader's own kappa(first, second) of two bool arrays, True = accepted."""
    rng = np.random.default_rng(0)
    inputs = []
    for n, often, other in ((20, 0.8, 0.6), (40, 0.3, 0.5), (30, 0.9, 0.7)):
        first, draw = rng.random(n) < often, rng.random(n)
        inputs.append((first, np.where(rng.random(n) < 0.5, first, draw < other)))
    hold(kappa, lambda first, second: beyond(first, second, by_chance(first, second)), inputs, KAPPA_MISTAKES,
         "It is (p_o - p_e) / (1 - p_e), of the share of equal answers and of what chance alone would give.")
    return "Agreement beyond chance: 0 if nobody had looked, 1 if both always say the same."


FRESH, FAR = 31_000, 10  # the first seed that is none of the notebook's; grey levels of spill that one can see


@exercise
def slips_through(seed, kit):
    """The seed of a pair that InstructPix2Pix's filter keeps though its edit spills."""
    seed = number(seed)
    if seed != int(seed) or seed < FRESH:
        raise NotYet(f"Hand in a seed, a whole number, {FRESH:,} or more.")
    pair = training_pair(int(seed))
    if pair.mask.all():
        raise NotYet(f"\"{pair.instruction}\" is meant for the whole picture: there is no outside to spill into.")
    spilt = change_map(pair.truth, pair.after)[~pair.mask].mean()
    if spilt < FAR:
        raise NotYet(f"Outside its mask it is {spilt:.1f} grey levels from the true edit (asked: {FAR} or more).")
    f0, f1 = kit.clip.images([pair.before, pair.after])
    g0, g1 = kit.clip.texts(list(pair.captions))
    found = {"the two pictures": (f0 @ f1, IMAGE), "the direction": (clip_direction(f0, f1, g0, g1), OTHERS),
             "the first caption": (f0 @ g0, OTHERS), "the second caption": (f1 @ g1, OTHERS)}
    for name, (score, least) in found.items():
        if score < least:
            raise NotYet(f"It spills, but the filter sees to it: {name} has {score:.2f}, and {least} is asked.")
    return f"{spilt:.0f} grey levels outside the mask, and the filter keeps it."
