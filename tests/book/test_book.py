"""The book: what a small one shows, and what stops the build."""

import json
import re
from html import unescape

import checking
import mathml
import pytest
import running
from small_book import LESSON, ROOT, built, notebook, project

from maskedit_helpers import VERBS


def lesson(site):
    return (site / "notebooks/00_start_here.html").read_text()


def test_a_lesson_shows_all_that_its_notebook_gave(site):
    page = lesson(site)
    assert 'alt="Black &amp; &quot;white&quot;."' in page  # as the notebook's own output has it
    (picture,) = re.findall(r'src="\.\./(pictures/[0-9a-f]{16}\.png)"', page)
    assert (site / picture).read_bytes().startswith(b"\x89PNG")
    assert "results/here.png" in unescape(re.sub("<[^>]+>", "", page))  # and not where the build's results went
    assert page.count("<math") == 2


def test_a_widget_is_a_still_with_the_way_to_the_living_one(site):
    (still,) = re.findall(r'<figure class="still">.*?</figure>', lesson(site), re.S)
    assert "../pictures/blend_studio.png" in still and "colab.research.google.com/github/maskedit/" in still
    assert (site / "pictures/blend_studio.png").is_file()


def test_solutions_are_folded_below_their_exercise(site):
    exercise, solution = lesson(site).split('<details class="solution">')
    assert "replace this line" in exercise and "<em>one</em>" in solution
    assert "answer = 1 + 1" in re.sub("<[^>]+>", "", solution)


def test_links_stay_in_the_book_or_lead_to_the_one_address(site):
    assert "https://github.com/maskedit/maskedit/blob/v0.1.0/maskedit_helpers/equation.py" in lesson(site)
    readme = (site / "README.html").read_text()
    assert "https://github.com/maskedit/maskedit/tree/v0.1.0/maskedit_helpers" in readme
    assert 'href="notebooks/00_start_here.html"' in readme and 'href="#start"' in readme


def test_every_verb_is_told(site):
    ids = set().union(*(checking.Page(path.read_text()).ids for path in (site / "api").glob("*.html")))
    assert {f"maskedit_helpers.{name}" for name in VERBS} <= ids


def test_the_landing_page_moves_only_for_those_who_like_it(site):
    page = (site / "index.html").read_text()
    assert re.search(r'<source media="\(prefers-reduced-motion: reduce\)" srcset="pictures/film_still.webp">', page)
    assert (site / "pictures/film.webp").stat().st_size < 500_000
    assert (site / "pictures/film_still.webp").is_file()


def test_what_was_run_is_kept_until_something_changes(tmp_path, book):
    root, copies = book[0], book[0] / "docs/_build/executed"
    said = []
    running.execute([root / "notebooks/00_start_here.ipynb"], root, copies, said.append)
    assert said == ["notebooks: 1 kept, 0 to run"]

    other = project(tmp_path)
    path = other / "notebooks/00_start_here.ipynb"

    def key():
        return running.key(path, running.ground(other))

    first = key()
    (other / "README.md").write_text("# Another\n")  # no notebook reads it
    (other / "data/figures/demo.png").write_bytes(b"")
    assert key() == first
    for name in ("maskedit_helpers/equation.py", "maskedit_helpers/new.js", "models/pocket/weights", "data/case.json",
                 "constraints.txt", "notebooks/00_start_here.ipynb"):
        before = key()
        with (other / name).open("a") as file:
            file.write(" ")
        assert key() != before, name


def test_an_error_in_a_cell_stops_the_build_and_shows_the_cell(tmp_path):
    root = project(tmp_path)
    wrong = ("code", "wrong", "width = 1\nwidth / 0")
    (root / "notebooks/00_start_here.ipynb").write_text(notebook([*LESSON[:2], wrong]))
    code, said = built(root)
    said = re.sub(r"\x1b\[[\d;]*m", "", said)
    assert code == 1 and "00_start_here.ipynb" in said and "width / 0" in said and "ZeroDivisionError" in said
    assert not (root / "docs/_build/html").exists() and not list((root / "docs/_build/executed").iterdir())


def test_a_link_to_a_page_that_is_not_there_stops_the_build(tmp_path):
    """Without the notebook's run, which has nothing to do with it."""
    root = project(tmp_path)
    (root / "notebooks/00_start_here.ipynb").write_text(notebook(LESSON[:2]))
    with (root / "notebooks/INSTRUCTORS.md").open("a") as page:
        page.write("\n[Lost](12_lost.ipynb), [lost place](../README.md#nowhere)\n")
    code, said = built(root, verbs=False)
    assert code == 1 and "12_lost.ipynb" in said and "nowhere" in said


PAGE = """<link rel="stylesheet" href="style.css"><h1 id="top">A</h1><a href="b.html#here">b</a><a href="#top">up</a>
<a href="https://elsewhere.example/">waits for a reader</a><img src="a.png" alt="A picture.">"""
WRONG = {
    '<a href="c.html">c</a>': "a.html: leads nowhere, c.html",
    '<a href="b.html#there">b</a>': "a.html: leads nowhere, b.html#there",
    '<img src="lost.png" alt="Lost.">': "a.html: leads nowhere, lost.png",
    '<img src="a.png">': "a.html: a picture without alt text, a.png",
    '<img src="a.png" alt=" ">': "a.html: a picture without alt text, a.png",
    '<script src="https://cdn.example/x.js"></script>': "a.html: fetches https://cdn.example/x.js",
    '<link rel="preload" href="//cdn.example/x.woff2">': "a.html: fetches //cdn.example/x.woff2",
    '<source srcset="a.png 1x, https://cdn.example/a.png 2x">': "a.html: fetches https://cdn.example/a.png",
}


@pytest.mark.parametrize("added", ["", *WRONG])
def test_what_is_wrong_with_a_site_is_named(tmp_path, added):
    (tmp_path / "a.html").write_text(PAGE + added)
    (tmp_path / "b.html").write_text('<p id="here">')
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "style.css").write_text("@font-face { src: url('a.png') }")
    assert checking.wrong(tmp_path) == ([WRONG[added]] if added else [])


def test_styles_fetch_nothing_from_elsewhere(tmp_path):
    (tmp_path / "style.css").write_text('@import "https://a.example/b.css"; p { background: url(//b.example/c.png) }')
    assert checking.wrong(tmp_path) == ["style.css: fetches https://a.example/b.css",
                                        "style.css: fetches //b.example/c.png"]


def test_a_page_that_lost_a_picture_is_named(tmp_path, site, book):
    executed = {"notebooks/00_start_here.ipynb": book[0] / "docs/_build/executed/00_start_here.ipynb"}
    assert checking.lost_pictures(executed, site) == []
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/00_start_here.html").write_text(re.sub(r"<img[^>]*>", "", lesson(site)))
    assert checking.lost_pictures(executed, tmp_path) == [
        "notebooks/00_start_here.ipynb: 1 pictures made, 0 shown"]


def test_every_formula_of_the_notebooks_becomes_mathml():
    """What latex2mathml does not know it leaves as it is, with its backslash."""
    found = set()
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "markdown":
                text = re.sub("`[^`]*`", "", "".join(cell["source"]))
                found |= {a or b for a, b in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text, re.S)}
    assert len(found) > 80
    assert [one for one in sorted(found) if "\\" in mathml.formula(one)] == []
