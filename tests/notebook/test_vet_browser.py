"""VetPairs in a real browser: keys and buttons, and what the file and the next cell then read."""

import re

import browser
import pytest

CELLS = ["""import maskedit_helpers as me
pairs = [me.training_pair(seed) for seed in (1, 2, 3, 5)]
rows = [dict(before=pair.before, after=pair.after, mask=pair.mask, instruction=pair.instruction, seed=pair.seed)
        for pair in pairs]""",
         "vet = me.VetPairs(rows, vetter='ann', file='answers.jsonl'); vet"]
KEPT = "me.read_vetting('answers.jsonl').get('ann', {})"


@pytest.fixture(scope="module")
def notebook(lab, seen):
    """The notebook above after Run All; nobody has answered."""
    with browser.run_all(lab, seen, "vetting.ipynb", CELLS, browser.pictures(3)) as opened:
        yield opened


@pytest.fixture
def vet(notebook):
    """The widget's part of the page, with no answer yet."""
    notebook.run("while vet.answers: vet.undo()")
    part = notebook.page.locator(".maskedit .vet")
    says(part, "0 of 4")
    return part


def says(part, text):
    """Wait until the status line begins so; reading what Python knows would be too early before."""
    part.locator(".status", has_text=re.compile(rf"^\s*{re.escape(text)}")).wait_for()


def test_keys_alone(notebook, vet):
    cells = notebook.cells()
    vet.focus()
    press = notebook.page.keyboard.press
    assert notebook.read("[vet.answers, vet._history]") == [{}, []]
    vet.focus()  # reading the state runs a cell, which takes the focus
    press("a")
    says(vet, "1 of 4 answered: 1 accepted, 0 rejected.")
    press("r")
    says(vet, "2 of 4 answered: 1 accepted, 1 rejected.")
    press("A")
    says(vet, "3 of 4 answered: 2 accepted, 1 rejected.")
    press("u")
    says(vet, "2 of 4 answered: 1 accepted, 1 rejected.")
    press("r")
    says(vet, "3 of 4 answered: 1 accepted, 2 rejected.")
    for key in ("Control+c", "b", "d", "d", "x", "Enter"):  # JupyterLab would delete or copy the cell
        press(key)
    assert notebook.read(f"[{KEPT}, vet.answers]") == [{"1": True, "2": False, "3": False}] * 2
    assert notebook.cells()[0] == cells[0]


def test_buttons_and_the_end(notebook, vet):
    button = {name: vet.get_by_role("button", name=name) for name in ("Accept", "Reject", "Undo")}
    assert not button["Undo"].is_enabled()
    button["Accept"].click()
    says(vet, "1 of 4")
    button["Reject"].click()
    says(vet, "2 of 4")
    notebook.page.keyboard.press("r")  # the keys go on where the mouse was
    says(vet, "3 of 4")
    button["Accept"].click()
    says(vet, "4 of 4 answered: 2 accepted, 2 rejected.")
    vet.get_by_text("All pairs are answered.").wait_for()
    assert vet.locator(".picture").count() == 0 and not button["Accept"].is_enabled()
    assert vet.evaluate("(node) => node === document.activeElement")  # no key is lost with the button
    notebook.page.keyboard.press("a")
    notebook.page.keyboard.press("u")
    says(vet, "3 of 4")
    assert vet.locator(".picture").count() == 3
    button["Undo"].click()
    says(vet, "2 of 4")
    assert notebook.read(KEPT) == {"1": True, "2": False}
    button["Undo"].click()
    says(vet, "1 of 4")
    button["Undo"].click()
    says(vet, "0 of 4")
    notebook.page.keyboard.press("r")  # Undo has turned grey under the hand
    says(vet, "1 of 4 answered: 0 accepted, 1 rejected.")


def test_a_key_that_comes_too_early_is_no_answer_to_the_next_pair(notebook, vet):
    """Five at once, before Python has said what comes next: one answer. And a key that is held down is one, too."""
    vet.evaluate("""(node) => {
        for (let n = 0; n < 5; n++)
            node.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true }));
    }""")
    says(vet, "1 of 4")
    vet.evaluate("""(node) => node.dispatchEvent(
        new KeyboardEvent("keydown", { key: "a", repeat: true, bubbles: true, cancelable: true }))""")
    assert notebook.read("vet._history") == [[0, 1]]


def test_the_pair_that_is_shown(notebook, vet):
    def told():
        return vet.locator(".told").inner_text()

    pairs = notebook.read("[pair.instruction for pair in pairs]")
    assert told() == f"Pair 1 of 4: “{pairs[0]}”"
    first = [image.get_attribute("src") for image in vet.locator("img").all()]
    assert first[0] == first[1] != first[2]
    assert [image.get_attribute("alt") for image in vet.locator("img").all()] == [
        "before", "before, with the outline of the mask", "after"]
    drawn = """(node) => [...node.querySelectorAll("canvas")].map((canvas) => {
        const { width, height } = canvas;
        return width > 0 && canvas.getContext("2d").getImageData(0, 0, width, height).data.some((value) => value);
    })"""
    assert vet.evaluate(drawn)[1]
    vet.focus()
    notebook.page.keyboard.press("r")
    says(vet, "1 of 4")
    assert told() == f"Pair 2 of 4: “{pairs[1]}”"
    assert vet.locator("img").first.get_attribute("src") != first[0]


def test_everything_has_a_name(notebook, vet):
    assert browser.nameless(notebook.page) == []


@pytest.mark.parametrize("width", [420, 1280])
def test_nothing_is_clipped(notebook, vet, width):
    notebook.command("application:toggle-left-area")
    try:
        browser.wait_until_nothing_is_clipped(notebook.page, width)
    finally:
        notebook.command("application:toggle-left-area")


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(notebook, lab, seen):
    """Last in this file, so that it judges all of the above."""
    assert seen.of(lab.url) == ([], [])
