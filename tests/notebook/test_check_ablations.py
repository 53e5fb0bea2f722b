"""The checks of notebook 09, held to tables of answers."""

import numpy as np
from exercises import answers, judge
from scipy import stats
from statsmodels.stats.multitest import multipletests

import maskedit_helpers as me


def by_scipy(a, b):
    return (b - a).mean(), stats.sem(b - a)


def by_t(a, b):
    """From the t statistic of the library's paired test."""
    return (b - a).mean(), (b - a).mean() / stats.ttest_rel(b, a).statistic


@answers(
    right={
        "scipy": by_scipy,
        "from t": by_t,
        "by hand": lambda a, b: ((b - a).mean(), (b - a).std(ddof=1) / np.sqrt(len(a))),
        "a list": lambda a, b: [np.mean(b - a), np.std(b - a, ddof=1) * len(a) ** -0.5],
        "an array": lambda a, b: np.array(by_scipy(a, b)),
    },
    wrong={
        "unanswered": (lambda a, b: (b.mean() - a.mean(), (a.var() / len(a) + b.var() / len(b)) ** 0.5), "largest"),
        "apart": (lambda a, b: (b.mean() - a.mean(), (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 0.5),
                  "its own control"),
        "the wrong way": (lambda a, b: ((a - b).mean(), stats.sem(a - b)), "gain of b"),
        "spread": (lambda a, b: ((b - a).mean(), (b - a).std(ddof=1)), "how far the scenes"),
        "over n": (lambda a, b: ((b - a).mean(), (b - a).std(ddof=1) / len(a)), "not by n"),
        "ddof": (lambda a, b: ((b - a).mean(), (b - a).std() / len(a) ** 0.5), "n - 1"),
        "medians": (lambda a, b: (np.median(b) - np.median(a), stats.sem(b - a)), "medians"),
        "one number": (lambda a, b: (b - a).mean(), "shape"),
        "nothing": (lambda a, b: None, "return"),
    })
def test_gain_function(answer, word):
    judge(word, me.check.gain_function, answer)


def holm(p):
    return multipletests(p, method="holm")[1]


def by_loop(p):
    out, before = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        before = max(before, min(1.0, p[i] * (len(p) - rank)))
        out[i] = before
    return out


@answers(
    right={
        "statsmodels": holm,
        "a loop": by_loop,
        "an array": lambda p: np.array(by_loop(p)),
        "a copy": lambda p: holm(p.copy()),
        "single precision": lambda p: np.float32(holm(p)),
    },
    wrong={
        "unanswered": (lambda p: p, "no correction"),
        "Bonferroni": (lambda p: multipletests(p, method="bonferroni")[1], "Bonferroni"),
        "above 1": (lambda p: np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1))[np.argsort(np.argsort(p))],
                    "at most 1"),
        "sorted": (lambda p: np.sort(holm(p)), "order of size"),
        "no maximum": (lambda p: np.minimum(np.sort(p) * np.arange(len(p), 0, -1), 1)[np.argsort(np.argsort(p))],
                       "running maximum"),
        "the other way": (lambda p: np.sort(p)[np.argsort(np.argsort(p))] * (1 + np.argsort(np.argsort(p))),
                          "other way round"),
        "Hochberg": (lambda p: multipletests(p, method="simes-hochberg")[1], "smallest times n"),
        "nothing": (lambda p: None, "return"),
    })
def test_holm_function(answer, word):
    judge(word, me.check.holm_function, answer)


def study(task="edits", scenes=30, controls='"blend", "latent"', masks='"dilated:4", "dilated:8"', more=""):
    return f'task = "{task}"\nscenes = {scenes}\n{more}\n[factors]\ncontrol = [{controls}]\nmask = [{masks}]\n'


@answers(
    right={
        "as solved": study(),
        "the least": study(scenes=20),
        "the truth beside": study(masks='"truth", "dilated:4", "dilated:8"'),
        "with a question": study(more='question = "Does it?"'),
        "something fixed": study(more='[fixed]\nplan = "reference"'),
    },
    wrong={
        "unanswered": (study(scenes=10, controls='"latent"', masks='"dilated:4"'), "Better than what?"),
        "no baseline": (study(controls='"latent"'), "baseline"),
        "nothing asked": (study(controls='"blend"'), "latent"),
        "one mask": (study(masks='"dilated:4"'), "dilated:8"),
        "two changes": (study(more="").replace("mask =", "s_T = [2.0, 3.0]\nmask ="), "s_T changes too"),
        "a third": (study(controls='"blend", "latent", "crop"'), "Two controls"),
        "few": (study(scenes=5), "20 or more"),
        "no such setting": (study() + 'wall = ["red"]\n', "no study yet"),
        "no TOML": ("task = edits", "no study yet"),
        "no text": (None, "in quotes"),
    })
def test_planned_study(answer, word):
    judge(word, me.check.planned_study, answer)


@answers(
    right={"as solved": "ace", "large": "ACE", "apart": "a, c, e", "turned": "eca", "words": "(a) (c) (e)"},
    wrong={
        "unanswered": ("bd", "b is in order"),
        "too few": ("ac", "How was the picture"),
        "one more": ("acef", "More decibels"),
        "none": ("", "There is more"),
        "strange": ("axe", "no x"),
        "no text": (3, "letters"),
    })
def test_lying_figure(answer, word):
    judge(word, me.check.lying_figure, answer)
