"""Answers to the exercises of notebook 11, and how they must be judged."""

import numpy as np
import torch
from exercises import answers, judge

import maskedit_helpers as me
from maskedit_helpers.masks.scissors import Scissors
from maskedit_helpers.masks.segment import segment

CASE = me.load_case("astronaut", 256)
HEAD = segment(Scissors(), CASE.image, box=(72, 5, 154, 98))
SUIT = segment(Scissors(), CASE.image, [CASE.click], box=CASE.box)


def rectangle(left, top, right, bottom):
    mask = np.zeros((256, 256), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


@answers(
    right={
        "a box": HEAD,
        "bool": HEAD > 0.5,
        "8 bits": np.uint8(255 * HEAD),
        "torch": torch.tensor(HEAD),
        "with the chin clicked": segment(Scissors(), CASE.image, [(110, 85)], box=(72, 5, 154, 98)),
        "a pixel wider": me.grow(HEAD, dilate=1),
    },
    wrong={
        "the suit": (SUIT, "hair is missing"),
        "nothing": (0 * HEAD, "selects nothing"),
        "inverted": (1 - HEAD, "wrong way round"),
        "a rectangle": (rectangle(70, 5, 156, 98), "around her head"),
        "the face alone": (rectangle(88, 40, 124, 90), "hair is missing"),
        "with the wall": (np.maximum(HEAD, rectangle(30, 0, 100, 60)), "wall on the left"),
        "with the suit": (np.maximum(HEAD, SUIT), "suit"),
        "all": (HEAD * 0 + 1, "wall on the left"),
        "another size": (HEAD[:200], "256x200"),
        "no mask": (None, "mask itself"),
    })
def test_head(answer, word):
    judge(word, me.check.head, answer, CASE)


def test_head_of_another_case():
    judge("astronaut", me.check.head, HEAD, me.load_case("cat", 256))


def by_trying(x0, y, reach=6, sign=1, swap=False, loss=np.abs):
    moves = [(dx, dy) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]
    best = min(moves, key=lambda move: loss(np.roll(y, move[::-1], axis=(0, 1)).astype(float) - x0).mean())
    best = best[::-1] if swap else best
    return sign * best[0], sign * best[1]


def by_phase(x0, y):
    from skimage.registration import phase_cross_correlation

    dy, dx = phase_cross_correlation(x0.mean(2), y.mean(2))[0]
    return dx, dy


@answers(
    right={
        "trying all": by_trying,
        "trying more": lambda x0, y: by_trying(x0, y, reach=8),
        "squares": lambda x0, y: by_trying(x0, y, loss=np.square),
        "the kit's own": lambda x0, y: me.register(x0, y)[1],
        "phases": by_phase,
        "an array": lambda x0, y: np.array(by_trying(x0, y)),
        "a list": lambda x0, y: list(by_trying(x0, y)),
    },
    wrong={
        "unanswered": (lambda x0, y: (0, 0), "most alike"),
        "the way it slipped": (lambda x0, y: by_trying(x0, y, sign=-1), "other way"),
        "rows first": (lambda x0, y: by_trying(x0, y, swap=True), "rows first"),
        "rows first and slipped": (lambda x0, y: by_trying(x0, y, sign=-1, swap=True), "rows first"),
        "too near": (lambda x0, y: by_trying(x0, y, reach=2), "most alike"),
        "in 8 bits": (lambda x0, y: by_trying(x0, y, loss=lambda d: -np.abs(d)), "most alike"),
        "one number": (lambda x0, y: 3, "two numbers"),
        "no return": (lambda x0, y: None, "return"),
        "no function": ((4, -3), "brackets"),
    })
def test_slip_function(answer, word):
    judge(word, me.check.slip_function, answer)


@answers(
    right={"ab": "ab", "ba": "BA", "commas": "a, b", "words": "a and b", "a list": ["a", "b"], "a set": {"b", "a"}},
    wrong={
        "all": ("abcd", "nobody has told them"),
        "a": ("a", "change IoU near 1"),
        "b": (["b"], "Infinite background"),
        "leather": ("abd", "black paint"),
        "the right thing": ("a, c", "nobody has told them"),
        "nothing": ("", "letters"),
        "none": (None, "letters"),
        "another letter": (["e"], "none of a, b, c and d"),
    })
def test_told_without_truth(answer, word):
    judge(word, me.check.told_without_truth, answer)
