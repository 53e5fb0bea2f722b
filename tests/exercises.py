"""Exercises' answers in tables, each with a name: what a room full of readers hands in, and how it must be judged."""

import functools

import numpy as np
import pytest

from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose

FEWEST = 5  # answers of either kind


@functools.cache
def pocket():
    """The pocket models, loaded once for all tables that need them."""
    return Kit(choose("pocket"))


def answers(right, wrong):
    """A table: `right` is {name: answer}, `wrong` is {name: (answer, a word of the hint)}; gives `answer` and `word`,
    None for a right one."""
    assert len(right) >= FEWEST and len(wrong) >= FEWEST
    rows = [pytest.param(answer, None, id=f"right: {name}") for name, answer in right.items()]
    rows += [pytest.param(*answer, id=f"wrong: {name}") for name, answer in wrong.items()]
    return pytest.mark.parametrize("answer, word", rows)


def judge(word, check, *answer, **more):
    """Ask a check; it must say "Right" where `word` is None, else "Not yet" and why, with that word."""
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):  # wrong answers may divide by zero
        patch.delenv("MASKEDIT_EXPECT", raising=False)
        said = repr(check(*answer, **more))
    assert said.startswith("✓ Right." if word is None else "○ Not yet."), said
    assert word is None or word in said, said
