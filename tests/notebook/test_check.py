"""Checks never stop a notebook, and say what is wrong; what each of them says to many answers is in test_check_*.py."""

import re
from pathlib import Path

import pytest

import maskedit_helpers as me


def test_a_verdict_says_which(monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    right, wrong = me.check.encoded_once(1), me.check.encoded_once(10)
    assert right and repr(right).startswith("✓ Right.")
    assert not wrong and repr(wrong).startswith("○ Not yet.")


def test_a_readers_bug_is_told_and_goes_on(monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    verdict = me.check.iou_function(lambda a, b: a[99])
    assert not verdict and "IndexError" in repr(verdict)


def test_the_kits_own_words_need_no_name_of_an_error(monkeypatch):
    monkeypatch.delenv("MASKEDIT_EXPECT", raising=False)
    said = repr(me.check.iou_function(lambda a, b: me.mask_iou("nowhere.png", b)))
    assert "nowhere.png" in said and "KitError" not in said


def test_every_check_is_held_to_a_table():
    tables = "".join(path.read_text() for path in Path(__file__).parent.glob("test_check_*.py"))
    held = set(re.findall(r"@answers\((?:.|\n)+?judge\(word, me\.check\.(\w+)", tables))
    assert held == set(me.check.__all__) - {"Verdict"}


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
