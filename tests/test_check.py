"""Checks never stop a notebook, and say what is wrong."""

import numpy as np
import pytest

import maskedit_helpers as me


def test_a_verdict_says_which(monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    right, wrong = me.check.encoded_once(1), me.check.encoded_once(10)
    assert right and repr(right).startswith("✓ Right.")
    assert not wrong and repr(wrong).startswith("○ Not yet.")


def test_a_readers_bug_is_told_and_goes_on(monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    verdict = me.check.blend_function(lambda x0, y, M: M * y)  # shapes do not fit
    assert not verdict and "ValueError" in repr(verdict)


@pytest.mark.parametrize("cheat", [
    lambda x0, y, M: x0, lambda x0, y, M: y, lambda x0, y, M: (M[..., None] * y + (1 - M[..., None]) * x0),
    lambda x0, y, M: (M[..., None] * y + (1 - M[..., None]) * x0).astype(np.uint8)])
def test_near_misses_are_not_accepted(cheat, monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    assert not me.check.blend_function(cheat)  # the original, the edit, floats, cut off instead of rounded


def test_the_tests_own_switch(monkeypatch):
    monkeypatch.setenv("MASKEDIT_EXPECT", "right")
    with pytest.raises(AssertionError, match="encoded_once should have been right"):
        me.check.encoded_once(2)
    monkeypatch.setenv("MASKEDIT_EXPECT", "not yet")
    with pytest.raises(AssertionError):
        me.check.encoded_once(1)


def test_a_check_that_is_not_there():
    with pytest.raises(me.KitError, match="copy the line"):
        me.check.no_such_exercise  # noqa: B018
