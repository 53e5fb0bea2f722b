"""The checks of notebook 01 (and mask_of in 03 and 06), held to tables of answers."""

import numpy as np
import torch
from exercises import answers, judge
from PIL import Image
from scipy import ndimage

import maskedit_helpers as me
from maskedit_helpers.masks.sam import Masks

CASE = me.load_case("shirt")
PERSON, SHIRT = CASE.parts["person"], CASE.parts["shirt"]
FOUND = me.grow(PERSON, dilate=1)  # as SAM would find it: nearly the true one
WIDE = np.repeat(np.repeat(FOUND, 2, axis=0), 2, axis=1)


def by_loops(a, b):
    both = either = 0
    for row_a, row_b in zip(a, b):
        for one, other in zip(row_a, row_b):
            both += bool(one and other)
            either += bool(one or other)
    return both / either


def by_sets(a, b):
    a, b = ({tuple(at) for at in np.argwhere(mask)} for mask in (a, b))
    return len(a & b) / len(a | b)


def by_confusion(a, b):
    hit, more, less = (a & b).sum(), (a & ~b).sum(), (~a & b).sum()
    return hit / (hit + more + less)


def in_place(a, b):
    either = (a | b).sum()
    a &= b
    return a.sum() / either


def forgetful(a, b):
    (a & b).sum() / (a | b).sum()


@answers(
    right={
        "as solved": lambda a, b: (a & b).sum() / (a | b).sum(),
        "loops": by_loops,
        "sets of places": by_sets,
        "hits and misses": by_confusion,
        "logical": lambda a, b: np.logical_and(a, b).sum() / np.logical_or(a, b).sum(),
        "products of floats": lambda a, b: (1.0 * a * b).sum() / np.maximum(1.0 * a, b).sum(),
        "least and greatest": lambda a, b: np.minimum(a, b).sum() / np.maximum(a, b).sum(),
        "in single precision": lambda a, b: np.float32((a & b).sum() / (a | b).sum()),
        "torch in and out": lambda a, b: torch.logical_and(a, b).sum() / torch.logical_or(a, b).sum(),
        "torch inside": lambda a, b: torch.tensor(a & b).sum() / torch.tensor(a | b).sum(),
        "in a list": lambda a, b: [(a & b).sum() / (a | b).sum()],
        "changes what it is given": in_place,
        "the kit's own": lambda a, b: me.mask_iou(a, b),
    },
    wrong={
        "unanswered": (lambda a, b: 0.0, "pixels in both"),
        "Dice": (lambda a, b: 2 * (a & b).sum() / (a.sum() + b.sum()), "Dice"),
        "upside down": (lambda a, b: (a | b).sum() / (a & b).sum(), "exchanged"),
        "of a only": (lambda a, b: (a & b).sum() / a.sum(), "either"),
        "of b only": (lambda a, b: (a & b).sum() / b.sum(), "either"),
        "of the picture": (lambda a, b: (a & b).mean(), "picture"),
        "agreement": (lambda a, b: (a == b).mean(), "outside both"),
        "counted twice": (lambda a, b: (a & b).sum() / (a.sum() + b.sum()), "twice"),
        "percent": (lambda a, b: 100 * (a & b).sum() / (a | b).sum(), "percent"),
        "xor": (lambda a, b: (a ^ b).sum() / (a | b).sum(), "differ"),
        "the masks": (lambda a, b: (a & b) / (a | b), "one number"),
        "no number": (lambda a, b: np.nan, "nan"),
        "no return": (forgetful, "return"),
        "no function": (0.94, "brackets"),
        "one argument": (lambda a: a.mean(), "TypeError"),
    })
def test_iou_function(answer, word):
    judge(word, me.check.iou_function, answer)


@answers(
    right={"1": 1, "1.0": 1.0, "text": " 1 ", "a sentence": "1 time", "a word": "Once.", "numpy": np.int64(1),
           "torch": torch.tensor(1), "an array": np.array([1.0])},
    wrong={
        "ten": (10, "picture does not change"),
        "none": (0, "must see"),
        "eleven": (11, "picture does not change"),
        "ten as text": ("10", "picture does not change"),
        "twice": (2, "picture does not change"),
        "yes": (True, "number"),
        "nothing": (None, "number"),
        "words": ("for each click", "number"),
        "two numbers": ("1 or 10", "one number"),
        "no number": (float("nan"), "number"),
    })
def test_encoded_once(answer, word):
    judge(word, me.check.encoded_once, answer)


@answers(
    right={
        "floats": FOUND,
        "bool": FOUND > 0.5,
        "8 bits": np.uint8(255 * FOUND),
        "labels": FOUND.astype(np.uint8),
        "whole numbers": FOUND.astype(int),
        "soft": ndimage.gaussian_filter(FOUND, 1),
        "a list": FOUND.tolist(),
        "torch": torch.tensor(FOUND)[None],
        "a picture": Image.fromarray(np.uint8(255 * FOUND)),
        "three equal channels": np.repeat(np.uint8(255 * FOUND)[..., None], 3, axis=2),
        "a little too small": ndimage.binary_erosion(PERSON, iterations=1),
    },
    wrong={
        "the true one": (PERSON, "truth"),
        "the true one as bool": (PERSON > 0.5, "truth"),
        "the true one in 8 bits": (np.uint8(255 * PERSON), "truth"),
        "inverted": (1 - FOUND, "wrong way round"),
        "the shirt only": (me.grow(SHIRT, dilate=1), "shirt"),
        "everything": (np.ones_like(PERSON), "elsewhere"),
        "nothing": (np.zeros_like(PERSON), "nothing"),
        "half of it": (FOUND * (np.arange(128) < 58), "missing"),
        "beside it": (np.roll(FOUND, 40, axis=1), "elsewhere"),
        "lying down": (FOUND.T, "rows and columns"),
        "three masks": (np.stack([FOUND, FOUND, FOUND]), "three"),
        "three masks of torch": (torch.tensor(np.stack([FOUND, FOUND, FOUND]))[None], "three"),
        "all that SAM said": (Masks(np.stack([FOUND] * 3) > 0, np.ones(3), None), "masks["),
        "all that the grounding said": ((FOUND, "the person", "report"), "first"),
        "twice as large": (WIDE, "256x256"),
        "the picture": (CASE.image, "colour"),
        "a click": ([CASE.click], "2x1"),
        "a name": ("person", "mask"),
        "none": (None, "mask"),
    })
def test_mask_of(answer, word):
    judge(word, me.check.mask_of, "person", answer, CASE)


def test_mask_of_another_part():
    judge(None, me.check.mask_of, "shirt", me.grow(SHIRT, dilate=1), CASE)
    judge("truth", me.check.mask_of, "shirt", CASE.mask, CASE)
    judge("ball, crown", me.check.mask_of, "shoe", FOUND, CASE)
