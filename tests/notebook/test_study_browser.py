"""The pages of a human study in a real browser: on a phone and by keyboard alone, with JavaScript and without, and what
axe-core finds in them."""

import json
import shutil
import subprocess

import browser
import human
import lacking
import pytest

from maskedit_helpers.studies.human.answers import Answers

AXE = "axe-core@4.14.1"  # fetched by npm for these tests, kept nowhere
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
LEAST = 44  # CSS pixels of what a finger should hit


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return human.study(tmp_path_factory.mktemp("rated") / "study", n=3)  # 9 edits, one of them twice


@pytest.fixture(scope="module")
def server(machine, study):
    server = human.Serving(study)
    yield server
    server.close()


@pytest.fixture(scope="module")
def page(server, seen, tmp_path_factory):
    with browser.open_browser(tmp_path_factory.mktemp("home")) as page:
        seen.watch(page)
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" and
                "status of 4" not in message.text else None)  # pages of refusals are asked for below
        page.set_default_timeout(60_000)
        page.set_viewport_size(PHONE)
        yield page


@pytest.fixture(scope="module")
def axe(machine, tmp_path_factory):
    """The source of axe-core."""
    folder = tmp_path_factory.mktemp("npm")
    told = "npm is not installed"
    if shutil.which("npm"):
        words = ["npm", "install", "--prefix", folder, "--cache", folder / "cache", "--ignore-scripts", "--no-audit",
                 "--no-fund", "--no-save", AXE]
        asked = subprocess.run(words, capture_output=True, text=True, cwd=folder)
        if not asked.returncode:
            return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        told = f"npm can't fetch {AXE}: {asked.stderr.strip()[-300:]}"
    lacking.skip(f"axe-core did not look at the pages: {told}", "MASKEDIT_REQUIRE_BROWSER")


def tab_to(page, selector):
    """Press Tab until the focus is there."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"no way by Tab to {selector} on {page.url}")


def enter(page):
    """Enter, and the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def new_rater(study):
    """(rater, address of their pages)"""
    answers = Answers(study)
    rater = answers.add_rater()
    answers.agree(rater)
    return rater, f"/r/{answers.token_of(rater)}/"


def test_from_start_to_end_by_keyboard_on_a_phone(page, server, study):
    page.goto(f"{server.url}/?code={study.code}")
    tab_to(page, "#code")
    enter(page)
    rater = Answers(study).rater_with(page.url.rstrip("/").rpartition("/")[2])
    home = page.url
    tab_to(page, "button.next")
    enter(page)
    for n in range(1, 11):
        page.wait_for_url(f"{home}{n}")
        assert page.locator("input:checked").count() == 0 and page.get_by_text(f"Pair {n} of 10").is_visible()
        tab_to(page, "input[name=region]")
        page.keyboard.press(str(n % 5 + 1))
        page.keyboard.press(str((n + 2) % 5 + 1))
        assert page.evaluate("document.activeElement.matches('button.next')")
        enter(page)
    page.wait_for_url(f"{home}end")
    tab_to(page, "textarea")
    page.keyboard.type("It was <b>fun</b>.")
    tab_to(page, "button.next")
    enter(page)
    page.get_by_text("Your answers are kept").wait_for()
    expected = {n - 1: {"region": n % 5 + 1, "instruction": (n + 2) % 5 + 1} for n in range(1, 11)}
    assert Answers(study).given(rater) == expected
    assert Answers(study).rater(rater) == {"agreed": True, "ended": True, "comment": "It was <b>fun</b>."}
    page.goto(server.url)  # the class code again, on the phone of one who has begun
    page.get_by_role("link", name="Go on where I was").click()
    page.wait_for_url(f"{home}done")


def test_without_javascript_by_keyboard(page, server, study):
    rater, home = new_rater(study)
    context = page.context.browser.new_context(java_script_enabled=False, viewport=PHONE)
    plain = context.new_page()
    try:
        plain.goto(f"{server.url}{home}")
        for _ in range(10):
            assert not plain.locator(".flip").is_visible()
            plain.locator("input[name=region]").first.focus()
            plain.keyboard.press("ArrowRight")
            plain.keyboard.press("ArrowRight")
            plain.keyboard.press("Tab")
            plain.keyboard.press("Space")
            with plain.expect_navigation():
                plain.keyboard.press("Enter")
        assert plain.url.endswith("/end")
        given = Answers(study).given(rater)
        assert len(given) == 10 and {tuple(sorted(one.items())) for one in given.values()} == {
            (("instruction", 1), ("region", 3))}
    finally:
        context.close()


def test_an_answer_is_kept_when_it_is_given_and_can_be_changed(page, server, study):
    rater, home = new_rater(study)
    page.goto(f"{server.url}{home}1")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.get_by_role("radio", name="4").first.check(force=True)
    assert answer.value.status == 204 and Answers(study).given(rater) == {0: {"region": 4}}
    page.goto(f"{server.url}{home}")  # the phone went dark
    assert page.locator("input:checked").get_attribute("value") == "4"
    page.get_by_role("button", name="Keep and go on").click()
    assert page.url.endswith("/1")  # the browser itself asks for the other one
    page.locator("input[name=instruction]").nth(1).check(force=True)
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/2")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/1")
    assert [one.get_attribute("value") for one in page.locator("input:checked").all()] == ["4", "2"]
    page.locator("input[name=instruction]").nth(4).check(force=True)
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/2")
    assert Answers(study).given(rater) == {0: {"region": 4, "instruction": 5}}


def test_before_and_after_in_one_place(page, server, study):
    _, home = new_rater(study)
    page.goto(f"{server.url}{home}1")

    def shown():
        return page.evaluate("""async () => {
            await Promise.all([...document.images].map((image) => image.decode()));
            const { left, top, width } = document.querySelector(".edited img").getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + 9).src.split("/").at(-1);
        }""")

    page.locator(".edited").scroll_into_view_if_needed()
    assert shown() == "edited.png"
    page.get_by_role("button", name="Show the original here").click()
    assert shown() == "original.png" and page.locator(".edited figcaption").inner_text() == "Original"
    page.locator(".edited .frame").click()
    assert shown() == "edited.png" and page.locator(".edited figcaption").inner_text() == "Edited"
    assert page.get_by_role("button", name="Show the original here").is_visible()


@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 740, "height": 360}], ids=lambda size: str(size["width"]))
def test_large_pictures_of_one_size_and_room_for_fingers(page, server, study, size):
    _, home = new_rater(study)
    page.set_viewport_size(size)
    try:
        page.goto(f"{server.url}{home}2")
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        first, second = (page.locator(f".{name} img").first.bounding_box() for name in ("original", "edited"))
        assert (first["width"], first["height"]) == (second["width"], second["height"])
        assert first["width"] >= (320 if size is PHONE else 0.4 * min(size["width"], 1152))
        beside = first["y"] == second["y"] and first["x"] + first["width"] <= second["x"]
        assert beside == (size is not PHONE)
        for target in page.locator("button:visible, a:visible, label.choice").all():
            box = target.bounding_box()
            assert box["height"] >= LEAST and box["width"] >= LEAST, target.inner_text()
    finally:
        page.set_viewport_size(PHONE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page, server, study, axe, scheme):
    answers = Answers(study)
    rater, home = new_rater(study)
    fresh = f"/r/{answers.token_of(answers.add_rater())}/"
    page.emulate_media(color_scheme=scheme)

    def look(width):
        page.set_viewport_size(width)
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run()).violations.map(({ id, impact, nodes }) => "
                              "({ id, impact, where: nodes.map((node) => node.html) }))")
        assert found == [], f"{page.url}: {json.dumps(found, indent=1)}"

    for path in ("/", f"/?code={study.code}", fresh, f"{home}1", f"{home}5", "/r/nobody/"):
        page.goto(server.url + path)
        look(PHONE)
        look(DESK)
    page.goto(f"{server.url}{home}1")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.locator("input[name=region]").first.check(force=True)
    page.get_by_role("button", name="Keep and go on").click()
    page.get_by_text("Please answer this question, too.").wait_for()
    look(PHONE)
    page.get_by_role("button", name="Show the original here").click()
    look(DESK)
    for at in range(10):
        answers.keep(rater, at, {"region": 1, "instruction": 2})
    page.goto(server.url + home)
    look(PHONE)
    page.get_by_role("button", name="Finish").click()
    page.get_by_text("Your answers are kept").wait_for()
    look(PHONE)
    page.set_viewport_size(PHONE)


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(page, server, seen):
    """Last in this file, so that it judges all of the above."""
    assert seen.of(server.url) == ([], [])
