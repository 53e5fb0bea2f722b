"""The studio in a real browser, in JupyterLab: what a hand does, and what the next cell then reads."""

import re

import browser
import pytest

CELLS = ["""import numpy as np, time
import maskedit_helpers as me
kit = me.load("pocket")
case = me.load_case("shirt")
calls, slowly, edit = [], [0], kit.edit
def counted(image, instruction, **how):
    calls.append((instruction, how["s_T"], how["seed"]))
    time.sleep(slowly[0])
    return edit(image, instruction, **how)
kit.edit = counted""",
         "studio = me.Studio(case, kit, plan=\"fast\"); studio",
         """mask = kit.segment(case.image, points=[case.click])
y = edit(case.image, case.instruction, plan="fast", s_T=studio.s_T, s_I=studio.s_I, seed=1337)
plain = me.blend(case.image, y, mask)"""]


class Hand:
    """A hand on the studio."""

    def __init__(self, notebook):
        self.notebook, self.page, self.read = notebook, notebook.page, notebook.read
        self.part = self.page.locator(".maskedit")
        self.stage = self.part.locator(".click")
        self.field = self.page.get_by_label("What to do")
        self.status = self.part.locator(".status")
        self.edit = self.part.get_by_alt_text("y, the edit")

    def rests(self, code):
        """Wait until the code line says so and all that was asked for is there."""
        self.part.locator("code", has_text=code).wait_for()
        self.page.wait_for_function("() => !document.querySelector('.maskedit .waits')")

    def click(self, x, y, **how):
        scale = self.stage.bounding_box()["width"] / 128
        self.stage.click(position={"x": (x + 0.5) * scale, "y": (y + 0.5) * scale}, **how)

    def same(self):
        """Is what is shown and read what the code shown gives? In the kernel, by running it."""
        shown = self.part.locator("code").inner_text().replace("kit.edit(", "edit(")
        self.notebook.run(shown + "\nsame = [bool((a == b).all()) for a, b in "
                                  "((mask, studio.mask), (y, studio.y), (y_tilde, studio.y_tilde))]")
        self.notebook.run("from maskedit_helpers.notebook.picture_widget import png; import base64\n"
                          "sent = base64.b64encode(png(y)).decode()")
        return [*self.read("same"), self.edit.get_attribute("src").endswith(self.read("sent"))]


@pytest.fixture(scope="module")
def notebook(lab, seen):
    """The notebook above after Run All; nobody has touched it."""
    with browser.run_all(lab, seen, "studio.ipynb", CELLS, "document.querySelector('.maskedit td')", patience=40,
                         rights=("clipboard-read", "clipboard-write")) as opened:
        yield opened


@pytest.fixture
def hand(notebook):
    """The studio as it was at first."""
    notebook.run("slowly[0] = 0\nstudio.set_trait('prompts', [[*case.click, 1]])\n"
                 "studio.instruction, studio.seed, studio.s_T, studio.s_I = case.instruction, 1337, kit.editor.s_T, "
                 "kit.editor.s_I\nstudio.dilate, studio.feather, studio.plan = 0, 0, 'fast'")
    found = Hand(notebook)
    found.field.fill(notebook.read("case.instruction"))  # whatever was being typed
    found.field.press("Enter")
    found.rests("y_tilde = me.blend(case.image, y, mask)")
    notebook.run("studio.y_tilde, studio.figures\ncalls.clear()")  # what was still to come is there then
    return found


def test_run_all_needs_nobody(notebook):
    assert notebook.read("bool(np.array_equal(studio.y_tilde, plain))") and notebook.read("len(calls)") == 1
    assert Hand(notebook).same() == [True] * 4


def test_an_instruction_typed_and_sent_by_enter(hand):
    cells = hand.notebook.cells()
    hand.field.fill("make the shirt green")
    hand.page.keyboard.press("Enter")
    hand.rests("make the shirt green")
    assert hand.read("studio.instruction") == "make the shirt green" and hand.same() == [True] * 4
    assert hand.read("calls") == [["make the shirt green", hand.read("studio.s_T"), 1337]]
    assert "truth PSNR" not in hand.part.locator("table").inner_text()
    assert hand.notebook.cells()[0] == cells[0]


def test_an_instruction_chosen_from_the_list(hand):
    hand.page.get_by_label("or choose").select_option("make it night")
    hand.rests("make it night")
    assert hand.field.input_value() == "make it night" and hand.same() == [True] * 4


def test_what_is_being_typed_stays_while_an_answer_comes(hand):
    hand.field.press_sequentially(" and")
    typed = hand.field.input_value()
    hand.notebook.run("studio.seed = 3")
    hand.part.locator("code", has_text="seed=3").wait_for()
    assert hand.field.input_value() == typed


def test_a_click_makes_a_mask_and_no_edit(hand):
    blend = hand.part.get_by_alt_text("y tilde").get_attribute("src")
    hand.click(64, 25)
    hand.rests("(64, 25)]")
    hand.click(10, 100, modifiers=["Shift"])
    hand.rests("labels=[1, 1, 0]")
    assert hand.read("[calls, studio.points[-1], studio.labels]") == [[], [10, 100], [1, 1, 0]]
    assert hand.part.get_by_alt_text("y tilde").get_attribute("src") != blend and hand.same() == [True] * 4
    hand.stage.focus()
    for key in ("Backspace", "Backspace", "Shift+ArrowUp", "Shift+Enter"):
        hand.page.keyboard.press(key)
    hand.rests("labels=[1, 0]")
    hand.page.get_by_role("button", name="Clear").click()
    hand.status.filter(has_text="nothing is selected yet").wait_for()
    assert not hand.part.locator("table").is_visible() and not hand.part.get_by_alt_text("y tilde").is_visible()


def test_two_clicks_while_an_edit_is_made_are_both_kept(hand):
    hand.notebook.run("slowly[0] = 1.5")
    hand.page.get_by_role("button", name="Next seed").click()
    hand.status.filter(has_text="Editing").wait_for()
    hand.click(60, 80)
    hand.click(55, 74)
    hand.rests("points=[(58, 74), (60, 80), (55, 74)]")
    assert hand.read("len(calls)") == 1 and hand.same() == [True] * 4


@pytest.mark.parametrize("name, value, code", [
    ("s_T", "5", "s_T=5,"), ("s_I", "1.5", "s_I=1.5,"), ("dilate", "4", "dilate=4"), ("feather", "2", "feather=2")])
def test_sliders(hand, name, value, code):
    hand.page.get_by_label(re.compile(f"^{name}:")).fill(value)
    hand.rests(code)
    assert hand.read("len(calls)") == (name in ("s_T", "s_I"))
    assert hand.same() == [True] * 4


def test_seed_and_plan(hand):
    seed = hand.page.get_by_label("seed", exact=True)
    seed.fill("7")
    hand.page.keyboard.press("Enter")
    hand.rests("seed=7)")
    seed.fill("-4")  # is none: the one before stays
    hand.page.keyboard.press("Tab")
    assert seed.input_value() == "7"
    hand.page.get_by_label("plan").select_option("exact")
    hand.rests('plan="exact"')
    assert hand.same() == [True] * 4


def test_of_many_ticks_while_edits_are_slow_the_last_wins_and_no_outdated_edit_is_shown(hand):
    hand.notebook.run("slowly[0] = 0.4")
    hand.page.evaluate("""() => {
        const img = document.querySelector('.maskedit img[alt="y, the edit"]');
        window.shown = [];
        new MutationObserver(() => window.shown.push(img.src)).observe(img, { attributes: true });
    }""")
    hand.page.get_by_label(re.compile("^s_T:")).evaluate("""async (input) => {
        for (let tick = 0; tick < 30; tick++) {
            input.value = 2 + tick / 5;
            input.dispatchEvent(new Event("input"));
            await new Promise((done) => setTimeout(done, 40));
        }
    }""")
    last = hand.page.get_by_label(re.compile("^s_T:")).input_value()
    hand.rests(f"s_T={last},")
    calls = hand.read("calls")
    assert calls[-1][1] == float(last) and len(calls) <= 8  # thirty were asked for
    assert hand.same() == [True] * 4
    shown = set(hand.page.evaluate("() => window.shown"))
    assert shown == {hand.edit.get_attribute("src")}  # none but the last


def test_swipe(hand):
    divider = hand.part.get_by_role("slider", name="Divider")
    divider.focus()
    hand.page.keyboard.press("End")
    assert divider.get_attribute("aria-valuenow") == "100"
    hand.page.keyboard.press("Home")
    hand.page.keyboard.press("Shift+ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "10"


def test_the_code_is_copied(hand):
    copy = hand.part.get_by_role("button", name="Copy")
    copy.click()
    hand.part.get_by_role("button", name="Copied").wait_for()
    assert hand.page.evaluate("() => navigator.clipboard.readText()") == hand.read("studio.code()")
    hand.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
    hand.part.get_by_role("button", name="Copy", exact=True).click()
    hand.page.wait_for_function("() => String(getSelection()).startsWith('mask = kit.segment(')")


def test_errors_are_told_in_the_widget(hand):
    hand.field.fill(" ")
    hand.page.keyboard.press("Enter")
    hand.status.filter(has_text="is empty; say what to change").wait_for()
    assert not hand.edit.is_visible() and hand.part.locator("table").is_hidden()
    hand.field.fill("red " * 90)
    hand.page.get_by_role("button", name="Edit", exact=True).click()
    hand.status.filter(has_text="tokens and the model reads").wait_for()
    hand.field.fill("make the shirt velvet")
    hand.page.keyboard.press("Enter")
    hand.status.filter(has_text="was not taught: velvet").wait_for()
    assert hand.edit.is_visible()


def test_by_keyboard_alone(hand):
    """Tab reaches all that can be used, in the order of the page."""
    hand.field.focus()
    reached = [hand.page.evaluate("() => document.activeElement.outerHTML.slice(0, 60)")]
    for _ in range(40):
        hand.page.keyboard.press("Tab")
        if not hand.page.evaluate("() => !!document.activeElement.closest('.maskedit')"):
            break
        reached.append(hand.page.evaluate("() => document.activeElement.outerHTML.slice(0, 60)"))
    usable = hand.part.locator("input:not([type=radio]), select, button, [tabindex], summary")
    names = [one.evaluate("(node) => node.outerHTML.slice(0, 60)") for one in usable.all() if one.is_visible()]
    assert [name for name in names if name not in reached] == []


def test_everything_has_a_name(hand):
    assert browser.nameless(hand.page) == [] and hand.part.locator("[aria-live=polite]").count() == 1
    hand.page.get_by_role("table", name="Measured against the true mask").wait_for()


@pytest.mark.parametrize("width", [420, 1280])
def test_nothing_is_clipped(hand, width):
    hand.notebook.command("application:toggle-left-area")
    try:
        browser.wait_until_nothing_is_clipped(hand.page, width)
    finally:
        hand.notebook.command("application:toggle-left-area")


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(notebook, lab, seen):
    """Last of those in JupyterLab, so that it judges all of the above."""
    assert seen.of(lab.url) == ([], [])
