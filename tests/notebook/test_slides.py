"""The deck of `make slides`: what it shows is what was measured, everybody can read it, and it needs no network.

The talk's cells run in this process, which knows torch already; only a small notebook goes the way of a kernel.
"""
import ast
import importlib.util
import io
import json
import re
from contextlib import redirect_stdout
from html.parser import HTMLParser
from pathlib import Path

import browser
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
TALK = ROOT / "docs" / "talk.ipynb"
SLIDES = 8
TAUGHT = {"maskedit_helpers", "numpy", "PIL"}
HALL, PHONE = {"width": 1280, "height": 720}, {"width": 360, "height": 740}

spec = importlib.util.spec_from_file_location("build", ROOT / "docs" / "slides" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)


def run(book):
    """A notebook with the outputs that a kernel would give it: what is printed, displayed, or stands in a last line."""
    names = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            shown, printed = [], io.StringIO()
            names["display"] = shown.append
            tree = ast.parse(cell.source)
            last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
            with redirect_stdout(printed):
                exec(compile(tree, cell.id, "exec"), names)
                value = eval(compile(last, cell.id, "eval"), names) if last else None
            pictures = [new_output("display_data", {"text/html": one._repr_html_()})
                        for one in [*shown, *([] if value is None else [value])]]
            said = [new_output("stream", name="stdout", text=printed.getvalue())] if printed.getvalue() else []
            cell.outputs = said + pictures
    return book


@pytest.fixture(scope="module")
def talk():
    return run(nbformat.read(TALK, as_version=4))


@pytest.fixture(scope="module")
def html(talk):
    return build.deck(talk)


class Page(HTMLParser):
    """All tags with their attributes, and the text of each slide and of its notes."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.slides, self.notes, self.styles, self._open = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("section", "aside"):
            (self.slides if tag == "section" else self.notes).append("")
        if tag in ("section", "aside", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open[-1:] == [tag]:
            self._open.pop()

    def handle_data(self, data):
        kept = {"section": self.slides, "aside": self.notes}.get(self._open[-1] if self._open else "")
        if kept:
            kept[-1] += data
        elif self._open[-1:] == ["style"]:
            self.styles.append(data)


def test_eight_slides_each_with_its_notes(html):
    page = Page(html)
    assert len(page.slides) == len(page.notes) == SLIDES
    assert all(len(notes.split()) > 20 for notes in page.notes)
    assert sum("tape" in notes for notes in page.notes) >= 2  # the story, and its return at the end
    minutes = {"half a minute": 0.5, "one minute": 1, "one and a half minutes": 1.5, "two minutes": 2,
               "two and a half minutes": 2.5}
    begins = [re.match(r"\s*([\w ]+?)(?:\.|,)", notes)[1].lower() for notes in page.notes]
    assert sum(minutes[words] for words in begins) == 10


def test_every_picture_says_what_it_shows(html):
    page = Page(html)
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) >= SLIDES and all(len(one.get("alt", "").split()) > 4 for one in pictures)
    assert [attributes["alttext"] for tag, attributes in page.tags if tag == "math"]
    assert ("html", {"lang": "en"}) in page.tags


def test_nothing_in_the_deck_is_elsewhere(html):
    page = Page(html)
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "data-background-image", "action"):
            assert attributes.get(name, "data:").startswith(("data:", "#")), f"<{tag} {name}={attributes[name][:60]}>"
    assert page.styles and not re.search(r"@import|url\((?!.?data:)", "".join(page.styles))
    assert [tag for tag, _ in page.tags].count("script") == 3  # no script ended early and left a part of itself behind


def test_scripts_are_the_same_inside_a_page():
    assert build.inside("a = '</script>'; b = '<!-- c -->'") == r"a = '<\/script>'; b = '\x3c!-- c -->'"


def test_code_is_hidden_but_for_the_bug_and_that_is_the_lessons(html):
    shown = re.findall(r"<pre><code>(.*?)</code>", html.split("<script")[0], re.S)
    lesson = json.loads((ROOT / "notebooks" / "03_the_blending_equation.ipynb").read_text())
    said = [line.split("#")[0].strip() for cell in lesson["cells"] for line in "".join(cell["source"]).splitlines()]
    assert len(shown) == 1 and "import" not in shown[0]
    *lines, last = [line.strip().replace("&gt;", ">") for line in shown[0].splitlines()]
    assert set(lines) <= set(said) and last == "return blend(x0, y, m)"


def test_the_table_is_that_of_the_three_cases(talk):
    kept = json.loads((ROOT / "data" / "scoreboard_pocket.json").read_text())["demo"]["rows"]
    kept = {(row["case"], row["result"]): row for row in kept}
    table, = [out.data["text/html"] for cell in talk.cells if cell.id == "s6-table" for out in cell.outputs]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr")[2:]]
    rows = [[word for word in row if re.fullmatch(r"[a-z]+|[\d.]+", word)] for row in rows]
    assert [row[0] for row in rows] == ["shirt", "dog", "car"]
    for case, *numbers in rows:
        was, now = kept[case, "baseline"], kept[case, "blended"]
        wanted = [row[name] for name in ("change_iou", "background_psnr") for row in (was, now)]
        assert [float(number) for number in numbers] == [pytest.approx(one, abs=0.02 if one < 1 else 0.6)
                                                         for one in wanted]


def test_what_the_talk_says_is_so(talk):
    said = {cell.id: cell for cell in talk.cells}
    grey = re.findall(r"(\w+) (\d+)", re.search(r"grey levels: ([^.]+)\.", str(said["s4-pictures"].outputs))[1])
    moved = {name: int(number) for name, number in grey}
    assert list(moved) == ["shirt", "face", "sky", "grass", "ball", "tree"] and min(moved.values()) > 2
    assert sorted(moved, key=moved.get)[-2:] == ["face", "shirt"]  # next to the shirt the face suffered most
    largest, = re.findall(r"pixel: ([\d.]+) of 255", said["s8-number"].outputs[0].text)
    assert 0 < float(largest) < 1


def test_the_notebook_is_kept_as_lessons_are():
    book = json.loads(TALK.read_text())
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            assert cell["outputs"] == [] and cell["execution_count"] is None
            assert max(map(len, source.splitlines())) <= 88 and len(source.splitlines()) <= 18, cell["id"]
            imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.M))
            assert imported <= TAUGHT and "maskedit_helpers." not in source


def test_a_kernels_complaints_stay_out(tmp_path):
    path = tmp_path / "small.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(
        "import os, sys\nprint('progress', file=sys.stderr)\nprint(os.getcwd())")]), path)
    outputs = build.run(path).cells[0].outputs
    assert [(out["name"], out["text"].strip()) for out in outputs] == [("stdout", str(tmp_path.resolve()))]


def test_without_reveal_one_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(build.KitError, match="make slides"):
        build.parts()


def test_in_a_browser_without_a_network(html, machine, seen, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(html, encoding="utf-8")
    fits = """() => { const slide = Reveal.getCurrentSlide().firstElementChild;
                      const edge = slide.getBoundingClientRect();
                      return [...slide.querySelectorAll(".cell *")].every((one) => {
                          const box = one.getBoundingClientRect();
                          return box.right <= edge.right + 1 && box.bottom <= edge.bottom + 1; }); }"""
    with browser.open_browser(tmp_path / "home") as page:
        page.context.set_offline(True)
        seen.watch(page)
        page.on("console", lambda message: seen.errors.extend([message.text] if message.type == "error" else []))
        for size in (HALL, PHONE):
            page.set_viewport_size(size)
            page.goto(path.as_uri())
            page.wait_for_function("() => window.Reveal?.isReady()")
            for number in range(SLIDES):
                assert page.evaluate("() => Reveal.getState().indexh") == number
                assert page.evaluate(fits), f"slide {number + 1} does not fit {size}"
                page.keyboard.press("ArrowRight")
            assert page.evaluate("() => Reveal.isLastSlide()")
        page.evaluate("() => Reveal.slide(4)")
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        opened.value.locator(".speaker-controls-notes .value", has_text="painter's tape").wait_for()
        page.goto(f"{path.as_uri()}?print-pdf")
        page.wait_for_function(f"() => document.querySelectorAll('.pdf-page').length === {SLIDES}")
    assert seen.of(path.as_uri()) == ([], [])
