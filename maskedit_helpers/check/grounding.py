"""Checks of notebook 06 from words to a mask."""

import numpy as np

from .verdict import exercise

TARGETS = {
    "turn the red car next to the tree into a bus": "the red car",
    "put a hat on the dog": "the dog",
    "make it night": None,
}


@exercise
def targets(answers):
    """What each of three instructions acts on; None for the whole picture."""
    for instruction, target in TARGETS.items():
        mine = answers.get(instruction, "")
        if (mine or None) != target:
            return False, "", f"{instruction!r}: is it {mine!r} whose pixels must change? Say None where it is no " \
                              "thing in particular."
    return True, "What is acted on, not where it is, nor what it becomes.", ""


@exercise
def published_score(score):
    """The reader's own score(crop, phrase) of CLIP features."""
    rng = np.random.default_rng(0)
    for _ in range(4):
        crop, phrase = rng.normal(size=(2, 16)) * rng.uniform(0.5, 3, (2, 1))
        cosine = crop @ phrase / np.linalg.norm(crop) / np.linalg.norm(phrase)
        for sign in (1, -1):
            got, want = float(score(crop, sign * phrase)), max(100 * sign * cosine, 0)
            if abs(got - want) > 1e-6:
                return False, "", f"For features with cosine {sign * cosine:.3f}, {want:.2f} is right where yours " \
                                  f"gives {got:.2f}. A cosine divides by both lengths; a score is not negative."
    return True, "100 times the cosine, and at least zero.", ""


@exercise
def enclosing_function(enclosing):
    """The reader's own enclosing(boxes) of boxes (N, 4), XYXY."""
    rng = np.random.default_rng(1)
    for n in (1, 2, 5):
        corners = np.sort(rng.integers(0, 100, (n, 2, 2)), axis=1)  # (N, low and high, x and y)
        boxes = corners.reshape(n, 4)
        got, want = np.asarray(enclosing(boxes)), np.concatenate([corners[:, 0].min(0), corners[:, 1].max(0)])
        if got.shape != (4,) or (got != want).any():
            return False, "", f"Around {boxes.tolist()} lies {want.tolist()}, and yours is {got.tolist()}."
    return True, "Least left and top, greatest right and bottom.", ""
