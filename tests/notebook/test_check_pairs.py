"""The checks of notebook 07, held to tables of answers."""

from types import SimpleNamespace

import numpy as np
import torch
from exercises import answers, judge, pocket

import maskedit_helpers as me


def nested(image, direction, before, after):
    if image < 0.7:
        return False
    for one in (direction, before, after):
        if one < 0.2:
            return False
    return True


@answers(
    right={
        "as solved": lambda i, d, b, a: i >= 0.7 and min(d, b, a) >= 0.2,
        "all": lambda i, d, b, a: all([i >= 0.7, d >= 0.2, b >= 0.2, a >= 0.2]),
        "nested": nested,
        "not thrown out": lambda i, d, b, a: not (i < 0.7 or d < 0.2 or b < 0.2 or a < 0.2),
        "numpy": lambda i, d, b, a: (np.array([i, d, b, a]) >= [0.7, 0.2, 0.2, 0.2]).all(),
        "as a number": lambda i, d, b, a: int(i >= 0.7) * (d >= 0.2) * (b >= 0.2) * (a >= 0.2),
        "in a list": lambda i, d, b, a: [i >= 0.7 and d >= 0.2 and b >= 0.2 and a >= 0.2],
    },
    wrong={
        "unanswered": (lambda i, d, b, a: i >= 0.7, "direction"),
        "everything": (lambda i, d, b, a: True, "right"),
        "one is enough": (lambda i, d, b, a: i >= 0.7 or d >= 0.2 or b >= 0.2 or a >= 0.2, "`or`"),
        "more than": (lambda i, d, b, a: i > 0.7 and d > 0.2 and b > 0.2 and a > 0.2, "At least"),
        "thrown out": (lambda i, d, b, a: i < 0.7 or d < 0.2 or b < 0.2 or a < 0.2, "wrong way round"),
        "no direction": (lambda i, d, b, a: i >= 0.7 and b >= 0.2 and a >= 0.2, "direction"),
        "no pictures": (lambda i, d, b, a: d >= 0.2 and b >= 0.2 and a >= 0.2, "two pictures"),
        "no captions": (lambda i, d, b, a: i >= 0.7 and d >= 0.2, "caption"),
        "only after": (lambda i, d, b, a: i >= 0.7 and d >= 0.2 and a >= 0.2, "caption"),
        "the mean caption": (lambda i, d, b, a: i >= 0.7 and d >= 0.2 and (b + a) / 2 >= 0.2, "by itself"),
        "exchanged": (lambda i, d, b, a: i >= 0.2 and d >= 0.7 and b >= 0.2 and a >= 0.2, "other way round"),
        "0.7 for all": (lambda i, d, b, a: min(i, d, b, a) >= 0.7, "alone"),
        "0.2 for all": (lambda i, d, b, a: min(i, d, b, a) >= 0.2, "0.7"),
        "a text": (lambda i, d, b, a: "yes", "numbers"),
        "no return": (lambda i, d, b, a: None, "return"),
        "not the function": (True, "function"),
    })
def test_filter_function(answer, word):
    judge(word, me.check.filter_function, answer)


def by_loops(rgba):
    mask = np.zeros(rgba.shape[:2])
    for y, row in enumerate(rgba):
        for x, pixel in enumerate(row):
            mask[y, x] = 1 if pixel[3] == 0 else 0
    return mask


@answers(
    right={
        "as solved": lambda rgba: (rgba[..., 3] == 0).astype(np.float32),
        "bool": lambda rgba: rgba[:, :, 3] == 0,
        "one minus": lambda rgba: 1 - rgba[..., 3] / 255,
        "255 minus": lambda rgba: 255 - rgba[..., 3],
        "below half": lambda rgba: rgba[..., 3] < 128,
        "loops": by_loops,
        "where": lambda rgba: np.where(rgba[..., -1], 0, 255).astype(np.uint8),
        "torch": lambda rgba: (torch.as_tensor(rgba)[..., 3] == 0).float(),
    },
    wrong={
        "unanswered": (lambda rgba: rgba[..., 3] / 255, "wrong way round"),
        "as it is": (lambda rgba: rgba[..., 3], "wrong way round"),
        "opaque": (lambda rgba: rgba[..., 3] > 0, "wrong way round"),
        "8 bits": (lambda rgba: 1 - rgba[..., 3], "wraps"),
        "black": (lambda rgba: (rgba[..., :3] == 0).all(axis=2), "fourth"),
        "red": (lambda rgba: rgba[..., 0], "colour"),
        "grey": (lambda rgba: rgba[..., :3].mean(axis=2), "colour"),
        "four channels": (lambda rgba: rgba == 0, "four channels"),
        "nothing": (lambda rgba: np.zeros(rgba.shape[:2]), "1 where"),
        "no return": (lambda rgba: None, "return"),
    })
def test_alpha_function(answer, word):
    judge(word, me.check.alpha_function, answer)


def chance(first, second):
    return first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())


def from_counts(first, second):
    """The textbook's 2 x 2 table."""
    both, one, other = sum(first & second), sum(first & ~second), sum(~first & second)
    none, n = sum(~first & ~second), len(first)
    expected = ((both + one) * (both + other) + (other + none) * (one + none)) / n
    return (both + none - expected) / (n - expected)


def of(rule):
    """An answer from the share of equal answers, the share by chance, and the vetters' own."""
    return lambda first, second: rule((first == second).mean(), chance(first, second))


@answers(
    right={
        "as solved": of(lambda p_o, p_e: (p_o - p_e) / (1 - p_e)),
        "one minus": of(lambda p_o, p_e: 1 - (1 - p_o) / (1 - p_e)),
        "counts": from_counts,
        "the kit's": lambda first, second: me.agreement(list(first), list(second)).kappa,
        "torch": lambda first, second: from_counts(torch.as_tensor(first), torch.as_tensor(second)),
        "an array of one": lambda first, second: np.array([from_counts(first, second)]),
    },
    wrong={
        "unanswered": (lambda first, second: (first == second).mean(), "chance"),
        "a half": (of(lambda p_o, p_e: (p_o - 0.5) / 0.5), "half"),
        "not divided": (of(lambda p_o, p_e: p_o - p_e), "divide"),
        "divided by chance": (of(lambda p_o, p_e: (p_o - p_e) / p_e), "p_e"),
        "exchanged": (of(lambda p_o, p_e: (p_e - p_o) / (1 - p_o)), "exchanged"),
        "chance alone": (of(lambda p_o, p_e: p_e), "chance alone"),
        "only accepted": (lambda a, b: ((a == b).mean() - a.mean() * b.mean()) / (1 - a.mean() * b.mean()), "reject"),
        "one rate for both": (lambda a, b: 1 - (a != b).mean() / (2 * np.r_[a, b].mean() * (1 - np.r_[a, b].mean())),
                              "Scott"),
        "no number": (lambda first, second: np.nan, "nan"),
        "two numbers": (of(lambda p_o, p_e: (p_o, p_e)), "one number"),
        "no return": (lambda first, second: None, "return"),
    })
def test_kappa_function(answer, word):
    judge(word, me.check.kappa_function, answer)


@answers(
    right={
        "as solved": 31_022,
        "another": 31_028,
        "from an array": np.int64(31_032),
        "a float": 31_049.0,
        "as text": "31076",
        "in a list": [31_078],
        "far away": 31_087,
    },
    wrong={
        "unanswered": (31_000, "0.0 grey levels"),
        "nearly clean": (31_003, "5.3 grey levels"),
        "seen to by the filter": (31_004, "two pictures has 0.56"),
        "just below": (31_006, "0.67"),
        "the whole picture": (31_069, "no outside"),
        "one of the notebook's": (30_024, "31,000"),
        "negative": (-1, "31,000"),
        "half a seed": (31_022.5, "whole number"),
        "the pair": (SimpleNamespace(seed=31_022), "numbers"),
        "nothing": (None, "number"),
    })
def test_slips_through(answer, word):
    judge(word, me.check.slips_through, answer, pocket())


def test_what_slips_through_is_what_the_published_filter_keeps():
    """The pipeline's own preset and scores say the same of a right answer and of a wrong one."""
    from maskedit_helpers.training.pairs_with_masks.drawn import Drawn
    from maskedit_helpers.training.pairs_with_masks.filtering import PRESETS
    from maskedit_helpers.training.pairs_with_masks.masking import Mask
    from maskedit_helpers.training.pairs_with_masks.scoring import score

    source = Drawn(2, 31_000, 0.6, 128)
    samples = [source.sample(seed) for seed in (31_022, 31_004)]
    kept, dropped = (PRESETS["ip2p"].reason(one.rounded()) for one in score(pocket(), samples, [Mask(None)] * 2))
    assert kept == "" and dropped.startswith("clip_image")
