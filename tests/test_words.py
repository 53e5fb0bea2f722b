"""What readers read keeps to the house's words: plain ones, a metric for a number, x0 for the picture."""

import json
import re
from pathlib import Path

import pytest
import typer

from maskedit_helpers.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "notebooks/INSTRUCTORS.md",
         *ROOT.glob("models/**/README.md"), ROOT / "docs/talk.ipynb"]
BOOKISH = r"\b(whence|thence|hither|thither|whilst|amongst|lest|thereof|whereof|wherein|upon)\b"
PICTURED = r"Figures \d|cells, figures and exercises"  # where more than one picture is meant


def prose(page):
    """A page's text; a notebook's, of its cells of text."""
    if page.suffix != ".ipynb":
        return page.read_text()
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(page.read_text())["cells"]
                       if cell["cell_type"] == "markdown")


def helps():
    """What the command line's --help says, of each command and each option."""
    commands = typer.main.get_command(app).commands
    return [text for command in commands.values()
            for text in (command.help, *(getattr(option, "help", None) for option in command.params)) if text]


each_page = pytest.mark.parametrize("page", LESSONS + PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@each_page
def test_words_are_plain(page):
    assert not re.findall(BOOKISH, prose(page), re.IGNORECASE)


@each_page
def test_a_number_is_a_metric_and_no_figure(page):
    assert not re.findall(r"\w+ \w+ figures\b", re.sub(PICTURED, "", prose(page)))


def test_the_command_lines_help_is_plain_and_x0_is_the_picture():
    said = "\n".join(helps())
    assert len(helps()) > 40
    assert not re.findall(BOOKISH, said, re.IGNORECASE)
    assert not re.findall(r"\bx0 ?, ?y0|\b[xy]1\b", said)  # edges are left, top, right and bottom


def test_the_first_screen_has_the_two_commands_and_a_picture_and_the_rest_is_linked():
    """A reader of the README comes to both without scrolling; what is longer has a page of its own."""
    text = (ROOT / "README.md").read_text()
    screen = text.splitlines()[:40]
    assert {"make demo", "make test"} == {line.split("  ")[0] for line in screen if line.startswith("make ")}
    assert any(line.startswith("![") for line in screen)
    assert len(text.splitlines()) <= 120
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "index.md" or f"](docs/{page.name}" in text, f"README.md does not lead to docs/{page.name}"
