"""RateEdits in a real browser: keys and buttons, and what the study's file and the next cell then read."""

import re

import browser
import pytest

CELLS = ["""import numpy as np
import maskedit_helpers as me
sources = {}
for seed in (1, 2, 3):
    pair = me.training_pair(seed)
    edits = {"spilt": pair.after, "blended": me.blend(pair.before, pair.after, pair.mask)}
    sources[str(seed)] = dict(original=pair.before, mask=pair.mask, instruction=pair.instruction, edits=edits)
study = me.new_study("study", sources, seed=1)""",
         "rate = me.RateEdits(study, 'ann'); rate"]


@pytest.fixture(scope="module")
def notebook(lab, seen):
    """The notebook above after Run All; nobody has answered."""
    with browser.run_all(lab, seen, "rating.ipynb", CELLS, browser.pictures(2)) as opened:
        yield opened


def says(part, text):
    part.locator(".status", has_text=re.compile(rf"^\s*{re.escape(text)}")).wait_for()


def heads(part, text):
    part.locator(".told", has_text=text).wait_for()


def test_keys_and_buttons_to_the_end(notebook):
    """One course through all seven showings: six edits, one of them twice."""
    page, cells = notebook.page, notebook.cells()
    part = page.locator(".maskedit .vet")
    press = page.keyboard.press
    says(part, "0 of 7 rated.")
    first = part.locator("img").last.get_attribute("src")
    part.focus()
    press("4")
    part.locator("fieldset").first.locator("button[aria-pressed=true]", has_text="4").wait_for()
    press("2")
    heads(part, "Edit 2 of 7:")
    says(part, "1 of 7 rated.")
    assert part.locator("img").last.get_attribute("src") != first
    assert part.locator("button[aria-pressed=true]").count() == 0
    press("b")
    heads(part, "Edit 1 of 7:")
    pressed = part.locator("button[aria-pressed=true]")
    assert [one.inner_text() for one in pressed.all()] == ["4", "2"]
    press("1")  # thought better of it
    part.locator("fieldset").first.locator("button[aria-pressed=true]", has_text="1").wait_for()
    press("2")  # the same again leads on
    heads(part, "Edit 2 of 7:")
    part.locator("fieldset").nth(0).get_by_role("button", name="5").click()
    part.locator("fieldset").nth(0).locator("button[aria-pressed=true]").wait_for()
    part.locator("fieldset").nth(1).get_by_role("button", name="3").click()
    heads(part, "Edit 3 of 7:")
    for key in ("Control+c", "d", "d", "x", "6", "0", "Enter"):  # JupyterLab would delete or copy the cell
        press(key)
    for n in range(3, 8):
        heads(part, f"Edit {n} of 7:")
        press("3")
        part.locator("fieldset").first.locator("button[aria-pressed=true]").wait_for()
        press("1")
    heads(part, "All edits are rated.")
    says(part, "7 of 7 rated.")
    assert part.evaluate("(node) => node === document.activeElement")  # no key is lost with the buttons
    press("b")
    heads(part, "Edit 7 of 7:")
    assert notebook.cells()[0] == cells[0]
    kept = notebook.read("[[row['position'], row['question'], row['answer']] for row in me.study_answers(study)]")
    expected = {0: (1, 2), 1: (5, 3), **{at: (3, 1) for at in range(2, 7)}}
    assert sorted(kept) == sorted([at, name, value] for at, two in expected.items()
                                  for name, value in zip(("region", "instruction"), two))
    assert notebook.read("[rate.at, len(rate.answers)]") == [6, 7]


def test_everything_has_a_name(notebook):
    assert browser.nameless(notebook.page) == []


@pytest.mark.parametrize("width", [420, 1280])
def test_nothing_is_clipped(notebook, width):
    notebook.command("application:toggle-left-area")
    try:
        browser.wait_until_nothing_is_clipped(notebook.page, width)
    finally:
        notebook.command("application:toggle-left-area")


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(notebook, lab, seen):
    """Last in this file, so that it judges all of the above."""
    assert seen.of(lab.url) == ([], [])
