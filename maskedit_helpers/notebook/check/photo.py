"""Checks of notebook 11 your own photo: without a truth they ask what a person who looks would ask."""

import re

import numpy as np

from ...picturebook.pairs import make_pair
from .answers import mask as read_mask
from .functions import call
from .verdict import NotYet, exercise

# Places in the photograph of the astronaut, as fractions of width and height, found by looking at it.
HEAD = {"the top of her hair": (0.40, 0.07), "the hair at her temples": (0.31, 0.16), "her hair on the right":
        (0.56, 0.15), "her cheek": (0.38, 0.29), "her mouth": (0.43, 0.28), "her chin": (0.43, 0.335)}
ELSEWHERE = {"the wall on the left": (0.24, 0.13), "the wall on the right": (0.64, 0.2), "the black collar":
             (0.42, 0.44), "the suit": (0.2, 0.65), "the flag": (0.05, 0.3), "the shuttle": (0.74, 0.33)}


@exercise
def head(mask, case):
    """Her head, hair and face, and nothing else, in the photograph of the astronaut."""
    if case.name != "astronaut":
        raise NotYet("This exercise is about the astronaut: give the case that section 1 loads.")
    inside = read_mask(mask, case.image.shape)
    height, width = inside.shape

    def at(place):
        return inside[int(place[1] * height), int(place[0] * width)]

    if not inside.any():
        raise NotYet("It selects nothing: no pixel is white.")
    if not any(map(at, HEAD.values())) and all(map(at, ELSEWHERE.values())):
        raise NotYet("It is the wrong way round: white = 1 = edit.")
    missing = [name for name, place in HEAD.items() if not at(place)]
    if missing:
        raise NotYet(f"{missing[0].capitalize()} is missing: draw the box a little larger, or click there too.")
    more = [name for name, place in ELSEWHERE.items() if at(place)]
    if more or inside.mean() > 0.09:
        raise NotYet(f"{more[0].capitalize() if more else 'Something around her head'} is in it: draw a closer box, or "
                     "exclude it by a click with label 0.")
    return f"Hair and face, {inside.mean():.1%} of the picture, and nothing of what lies around them."


SLIPS = ((4, -3), (-5, 0), (2, 6), (-1, -2), (0, 0))


@exercise
def slip_function(find_slip):
    """The reader's own find_slip(x0, y): by how much an edit must be moved to lie on its original."""
    for seed, (dx, dy) in enumerate(SLIPS):
        pair = make_pair(2_000_000_001 + seed, leak=0)
        slipped = np.roll(pair.truth, (-dy, -dx), axis=(0, 1))
        answer = call(find_slip, pair.before, slipped).astype(float).ravel()
        if answer.size != 2:
            raise NotYet("Give back two numbers, (dx, dy).")
        if np.abs(answer - (dx, dy)).max() <= 0.5:
            continue
        for other, why in (((-dx, -dy), "That is how far it slipped; asked is how to move it back, the other way."),
                           ((dy, dx), "These are rows first; give dx, to the right, and then dy, down."),
                           ((-dy, -dx), "These are rows first, and the way it slipped; give (dx, dy), the way back.")):
            if np.abs(answer - other).max() <= 0.5:
                raise NotYet(why)
        raise NotYet(f"An edit that must be moved by {(dx, dy)} to lie right was said to need "
                     f"({answer[0]:g}, {answer[1]:g}). Of all moves, which makes the two pictures most alike?")
    return f"Found in {len(SLIPS)} drawn edits."


WHY_NOT = {
    "c": "c: the metrics take your mask as it is, and nobody has told them what it should be of.",
    "d": "d: black paint has the same two numbers, or better ones.",
}
WHY = {"a": "Infinite background PSNR: what does it say of the pixels outside?",
       "b": "A change IoU near 1: where do the changed pixels lie, and how much of the mask do they fill?"}


@exercise
def told_without_truth(answer):
    """Which of four statements two metrics on a photograph bear out: a and b."""
    if isinstance(answer, str):
        text = answer.lower()
        answer = text if re.fullmatch("[a-d]+", text) else re.findall(r"\b[a-d]\b", text)
    if not isinstance(answer, (str, list, tuple, set)) or not answer:
        raise NotYet('Answer with letters, as in "ac".')
    letters = {str(letter).strip().lower() for letter in answer}
    for letter in sorted(letters):
        if letter not in {*WHY, *WHY_NOT}:
            raise NotYet(f"{letter!r} is none of a, b, c and d.")
        if letter in WHY_NOT:
            raise NotYet(WHY_NOT[letter])
    for letter, hint in WHY.items():
        if letter not in letters:
            raise NotYet(hint)
    return "Where it changed, and that the rest did not. Whether it is right, only eyes can say, or a truth."
