"""The checks of notebook 10, held to tables of answers."""

from itertools import permutations

import numpy as np
from exercises import answers, judge

import maskedit_helpers as me
from maskedit_helpers.notebook.check.rating import narrow_enough
from maskedit_helpers.studies.ratings.alpha import krippendorff_alpha


def latin(methods):
    return [[(rater + place) % methods for place in range(methods)] for rater in range(methods)]


def searched(methods):
    """The first rows that repeat no column, of all orders."""
    rows = []
    for order in permutations(range(methods)):
        if all(a != b for row in rows for a, b in zip(row, order)):
            rows.append(order)
    return rows[:methods]


@answers(
    right={
        "as solved": latin,
        "backwards": lambda methods: [row[::-1] for row in latin(methods)],
        "an array": lambda methods: np.array(latin(methods)),
        "rolled": lambda methods: [np.roll(range(methods), k) for k in range(methods)],
        "tuples": lambda methods: tuple(map(tuple, latin(methods)))[::-1],
        "floats": lambda methods: np.array(latin(methods), float),
    },
    wrong={
        "unanswered": (lambda methods: [list(range(methods))] * methods, "at place 1"),
        "one order": (lambda methods: [list(range(methods))], "raters are asked"),
        "from one on": (lambda methods: [[k + 1 for k in row] for row in latin(methods)], "once; one of"),
        "one method each": (lambda methods: [[rater] * methods for rater in range(methods)], "once; one of"),
        "there and back": (lambda methods: [list(range(methods))[::(-1)**k] for k in range(methods)], "times at place"),
        "no return": (lambda methods: None, "return"),
        "no function": (latin(3), "brackets"),
        "by chance": (lambda methods: [list(np.random.default_rng(k).permutation(methods)) for k in range(methods)],
                      "times at place"),
    })
def test_balanced_orders(answer, word):
    judge(word, me.check.balanced_orders, answer)


def cell_by_cell(first, second):
    gaps = [a - b for row, other in zip(first, second) for a, b in zip(row, other) if a == a and b == b]
    return sum(gaps) / len(gaps)


@answers(
    right={
        "as solved": lambda first, second: np.nanmean(first - second),
        "cell by cell": cell_by_cell,
        "by a mask": lambda a, b: (a - b)[np.isfinite(a) & np.isfinite(b)].mean(),
        "sum and count": lambda a, b: np.nansum(a - b) / np.isfinite(a - b).sum(),
        "an array of one": lambda a, b: np.array([np.nanmean(a - b)]),
        "single precision": lambda a, b: np.float32(np.nanmean(a - b)),
    },
    wrong={
        "unanswered": (lambda a, b: np.nanmean(a) - np.nanmean(b), "subtract first"),
        "turned round": (lambda a, b: np.nanmean(b - a), "wrong way round"),
        "nan": (lambda a, b: (a - b).mean(), "nan spreads"),
        "zeros": (lambda a, b: np.nan_to_num(a - b).mean(), "counts as 0"),
        "sum": (lambda a, b: np.nansum(a - b), "a sum"),
        "sizes": (lambda a, b: np.nanmean(abs(a - b)), "absolute"),
        "by rater": (lambda a, b: np.nanmean(np.nanmean(a - b, 1)), "Raters with few"),
        "no return": (lambda a, b: None, "return"),
        "something else": (lambda a, b: 7.0, "both have answered"),
    })
def test_paired_function(answer, word):
    judge(word, me.check.paired_function, answer)


def by_definition(ratings):
    observed = [(a - b)**2 for item in ratings.T for a, b in permutations(item, 2)]
    expected = [(a - b)**2 for a, b in permutations(ratings.ravel(), 2)]
    return 1 - np.mean(observed) / np.mean(expected)


@answers(
    right={
        "as solved": lambda ratings: 1 - ratings.var(0, ddof=1).mean() / ratings.var(ddof=1),
        "by definition": by_definition,
        "the kit's": lambda ratings: krippendorff_alpha(ratings, "interval"),
        "an array of one": lambda ratings: np.array([by_definition(ratings)]),
        "single precision": lambda ratings: np.float32(by_definition(ratings)),
    },
    wrong={
        "unanswered": (lambda ratings: 1 - ratings.var(0).mean() / ratings.var(), "with itself"),
        "half of it": (lambda ratings: 1 - ratings.var(0, ddof=1).mean() / ratings.var(), "D_e counts"),
        "axes": (lambda ratings: 1 - ratings.var(1, ddof=1).mean() / ratings.var(ddof=1), "exchanged"),
        "not 1 minus": (lambda ratings: ratings.var(0, ddof=1).mean() / ratings.var(ddof=1), "1 minus it"),
        "nominal": (krippendorff_alpha, "nominal"),
        "one": (lambda ratings: 1.0, "is right where"),
        "no return": (lambda ratings: None, "return"),
    })
def test_alpha_of_answers(answer, word):
    judge(word, me.check.alpha_of_answers, answer)


def test_how_many_are_enough_by_drawn_studies():
    """The formula against 20,000 studies for each number of raters."""
    from scipy.stats import t

    rng = np.random.default_rng(0)
    for raters in (10, 30, 37, 40):
        error = rng.normal(0, 0.57, (20_000, raters)).std(1, ddof=1) / np.sqrt(raters)
        drawn = (2 * t.ppf(0.975, raters - 1) * error <= 0.4).mean()
        assert narrow_enough(raters) == np.clip(narrow_enough(raters), drawn - 0.012, drawn + 0.012)


FEWEST = next(n for n in range(2, 200) if narrow_enough(n) >= 0.8)


@answers(
    right={"the fewest": FEWEST, "one off by chance": FEWEST + 1, "one off the other way": FEWEST - 1,
           "in words": f"{FEWEST} raters", "a float": float(FEWEST), "an array": np.array([FEWEST])},
    wrong={"unanswered": (12, "narrow enough"), "the usual one": (34, "can be relied on"),
           "too many": (100, "fewer do"), "three": (3, "narrow enough"),
           "one": (1, "whole number"), "a half": (30.5, "whole number"),
           "nothing": (None, "number")})
def test_enough_raters(answer, word):
    judge(word, me.check.enough_raters, answer)
