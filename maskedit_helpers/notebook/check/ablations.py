"""Checks of notebook 09 ablations: comparisons in pairs, many at once, a study planned, a figure that lies."""

import tempfile
from pathlib import Path

import numpy as np

from ...errors import KitError
from ...studies.sweep.spec import read_spec
from .functions import hold
from .verdict import NotYet, exercise


def gained(a, b):
    """Mean gain of b on a, and its standard error, scene by scene."""
    gain = np.asarray(b, float) - np.asarray(a, float)
    return np.array([gain.mean(), gain.std(ddof=1) / len(gain) ** 0.5])


def _apart(a, b):
    return (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 0.5


PAIR_MISTAKES = {
    "That is a - b: the gain of b is asked for.": lambda a, b: gained(b, a),
    "That is the error of two means over different scenes. Here each scene is its own control: take the spread of the "
    "differences.": lambda a, b: np.array([(b - a).mean(), _apart(a, b)]),
    "That is how far the scenes lie apart; the mean of n of them is surer by the root of n.":
        lambda a, b: np.array([(b - a).mean(), (b - a).std(ddof=1)]),
    "Divide by the root of n, not by n.": lambda a, b: np.array([(b - a).mean(), (b - a).std(ddof=1) / len(a)]),
    "The spread of a sample is a little too small: divide by n - 1 in it (ddof=1).":
        lambda a, b: np.array([(b - a).mean(), (b - a).std() / len(a) ** 0.5]),
    "The difference of the medians is no mean of differences.":
        lambda a, b: np.array([np.median(b) - np.median(a), gained(a, b)[1]]),
}


@exercise
def gain_function(gain):
    """The reader's own gain(a, b) of two editors on the same scenes: mean gain of b and its standard error."""
    rng = np.random.default_rng(0)
    inputs = []
    for n, lead in ((6, 0.4), (9, -0.3), (5, 1.0)):
        scenes = rng.normal(30, 5, n)
        inputs.append((scenes, scenes + lead + rng.normal(0, 0.5, n)))
    hold(gain, gained, inputs, PAIR_MISTAKES,
         "Give two numbers: the mean of b - a, and its standard deviation (ddof=1) over the root of n.")
    return "The scenes' own difficulty is gone; what is left is the editors'."


def holm(p):
    """Holm's corrected p, in the order in which they came."""
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected


def _steps(p, factors):
    order = np.argsort(p)
    found = np.empty(len(p))
    found[order] = np.asarray(p)[order] * factors
    return found


HOLM_MISTAKES = {
    "They are as they came: no correction.": lambda p: p,
    "That is Bonferroni's, which is right too and throws more away: only the smallest is multiplied by all n.":
        (lambda p: np.minimum(p * len(p), 1), lambda p: p * len(p)),
    "A probability is at most 1.": lambda p: np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1))[
        np.argsort(np.argsort(p))],
    "One that is larger than another may not become smaller than it: take the running maximum, from the smallest up.":
        (lambda p: np.minimum(_steps(p, np.arange(len(p), 0, -1)), 1), lambda p: _steps(p, np.arange(len(p), 0, -1))),
    "The smallest is multiplied by n, the largest by 1; you have them the other way round.":
        (lambda p: np.minimum(_steps(p, np.arange(1, len(p) + 1)), 1), lambda p: _steps(p, np.arange(1, len(p) + 1))),
    "These are in order of size: give each back at the place where it came.": lambda p: np.sort(holm(p)),
}


@exercise
def holm_function(corrected):
    """The reader's own corrected(p): Holm's, for comparisons made together."""
    hold(corrected, holm, [(np.array(p),) for p in ((0.04, 0.01, 0.03), (0.5, 0.02, 0.6, 0.021, 0.9), (0.3, 0.4),
                                                   (0.001, 0.2, 0.015, 0.012))], HOLM_MISTAKES,
         "The smallest times n, the next times n - 1, and so on; none smaller than the one before, none above 1.")
    return "What survives this is no luck of many tries."


@exercise
def planned_study(spec):
    """A study's file, as text, that asks: does LatentBlend beat the plain blend where masks are too large by 4 and by 8
    pixels?"""
    if not isinstance(spec, str):
        raise NotYet("Hand in the text of the file, in quotes.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_text(spec, encoding="utf-8")
        try:
            study = read_spec(path)
        except KitError as error:
            raise NotYet(f"That is no study yet. {str(error).removeprefix(f'{path}: ')}.") from error
    cells = study.cells()
    varied = {name for name in cells[0] if len({cell[name] for cell in cells}) > 1}
    controls, masks = ({cell.get(name) for cell in cells} for name in ("control", "mask"))
    if study.task != "edits":
        raise NotYet(f"The task {study.task!r} trains; scenes are edited by the task \"edits\".")
    if "latent" not in controls:
        raise NotYet('What is asked about is not there: the control "latent".')
    if "blend" not in controls:
        raise NotYet('Better than what? The baseline, control "blend", belongs to the same study.')
    if missing := {"dilated:4", "dilated:8"} - masks:
        raise NotYet(f"Masks that are too large by so much are {', '.join(sorted(missing))}, which are not there.")
    if more := varied - {"control", "mask"}:
        raise NotYet(f"{min(more)} changes too: then who would say what made the difference? One change at a time.")
    if controls - {"latent", "blend"}:
        raise NotYet("Two controls are enough: each further one is a comparison more to correct for.")
    if min(cell["scenes"] for cell in cells) < 20:
        raise NotYet("So few scenes leave wide intervals: take 20 or more.")
    return f"{len(cells)} cells on the same {study.scenes} scenes, and one change at a time."


LIES = "ace"
SAID_OF_LIES = {
    "a": "Look at the vertical axis: at which value do the bars begin?",
    "b": "They are labelled; read along both axes.",
    "c": "A mean without an interval: would other scenes give the same order?",
    "d": "Both were measured on the same scenes: the caption says so.",
    "e": "How was the picture of each scene chosen, for A, and for B?",
    "f": "More decibels are better here, and the axis points up.",
}


@exercise
def lying_figure(answer):
    """The letters of what is wrong with the figure."""
    if not isinstance(answer, str):
        raise NotYet('Hand in letters, for instance "ab".')
    letters = {letter for letter in answer.lower() if letter.isalpha()}
    if strange := letters - set(SAID_OF_LIES):
        raise NotYet(f"There is no {min(strange)} in the list.")
    for letter in sorted(letters - set(LIES)):
        raise NotYet(f"{letter} is in order. {SAID_OF_LIES[letter]}")
    for letter in LIES:
        if letter not in letters:
            raise NotYet(f"There is more. {SAID_OF_LIES[letter]}")
    return "A cut axis, no interval, and the best of eight against one: any of them makes a winner of nothing."
