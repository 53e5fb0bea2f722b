"""Checks of notebook 06 from words to a mask."""

import re

import numpy as np

from .functions import hold
from .verdict import NotYet, exercise

WHOLE = ("", "none", "everything", "all", "all of it", "picture", "whole picture", "image", "whole image", "scene",
         "whole scene", "entire picture", "entire image")
TARGETS = {  # what is right, and the hint for whatever else names one of these
    "turn the red car next to the tree into a bus": (("red car", "car"), {
        "bus": "The bus is what it becomes: there is none yet.",
        "tree": "The tree only says where it is.",
        "blue": "There is no blue in it.",
    }),
    "put a hat on the dog": (("dog",), {"hat": "The hat is new: there is none yet. Where will it be painted?"}),
    "make it night": (WHOLE, {
        "night": "Night has no place of its own: say None, for the whole picture.",
        "sky": "At night all gets dark, not the sky alone: say None, for the whole picture.",
    }),
}


@exercise
def targets(answers):
    """What each of three instructions acts on, with or without its article; None for the whole picture."""
    answers = _by_instruction(answers)
    for instruction, (right, hints) in TARGETS.items():
        if _plain(instruction) not in answers:
            raise NotYet(f"There is no answer for {instruction!r}; leave the three questions as they stand.")
        mine = answers[_plain(instruction)]
        if mine is not None and not isinstance(mine, str):
            raise NotYet(f"{instruction!r}: {mine!r} is neither a phrase in quotes nor None.")
        phrase = re.sub(r"^(the|a|an) ", "", _plain(mine or ""))
        if phrase not in right:
            hint = next((hints[word] for word in hints if word in phrase.split()), _otherwise(phrase))
            raise NotYet(f"{instruction!r}: {hint}")
    return "What is acted on, not where it is, nor what it becomes."


def _by_instruction(answers):
    """{instruction in plain letters: answer}, of a dict or of a list in the order of the questions."""
    if isinstance(answers, (list, tuple)):
        if len(answers) != len(TARGETS):
            raise NotYet(f"{len(answers)} answers where three are asked for.")
        answers = dict(zip(TARGETS, answers))
    if not isinstance(answers, dict):
        raise NotYet("Hand in the dict with the three instructions and your phrases.")
    return {_plain(str(instruction)): mine for instruction, mine in answers.items()}


def _plain(text):
    return " ".join(re.findall(r"[^\W\d_]+", text.lower()))


def _otherwise(phrase):
    if phrase in WHOLE:
        return "A thing is named that is there already and must change: which?"
    if phrase in ("it", "this", "that"):
        return f"Name what \"{phrase}\" stands for."
    return f"Are these the pixels that must change, {phrase!r}? Say None where no thing in particular is meant."


def unit(v):
    return v / np.linalg.norm(v)


SCORE_MISTAKES = {
    "Divide by both lengths: a cosine does not depend on them.":
        (lambda crop, phrase: crop @ phrase, lambda crop, phrase: max(100 * crop @ phrase, 0)),
    "Divide by the other length too: a cosine depends on neither.":
        (lambda crop, phrase: max(100 * unit(crop) @ phrase, 0),
         lambda crop, phrase: max(100 * crop @ unit(phrase), 0)),
    "A score is not negative: at least zero.": lambda crop, phrase: 100 * unit(crop) @ unit(phrase),
    "It is 100 times the cosine.": lambda crop, phrase: max(unit(crop) @ unit(phrase), 0),
    "The factor 2.5 is CLIPScore's; here it is 100.": lambda crop, phrase: max(2.5 * unit(crop) @ unit(phrase), 0),
    "A negative cosine scores zero; abs makes it as good as a positive one.":
        lambda crop, phrase: abs(100 * unit(crop) @ unit(phrase)),
    "That is a distance: it is least where the two fit best.":
        lambda crop, phrase: 100 * (1 - unit(crop) @ unit(phrase)),
    "min takes the smaller of the two; at least zero is max.":
        lambda crop, phrase: min(100 * unit(crop) @ unit(phrase), 0),
}


@exercise
def published_score(score):
    """The reader's own score(crop, phrase) of CLIP features."""
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=(2, 16)) * rng.uniform(0.5, 3, (2, 1)) for _ in range(4)]
    hold(score, lambda crop, phrase: max(100 * unit(crop) @ unit(phrase), 0),
         [(crop, sign * phrase) for crop, phrase in pairs for sign in (1, -1)], SCORE_MISTAKES,
         "It is 100 times the cosine, and at least zero; a cosine divides by both lengths.")
    return "100 times the cosine, and at least zero."


def corners(boxes):
    return boxes[:, :2], boxes[:, 2:]


def around(boxes):
    least, most = corners(boxes)
    return np.r_[least.min(0), most.max(0)]


def areas(boxes):
    least, most = corners(boxes)
    return (most - least).prod(1)


BOX_MISTAKES = {
    "That is the first box.": lambda boxes: boxes[0],
    "That is the largest box; the others stick out of it.": lambda boxes: boxes[areas(boxes).argmax()],
    "That is what all of them share; it should hold all of each.":
        lambda boxes: np.r_[corners(boxes)[0].max(0), corners(boxes)[1].min(0)],
    "That is the mean box.": lambda boxes: boxes.mean(0),
    "That ends in width and height; right and bottom are asked for.":
        lambda boxes: around(boxes) - np.r_[0, 0, around(boxes)[:2]],
    "Of right and bottom take the greatest, not the least.": lambda boxes: boxes.min(0),
    "Of left and top take the least, not the greatest.": lambda boxes: boxes.max(0),
    "x before y: left, top, right, bottom.": lambda boxes: around(boxes)[[1, 0, 3, 2]],
}


@exercise
def enclosing_function(enclosing):
    """The reader's own enclosing(boxes) of boxes (N, 4) as left, top, right, bottom."""
    rng = np.random.default_rng(1)
    inputs = []
    for n in (1, 2, 5):
        two = np.sort(rng.integers(0, 100, (n, 2, 2)), axis=1)  # (n, low and high, x and y)
        inputs.append((two.reshape(n, 4),))
    hold(enclosing, around, inputs, BOX_MISTAKES,
         "Hand back four numbers: the least left and top, the greatest right and bottom.")
    return "Least left and top, greatest right and bottom."
