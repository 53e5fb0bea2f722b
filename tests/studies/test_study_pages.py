"""Pages and pictures of studies from kept rows, and the commands: no models, nothing measured."""

import json
import re

import pytest
import toy_sweep
from PIL import Image
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.sweep.drawing import figures_of, tables_of
from maskedit_helpers.studies.sweep.pages import FIGURES, LIST, STUDIES, listed, redraw, write_studies, write_study
from maskedit_helpers.studies.sweep.run import sweep
from maskedit_helpers.studies.sweep.spec import read_spec

STUDY = """
title = "Toys"
question = "Which colour is best?"
task = "toy_sweep:TOY"
scenes = 6

[factors]
colour = ["red", "blue"]
number = [1, 2]

[[figure]]
name = "both"
x = "number"
y = "value"
lines = "colour"

[[table]]
metrics = ["value"]
relative_to = { colour = "red" }
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(toy_sweep.__file__.rpartition("/")[0]))
    path = tmp_path / "toys.toml"
    path.write_text(STUDY)
    sweep(path, progress=False)
    return path


def test_a_study_has_its_page(study, tmp_path):
    picture, page = write_study(study, folder=tmp_path / "pages", figures=tmp_path / "pictures" / "studies")
    text = page.read_text()
    assert text.startswith("# Toys\n\nWhich colour is best?\n\n<!-- findings -->")
    alt, link = re.search(r"!\[(.*?)\]\((.*?)\)\n", text).groups()
    assert (page.parent / link).resolve() == picture.resolve() and Image.open(picture).text["Description"] == alt
    assert "| colour | number | value | scenes |" in text and "What each colour gains on red" in text
    assert "scenes 6" in text.splitlines()[-1] and "pocket" not in text  # no models are in it


def test_findings_stay_and_nothing_else_changes(study, tmp_path):
    *_, page = write_study(study, folder=tmp_path, figures=tmp_path)
    before = page.read_text()
    found = before.replace("<!-- findings -->\n", "<!-- findings -->\nRed is.\n").replace("# Toys", "# Old title")
    page.write_text(found)
    write_study(study, folder=tmp_path, figures=tmp_path)
    assert page.read_text() == found.replace("# Old title", "# Toys")


def test_all_studies_of_a_folder_and_those_without_rows_are_told(study, tmp_path):
    (tmp_path / "empty.toml").write_text(STUDY)
    written = {path.name: files for path, files in write_studies(tmp_path, tmp_path / "pictures")}
    assert written["empty.toml"] == [] and [path.name for path in written["toys.toml"]] == ["toys_both.png", "toys.md"]
    with pytest.raises(KitError, match="has no rows of this study; `maskedit sweep run"):
        write_study(tmp_path / "empty.toml", folder=tmp_path, figures=tmp_path)


def test_studies_with_a_page_are_listed_by_title_and_question(study, tmp_path):
    (tmp_path / "empty.toml").write_text(STUDY.replace("Toys", "Without rows"))
    write_study(study, folder=tmp_path, figures=tmp_path)
    text = listed("a <!-- scoreboard: studies -->\n<!-- end of studies --> b", tmp_path, tmp_path / "docs")
    assert [line for line in text.splitlines() if "](" in line] == ["| [Toys](../toys.md) | Which colour is best? |"]
    assert "Without rows" not in text and text.startswith("a ") and text.endswith(" b")


def test_the_page_lists_the_kept_studies():
    assert listed(LIST.read_text(encoding="utf-8")) == LIST.read_text(encoding="utf-8"), "make studies"
    assert all(f"(../data/studies/{page.name})" in LIST.read_text() for page in STUDIES.glob("*.md"))


def test_the_pictures_of_the_pages_are_of_the_kept_rows(tmp_path):
    for path in redraw(tmp_path):
        assert Image.open(path).text["Description"] == Image.open(FIGURES / path.name).text["Description"]


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_kept_studies(path, tmp_path):
    """Each asks for figures and tables that there are; its page is what its rows say."""
    spec = read_spec(path)
    assert figures_of(spec) and tables_of(spec)
    if any(spec.folder.glob("*.parquet")):
        kept = path.with_suffix(".md").read_text()
        (tmp_path / "studies").mkdir()
        (tmp_path / "studies" / f"{spec.name}.md").write_text(kept)  # for its findings
        *pictures, page = write_study(spec, folder=tmp_path / "studies", figures=tmp_path / "figures" / "studies")
        assert page.read_text() == kept, "make studies"
        for picture in pictures:
            assert (FIGURES / "studies" / picture.name).is_file(), "make studies"


def said(*command):
    result = CliRunner().invoke(app, list(map(str, command)))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_commands(study, tmp_path):
    table = said("sweep", "table", study)
    assert "colour" in table and "What each colour gains on red" in table
    assert said("sweep", "table", study, "--as", "csv").startswith("colour,number,relative_to,metric")
    told = json.loads(said("sweep", "table", study, "--json"))
    assert len(told["1"]["means"]) == 4 and len(told["1"]["gains"]) == 2
    out = tmp_path / "toys.png"
    told = json.loads(said("sweep", "figure", study, "--out", out, "--json"))
    assert Image.open(out).text["Description"] == told["alt"] and "Which" not in told["alt"]
    result = CliRunner().invoke(app, ["sweep", "figure", str(study), "--name", "none", "--out", str(out)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1) and "it has both" in result.stderr
