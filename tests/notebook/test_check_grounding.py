"""The checks of notebook 06, held to tables of answers."""

import numpy as np
import torch
from exercises import answers, judge

import maskedit_helpers as me

CAR, DOG, NIGHT = "turn the red car next to the tree into a bus", "put a hat on the dog", "make it night"


def said(car, dog, night):
    return {CAR: car, DOG: dog, NIGHT: night}


@answers(
    right={
        "as solved": said("the red car", "the dog", None),
        "without the article": said("red car", "dog", None),
        "the noun alone": said("car", "dog", None),
        "capitals and full stops": said("The red car.", "The dog", None),
        "spaces": said("  the  car ", " the dog", ""),
        "the whole picture": said("the red car", "the dog", "the whole picture"),
        "everything": said("the red car", "the dog", "Everything"),
        "the picture": said("the red car", "the dog", "picture"),
        "None as text": said("the red car", "the dog", "None"),
        "quotes": said("'the red car'", "“the dog”", None),
        "in order": ["the red car", "the dog", None],
        "capitals in the questions": {CAR.capitalize(): "the red car", DOG.upper(): "the dog", NIGHT + ".": None},
    },
    wrong={
        "unanswered": (said("a bus", "a hat", "night"), "becomes"),
        "what it becomes": (said("the bus", "the dog", None), "becomes"),
        "where it is": (said("the tree", "the dog", None), "where"),
        "with its place": (said("the red car next to the tree", "the dog", None), "where"),
        "what is new": (said("the red car", "a hat", None), "new"),
        "the night": (said("the red car", "the dog", "night"), "whole picture"),
        "the sky": (said("the red car", "the dog", "the sky"), "whole picture"),
        "a pronoun": (said("it", "the dog", None), "it"),
        "no thing": (said(None, "the dog", None), "there already"),
        "another colour": (said("the blue car", "the dog", None), "blue"),
        "one left out": ({CAR: "the red car", DOG: "the dog"}, NIGHT),
        "two answers": (["the red car", "the dog"], "three"),
        "a text": ("the red car", "dict"),
        "numbers": (said(1, 2, 3), "phrase"),
    })
def test_targets(answer, word):
    judge(word, me.check.targets, answer)


def unit(v):
    return v / np.linalg.norm(v)


def score_by_loops(crop, phrase):
    dot = sum(a * b for a, b in zip(crop, phrase))
    cosine = dot / sum(a * a for a in crop) ** 0.5 / sum(b * b for b in phrase) ** 0.5
    return 100 * cosine if cosine > 0 else 0


def score_in_place(crop, phrase):
    crop /= np.linalg.norm(crop)
    phrase /= np.linalg.norm(phrase)
    return max(100 * crop @ phrase, 0)


@answers(
    right={
        "as solved": lambda c, p: max(100 * c @ p / np.linalg.norm(c) / np.linalg.norm(p), 0),
        "clipped": lambda c, p: np.clip(100 * unit(c) @ unit(p), 0, None),
        "up to 100": lambda c, p: np.clip(100 * unit(c) @ unit(p), 0, 100),
        "loops": score_by_loops,
        "changes what it is given": score_in_place,
        "single precision": lambda c, p: np.maximum(np.float32(100) * np.float32(unit(c)) @ np.float32(unit(p)), 0),
        "torch in and out": lambda c, p: (100 * torch.cosine_similarity(c, p, dim=0)).clamp(min=0),
        "an array of one": lambda c, p: np.maximum(100 * unit(c)[None] @ unit(p)[:, None], 0),
        "in a list": lambda c, p: [max(100 * unit(c) @ unit(p), 0)],
    },
    wrong={
        "unanswered": (lambda c, p: c @ p, "length"),
        "lengths kept": (lambda c, p: max(100 * c @ p, 0), "length"),
        "one length kept": (lambda c, p: max(100 * unit(c) @ p, 0), "length"),
        "negative": (lambda c, p: 100 * unit(c) @ unit(p), "negative"),
        "without the 100": (lambda c, p: max(unit(c) @ unit(p), 0), "100"),
        "CLIPScore's 2.5": (lambda c, p: max(2.5 * unit(c) @ unit(p), 0), "2.5"),
        "without the sign": (lambda c, p: abs(100 * unit(c) @ unit(p)), "negative"),
        "a distance": (lambda c, p: 100 * (1 - unit(c) @ unit(p)), "distance"),
        "at most zero": (lambda c, p: min(100 * unit(c) @ unit(p), 0), "least"),
        "no number": (lambda c, p: np.nan, "nan"),
        "no sum": (lambda c, p: 100 * unit(c) * unit(p), "one number"),
        "no return": (lambda c, p: None, "return"),
    })
def test_published_score(answer, word):
    judge(word, me.check.published_score, answer)


def enclosing_by_loops(boxes):
    left, top, right, bottom = boxes[0]
    for box in boxes[1:]:
        left, top, right, bottom = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
    return left, top, right, bottom


@answers(
    right={
        "as solved": lambda b: np.concatenate([b[:, :2].min(axis=0), b[:, 2:].max(axis=0)]),
        "one by one": lambda b: [b[:, 0].min(), b[:, 1].min(), b[:, 2].max(), b[:, 3].max()],
        "loops": enclosing_by_loops,
        "all corners": lambda b: np.r_[b.reshape(-1, 2).min(0), b.reshape(-1, 2).max(0)],
        "floats": lambda b: np.float32(enclosing_by_loops(b)),
        "torch in and out": lambda b: torch.cat([b[:, :2].amin(dim=0), b[:, 2:].amax(dim=0)]),
        "one row": lambda b: np.array([enclosing_by_loops(b)]),
        "columns": lambda b: tuple(f(column) for f, column in zip((min, min, max, max), zip(*b))),
    },
    wrong={
        "unanswered": (lambda b: b[0], "first"),
        "the largest": (lambda b: b[np.argmax((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]))], "largest"),
        "what all share": (lambda b: np.r_[b[:, :2].max(0), b[:, 2:].min(0)], "share"),
        "the mean": (lambda b: b.mean(0), "mean"),
        "width and height": (lambda b: np.r_[b[:, :2].min(0), b[:, 2:].max(0) - b[:, :2].min(0)], "width"),
        "the least of all": (lambda b: b.min(0), "right and bottom"),
        "the greatest of all": (lambda b: b.max(0), "left and top"),
        "rows first": (lambda b: np.r_[b[:, 1::-1].min(0), b[:, :1:-1].max(0)], "x before y"),
        "two corners": (lambda b: [b[:, :2].min(0), b[:, 2:].max(0)], "four"),
        "all boxes": (lambda b: b, "four"),
        "no number": (lambda b: [np.nan] * 4, "nan"),
        "no return": (lambda b: None, "return"),
    })
def test_enclosing_function(answer, word):
    judge(word, me.check.enclosing_function, answer)
