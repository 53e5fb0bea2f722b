"""An answer to an exercise, and the wrapper that makes one out of a check: it never stops a notebook."""

import functools
import os

from ...errors import KitError


class Verdict:
    """Whether an answer is right, and what to say; shows itself as the last line of a cell."""

    def __init__(self, right, words):
        self.right, self.words = bool(right), words

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"✓ Right. {self.words}" if self.right else f"○ Not yet. {self.words}"


class NotYet(Exception):
    """What a check raises for a wrong answer: a kind hint that says why."""


def exercise(ask):
    """A check out of a function that returns words of praise, or raises NotYet with a hint."""

    @functools.wraps(ask)
    def check(*answer, **more):
        try:
            verdict = Verdict(True, ask(*answer, **more))
        except (NotYet, KitError) as hint:
            verdict = Verdict(False, str(hint))
        except Exception as error:  # a reader's own code may fail in any way; the notebook goes on
            verdict = Verdict(False, f"It stopped with {type(error).__name__}: {error}")
        expected = os.environ.get("MASKEDIT_EXPECT")  # the tests: "right" for solutions, "not yet" for the rest
        if expected and verdict.right != (expected == "right"):
            raise AssertionError(f"{ask.__name__} should have been {expected}: {verdict!r}")
        return verdict

    return check
