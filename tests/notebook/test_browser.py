"""The widgets in a real browser: clicks, keys and sliders, and what the next cell then reads."""

import os
from pathlib import Path

import browser
import pytest

CELLS = ["""import numpy as np
import maskedit_helpers as me
from maskedit_helpers import BlendStudio, ClickMask, GuidanceExplorer
kit = me.load("pocket")
case = me.load_case("shirt")
x0, y = case.image, 255 - case.image""",
         "click = ClickMask(x0, kit, points=[case.click]); click",
         "studio = BlendStudio(x0, y, click.mask, dilate=1); studio",
         """edits = {(s_T, s_I, seed): np.uint8(x0 * (s_T / 8) * (s_I / 2) + seed)
         for s_T in (1.0, 4.0, 7.5) for s_I in (1.0, 1.5) for seed in (7, 42)}
explorer = GuidanceExplorer(x0, edits); explorer"""]
SAME = "bool(np.array_equal(click.mask, kit.segment(x0, click.points, click.labels, click.box)))"


@pytest.fixture(scope="module")
def notebook(lab, seen):
    """The notebook above after Run All; nobody has clicked."""
    with browser.run_all(lab, seen, "widgets.ipynb", CELLS, browser.pictures(4)) as opened:
        yield opened


@pytest.fixture
def click(notebook):
    """A ClickMask that is empty again."""
    notebook.run("click.prompts = []")
    return browser.Clicker(notebook)


def test_run_all_needs_nobody(notebook):
    assert notebook.read(f"[click.points == [case.click], {SAME}]") == [True, True]
    assert notebook.read("bool(np.array_equal(studio.y_tilde, me.blend(x0, y, click.mask, dilate=1)))")
    assert notebook.read("[explorer.choice, bool(np.array_equal(explorer.y, edits[1.0, 1.0, 7]))]") == [[1, 1, 7], True]


def test_mouse(click):
    cells = click.notebook.cells()
    click.at(58, 74)
    click.says("1 keep: mask ")
    assert click.prompts() == ([(58, 74, 1)], None)
    assert click.notebook.read(SAME)
    x, y = click.notebook.read("[int(at) for at in np.argwhere(click.mask)[20][::-1]]")
    assert click.shade(x, y) > 0 and click.shade(3, 3) == 0

    click.at(10, 12, modifiers=["Shift"])
    click.says("1 keep, 1 exclude: mask ")
    click.at(120, 15, button="right")
    click.says("1 keep, 2 exclude: mask ")
    assert click.prompts() == ([(58, 74, 1), (10, 12, 0), (120, 15, 0)], None)
    assert click.page.locator(".lm-Menu").count() == 0  # JupyterLab's own menu stays away
    assert click.notebook.cells()[0] == cells[0] and click.notebook.cells()[1] == 1

    click.drag(90, 92, 34, 45)  # from its lower right corner
    click.says("1 keep, 2 exclude, box: mask ")
    assert click.prompts()[1] == (34, 45, 90, 92)
    assert click.notebook.read(SAME)


def test_the_four_corners_are_in_the_picture(click):
    for n, (x, y) in enumerate([(0, 0), (127, 0), (0, 127), (127, 127)], 1):
        click.at(x, y)
        click.says(f"{n} keep: mask ")
    assert click.prompts() == ([(0, 0, 1), (127, 0, 1), (0, 127, 1), (127, 127, 1)], None)
    click.keys("Escape")
    click.says("nothing is selected yet")
    click.drag(64, 64, 140, 132)  # beyond the edge
    click.says("box: mask ")
    assert click.prompts() == ([], (64, 64, 128, 128))


def test_undo_and_clear(click):
    click.drag(34, 45, 90, 92)
    click.says("box: mask ")
    click.at(58, 74)
    click.says("1 keep, box: mask ")
    click.drag(30, 40, 95, 100)
    code = click.page.locator(".maskedit").first
    code.locator("code", has_text="box=(30, 40, 95, 100)").wait_for()
    click.keys("Backspace")  # the box before it counts again
    code.locator("code", has_text="box=(34, 45, 90, 92)").wait_for()
    click.page.get_by_role("button", name="Undo").click()
    click.says("box: mask ")
    assert click.prompts() == ([], (34, 45, 90, 92))
    click.page.get_by_role("button", name="Clear").click()
    click.says("nothing is selected yet")
    assert "KitError" in click.notebook.run("click.mask") and click.prompts() == ([], None)


def test_keyboard_alone(click):
    """From the button before the picture to a mask, with no mouse; and the notebook takes no key for its own."""
    cells = click.notebook.cells()
    click.page.locator(".maskedit .masks button").first.focus()
    click.page.keyboard.press("Shift+Tab")
    assert click.stage.evaluate("(stage) => stage === document.activeElement")
    before = click.page.evaluate("() => document.querySelector('.maskedit .click canvas').toDataURL()")
    click.keys(*["Shift+ArrowUp", "Shift+ArrowLeft"] * 17)  # to the corner, and no further
    click.keys(*["Shift+ArrowDown", "Shift+ArrowRight"] * 8, "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowRight")
    assert before != click.page.evaluate("() => document.querySelector('.maskedit .click canvas').toDataURL()")
    click.keys("Enter")
    click.says("1 keep: mask ")
    click.keys("Shift+ArrowLeft", "Shift+Enter")
    click.says("1 keep, 1 exclude: mask ")
    assert click.prompts()[0] == [(63, 63, 1), (55, 63, 0)]
    click.keys("b", "Shift+ArrowDown", "Shift+ArrowRight", "b")
    click.says("1 keep, 1 exclude, box: mask ")
    assert click.prompts()[1] == (55, 63, 64, 72)  # both corners' pixels belong to it
    assert click.notebook.read(SAME)
    click.keys("b", "Escape", "d", "d", "a", "Backspace")  # Escape drops only the half box
    click.says("1 keep, 1 exclude: mask ")
    click.keys("Escape")
    click.says("nothing is selected yet")
    assert click.notebook.cells()[0] == cells[0]


def test_exclude_without_shift(click):
    """As a finger on a touch screen must."""
    click.at(58, 74)
    click.says("1 keep: mask ")
    click.page.get_by_role("radio", name="exclude").check()
    click.at(10, 12)
    click.says("1 keep, 1 exclude: mask ")
    click.page.get_by_role("radio", name="keep").check()
    click.at(60, 74)
    click.says("2 keep, 1 exclude: mask ")


def test_another_mask(click):
    click.at(58, 74)
    best, other = click.notebook.read("[click._found.best, int(np.argsort(click.scores)[1])]")
    buttons = click.page.locator(".maskedit .masks button")
    assert buttons.nth(best).get_attribute("aria-pressed") == "true"
    click.keys(str(other + 1))
    click.says(f"1 keep: mask {other + 1} ")
    expected = f"me.snap(x0, kit.sam.predict(x0, points=[(58, 74)]).masks[{other}])"
    assert click.notebook.read(f"[click.choice, bool((click.mask == {expected}).all())]") == [other, True]
    assert buttons.nth(other).get_attribute("aria-pressed") == "true"
    buttons.nth(best).click()
    click.says(f"1 keep: mask {best + 1}, rated best,")
    buttons.nth(other).click()
    click.says(f"1 keep: mask {other + 1} ")
    click.at(62, 74)
    click.says("2 keep: mask ")  # a new prompt, new masks
    assert click.notebook.read(f"[click.choice, {SAME}]") == [None, True]


def test_a_prompt_that_makes_no_sense_is_told_in_words(click):
    click.at(58, 74, button="right")
    click.says("every click says exclude")
    assert click.notebook.run("click.mask").startswith("KitError: every click says exclude")
    assert not click.page.locator(".maskedit code").first.is_visible()
    click.at(60, 74)
    click.says("1 keep, 1 exclude: mask ")


def studio_is(notebook, **how):
    """Wait until the controls have reached Python; then y_tilde must be blend's."""
    line = f"dilate={how['dilate']}, feather={how['feather']}"
    line += ', mode="poisson"' if how["mode"] == "poisson" else ")"
    notebook.page.locator(".maskedit").nth(1).locator("code", has_text=line).wait_for()
    assert notebook.read("dict(dilate=studio.dilate, feather=studio.feather, mode=studio.mode)") == how
    return notebook.read("bool(np.array_equal(studio.y_tilde, me.blend(x0, y, studio._full[2], dilate=studio.dilate, "
                         "feather=studio.feather, mode=studio.mode)))")


def test_blend_studio_sliders(notebook):
    page, part = notebook.page, notebook.page.locator(".maskedit").nth(1)
    shown = part.get_by_alt_text("y tilde").get_attribute("src")
    page.get_by_label("dilate").fill("6")
    assert studio_is(notebook, dilate=6, feather=0, mode="alpha")
    assert part.get_by_alt_text("y tilde").get_attribute("src") != shown
    page.get_by_label("feather").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert studio_is(notebook, dilate=6, feather=1, mode="alpha")
    page.get_by_label("poisson").check()
    assert studio_is(notebook, dilate=6, feather=1, mode="poisson")
    page.get_by_label("alpha").check()
    assert studio_is(notebook, dilate=6, feather=1, mode="alpha")
    ink = "() => document.querySelectorAll('.maskedit')[1].querySelector('canvas').getContext('2d')" \
          ".getImageData(0, 0, 512, 512).data.some((value) => value)"
    assert not page.evaluate(ink)
    page.get_by_label("outline of M").check()
    page.wait_for_function(ink)
    page.get_by_label("outline of M").uncheck()
    page.wait_for_function(f"() => !({ink})()")


def test_of_many_ticks_of_a_slider_the_last_wins(notebook):
    """A hand that drags does not wait: thirty ticks while Python is slow are a few blends, the last one the last."""
    page, part = notebook.page, notebook.page.locator(".maskedit").nth(1)
    notebook.run("ticks = []; import time\n"
                 "studio.observe(lambda change: (ticks.append(change.new), time.sleep(0.3)), 'dilate')")
    page.get_by_label("dilate").evaluate("""async (input) => {
        for (let tick = 0; tick < 30; tick++) {
            input.value = tick % 10 + 8;
            input.dispatchEvent(new Event("input"));
            await new Promise((done) => setTimeout(done, 20));
        }
    }""")
    assert page.get_by_label("dilate").input_value() == "17"  # the hand's, whatever answer came meanwhile
    part.locator("code", has_text="dilate=17").wait_for()
    ticks = notebook.read("ticks")
    assert ticks[-1] == 17 and len(ticks) <= 8
    page.get_by_label("dilate").fill("6")
    assert studio_is(notebook, dilate=6, feather=1, mode="alpha")


def test_swipe(notebook):
    page, part = notebook.page, notebook.page.locator(".maskedit").nth(1)
    part.locator(".picture").hover()
    divider, before = part.get_by_role("slider", name="Divider"), part.get_by_alt_text("x0, the original")

    def split():
        assert f"inset(0px {100 - int(divider.get_attribute('aria-valuenow'))}%" in before.evaluate(
            "(img) => img.style.clipPath")
        return int(divider.get_attribute("aria-valuenow"))

    assert split() == 50
    box = part.locator(".picture").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 210, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 210)  # let go: it stays
    assert split() == 25
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert split() == 37
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert split() == 100
    page.keyboard.press("Home")
    assert split() == 0


def test_guidance_explorer(notebook):
    page, part = notebook.page, notebook.page.locator(".maskedit").nth(2)
    shown = part.locator("img").nth(1)
    first = shown.get_attribute("src")
    page.get_by_label("s_T").fill("2")
    part.locator(".status", has_text="s_T = 7.5, s_I = 1, seed 7.").wait_for()
    page.get_by_label("s_I").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("seed").select_option("42")
    part.locator(".status", has_text="s_T = 7.5, s_I = 1.5, seed 42.").wait_for()
    assert notebook.read("[explorer.choice, bool((explorer.y == edits[7.5, 1.5, 42]).all())]") == [[7.5, 1.5, 42], True]
    assert shown.get_attribute("src") != first
    assert shown.get_attribute("alt") == "Edit at s_T = 7.5, s_I = 1.5, seed 42."
    assert page.get_by_label("s_T").get_attribute("aria-valuetext") == "7.5"
    notebook.run("explorer.choice = (1.0, 1.5, 7)")  # and the controls follow Python
    part.locator(".status", has_text="s_T = 1, s_I = 1.5, seed 7.").wait_for()
    assert page.get_by_label("s_T").input_value() == "0"


def test_everything_has_a_name_and_can_be_reached(notebook):
    assert browser.nameless(notebook.page) == []
    ids = notebook.page.evaluate("() => [...document.querySelectorAll('.maskedit [id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids)) >= 5
    assert [part.locator("[aria-live=polite]").count() for part in notebook.page.locator(".maskedit").all()] == [1] * 3


@pytest.mark.parametrize("width", [420, 1280])
def test_nothing_is_clipped(notebook, width):
    notebook.command("application:toggle-left-area")
    try:
        browser.wait_until_nothing_is_clipped(notebook.page, width)
    finally:
        notebook.command("application:toggle-left-area")


def test_on_a_photograph_one_mask_is_shown_without_a_score(notebook, lab):
    """By the scissors; in a notebook of its own, so after all that look at the other one."""
    lab.write("photo.ipynb", [
        "import maskedit_helpers as me\nkit = me.load('pocket')\nphoto = me.load_case('astronaut', size=512)",
        "me.ClickMask(photo.image, kit, [photo.click], box=photo.box, how='grabcut')"])
    page = notebook.page
    opened = browser.Notebook(page, lab, "photo.ipynb")
    opened.command("notebook:run-all-cells")
    widget = page.locator(".maskedit").filter(has_text="GrabCut’s mask")
    widget.wait_for()
    assert widget.locator(".masks button:visible").count() == 1
    assert widget.locator(".masks button:visible").inner_text().endswith("no score")
    assert "covers" in widget.locator(".status").inner_text() and "IoU" not in widget.inner_text()
    if "MASKEDIT_SCREENSHOTS" in os.environ:
        widget.screenshot(path=Path(os.environ["MASKEDIT_SCREENSHOTS"]) / "scissors.png")
    widget.locator(".picture").focus()
    page.keyboard.press("2")  # there is no second mask, and nothing breaks
    assert "mask = kit.segment" in widget.locator("code").inner_text()


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(notebook, lab, seen):
    """Last in this file, so that it judges all of the above."""
    assert seen.of(lab.url) == ([], [])


@pytest.mark.skipif("MASKEDIT_SCREENSHOTS" not in os.environ, reason="MASKEDIT_SCREENSHOTS names no folder")
def test_pictures_for_the_pages(notebook, lab):
    """click_mask.png and blend_studio.png: the shirt, drawn larger, and a real edit."""
    folder = Path(os.environ["MASKEDIT_SCREENSHOTS"])
    lab.write("pictures.ipynb", [
        CELLS[0] + "\ny = kit.edit(x0, case.instruction, seed=1337)\n"
        "big = me.load_case('shirt', size=512)",
        "click = ClickMask(big.image, kit, points=[big.click, (240, 420)], labels=[1, 0], box=big.box); click",
        "studio = BlendStudio(x0, y, kit.segment(x0, points=[case.click], box=case.box), dilate=1, feather=1); studio"])
    page = notebook.page
    opened = browser.Notebook(page, lab, "pictures.ipynb")
    opened.command("notebook:run-all-cells")
    page.wait_for_function("() => document.querySelectorAll('.maskedit .picture').length === 2")
    page.locator(".maskedit code", has_text="dilate=1").wait_for()
    for i, name in enumerate(("click_mask.png", "blend_studio.png")):
        page.locator(".maskedit").nth(i).evaluate("(part) => part.scrollIntoView({ block: 'center' })")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        box = page.locator(".maskedit").nth(i).bounding_box()
        page.screenshot(path=folder / name, clip={**box, "y": box["y"] + 2, "height": box["height"] - 4})
