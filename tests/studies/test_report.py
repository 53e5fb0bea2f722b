"""The report held against pandas' own means of the same rows, and its LaTeX against a real TeX."""

import csv
import json
import os
import re
import shutil

import made_results
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import CONTROLS, ODD
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.report import run as running
from maskedit_helpers.studies.report.gather import gather
from maskedit_helpers.studies.report.marks import as_markdown, as_tex, plain, safe, tex
from maskedit_helpers.studies.report.paper import compiled
from maskedit_helpers.studies.report.rendered import written_by_hand
from maskedit_helpers.studies.report.tables import tables

REQUIRED = os.environ.get("MASKEDIT_REQUIRE_TEX") == "1"
needs_tex = pytest.mark.skipif(not shutil.which("pdflatex") and not REQUIRED, reason=(
    "no pdflatex: the report is not compiled; apt-get install texlive-latex-recommended"))
FIGURES = {"cases": 6.875, "controls": 3.25, "loose_loose": 3.25, "ratings": 6.875}  # inches


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(what `report` told, the study's rows, the folder in which all lies)"""
    folder = tmp_path_factory.mktemp("report")
    rows = made_results.write(folder)
    pd.DataFrame(made_results.ratings()).to_csv(folder / "answers.csv", index=False)
    told = me.report(folder / "out", demo=folder / "demo", data=folder / "data", ratings=folder / "answers.csv",
                     title=f"Report {ODD}", author="A_B", progress=False)
    return told, rows, folder


def table(made, name, ending):
    return (made[2] / "out" / "tables" / f"{name}.{ending}").read_text()


def lines(made, name):
    """A LaTeX table's rows of cells, without what makes them small."""
    body = table(made, name, "tex").partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    return [[cell.strip() for cell in line.split(" & ")] for line in body.replace(r"\addlinespace", "").split(r"\\")
            if line.strip()]


def numbers(cell):
    return [float(one) for one in re.findall(r"[-+]?\d+(?:\.\d+)?", cell.replace("$-$", "-").replace(r"\,", " "))]


def test_the_numbers_of_the_controls_are_the_rows(made):
    frame = pd.DataFrame(made_results.control_rows())
    kept = pd.read_csv(made[2] / "out" / "tables" / "controls.csv")
    assert [*kept["control"]] == [*CONTROLS]
    means = frame.groupby("control")[[*made_results.METRICS]].mean().loc[[*CONTROLS]]
    for name in made_results.METRICS:
        column = next(each for each in kept if each.split(" ")[0] == name)
        assert kept[column].to_numpy() == pytest.approx(means[name].to_numpy(), rel=1e-12)
        assert (kept[f"{name}_low"] <= kept[column]).all() and (kept[f"{name}_n"] == 8).all()
    for cells, mean in zip(lines(made, "controls"), means["truth_psnr"]):
        first, low, high = numbers(cells[1])
        assert first == pytest.approx(round(mean, 1)) and low < first < high


def test_means_and_gains_of_a_study_are_those_of_its_rows(made):
    frame = pd.DataFrame(made[1])
    means = frame.groupby(["control", "mask"])["truth_psnr"].mean()
    for row in csv.DictReader(table(made, "loose_means", "csv").splitlines()):
        assert float(row["truth_psnr (dB)"]) == pytest.approx(means[row["control"], row["mask"]], rel=1e-6)
    wide = frame.pivot(index="scene", columns=["mask", "control"], values="truth_psnr")
    rows = lines(made, "loose_gains")
    assert [cells[0] for cells in rows] == ["truth", "dilated:2"]  # of the third the partner is missing
    for mask, _, cell, *_ in rows:
        difference = (wide[mask]["latent"] - wide[mask]["blend"]).mean()
        assert numbers(cell)[0] == pytest.approx(difference, abs=0.0501)
    assert r"\textsuperscript{*}" in rows[1][2] and r"\textsuperscript{*}" not in rows[0][2]


def test_means_of_answers_are_those_of_the_csv(made):
    means = pd.DataFrame(made_results.ratings()).groupby("method")["answer"].mean()
    for row in csv.DictReader(table(made, "ratings_means", "csv").splitlines()):
        assert float(row["mean"]) == pytest.approx(means[row["method"]])


def test_the_best_is_bold_by_case_and_so_is_who_reads_the_same_but_never_the_oracle(made):
    found = {(cells[0], cells[1]): cells[2] for cells in lines(made, "cases")}
    assert found["shirt", "blended"] == r"\textbf{31.2}" and found["shirt", "baseline"] == "22.8"
    assert found["dog", "blended"] == found["dog", "baseline"] == r"\textbf{24.6}" and found["dog", "soft"] == "20.0"
    assert not any(r"\textbf" in cell for cells in lines(made, "cases") if cells[1] == "oracle" for cell in cells)
    best = {cells[0]: r"\textbf" in cells[1] for cells in lines(made, "controls")}
    assert [*best.values()] == [True, False, False]
    assert "**31.2**" in table(made, "cases", "md") and "exact" in table(made, "cases", "md")


def test_tables_have_rules_captions_units_and_labels(made):
    for name in made[0]["tables"]:
        text = table(made, name, "tex")
        for part in (r"\toprule", r"\midrule", r"\bottomrule", r"\caption{", rf"\label{{tab:{name}}}"):
            assert part in text
    assert "(dB)" in table(made, "controls", "tex") and "background_psnr (dB)" in table(made, "controls", "csv")


def test_what_the_text_says_of_the_controls_is_in_the_rows(made):
    page, frame = (made[2] / "out" / "report.md").read_text(), pd.DataFrame(made_results.control_rows())
    means = frame.groupby("control")["truth_psnr"].mean()
    assert f"The highest truth PSNR has {means.idxmax()}, {means.max():.1f} dB" in page
    lost = frame.pivot(index="scene", columns="control", values="truth_psnr")
    assert f"`latent` ({(lost['latent'] - lost['blend']).mean():+.1f} dB" in page
    cases = {(row["case"], row["result"]): row["truth_psnr"] for row in made_results.cases()}
    assert f"{cases['shirt', 'blended'] - cases['shirt', 'baseline']:+.1f} dB on `shirt`" in page


def test_what_is_missing_is_named_and_nothing_is_said_of_it(made):
    told, _, folder = made
    for text in ((folder / "out" / f"report.{ending}").read_text() for ending in ("md", "tex")):
        for words in ("the mask-aware editors", "the benchmark", "How tight may a mask be?", "1 of 6 cells"):
            assert words in text
    assert len(told["missing"]) == 4 and "speed" not in (folder / "out" / "report.md").read_text().lower()
    page = (folder / "out" / "report.md").read_text()
    assert "says nothing about the published checkpoints" in page and made_results.RUN["editor"][:10] in page


def test_every_figure_is_vector_and_png_of_a_columns_width_with_its_alt_text(made):
    told, _, folder = made
    assert told["figures"].keys() == FIGURES.keys()
    page, paper = ((folder / "out" / f"report.{ending}").read_text() for ending in ("md", "tex"))
    for name, alt in told["figures"].items():
        assert len(alt) > 40
        picture = Image.open(folder / "out" / "figures" / f"{name}.png")
        assert " ".join(picture.text["Description"].split()) == alt
        assert f"![{alt.replace('[', '(').replace(']', ')')}](figures/{name}.png)" in page
        assert f"alt={{{tex(alt)}}}]{{figures/{name}.pdf}}" in paper
        pdf = (folder / "out" / "figures" / f"{name}.pdf").read_bytes()
        width = float(re.search(rb"/MediaBox \[ ?\S+ \S+ (\S+)", pdf)[1]) / 72
        assert width <= FIGURES[name] + 0.01 and picture.width == pytest.approx(300 * width, abs=2)
        assert (b"/Subtype /Image" in pdf) == (name == "cases")  # pictures alone are made of pixels


def test_odd_names_come_through(made):
    page, paper = ((made[2] / "out" / f"report.{ending}").read_text() for ending in ("md", "tex"))
    assert tex(ODD) in paper and ODD not in paper
    assert rf"\title{{Report {tex(ODD)}}}" in paper and f"# Report {as_markdown(safe(ODD))}" in page


SPECIAL = {r"\textbackslash{}": "\\", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~", r"\textless{}": "<",
           r"\textgreater{}": ">", r"\textbar{}": "|", r"\textasciigrave{}": "`", "''": '"', "$-$": "-",
           r"\allowbreak{}": "", **{f"\\{letter}": letter for letter in "{}$&#_%"}}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'"), max_size=40))
def test_all_of_ascii_is_escaped_so_that_it_reads_the_same(words):
    back = re.sub("|".join(map(re.escape, SPECIAL)), lambda found: SPECIAL[found[0]], tex(words))
    assert back == words
    assert not re.search(r"(?<!\\)[#&%_^~]", re.sub("|".join(map(re.escape, SPECIAL)), "", tex(words)))


@given(st.text(max_size=30))
def test_safe_words_have_no_marks_and_any_letter_is_one_that_tex_knows(words):
    assert plain(safe(words)) == words
    assert all(letter.isascii() or "À" <= letter <= "ž" for letter in as_tex(safe(words)))


def test_marks_become_latex_and_markdown():
    words = "**b_1** of `a_b` is $x_0$, see @tab:cases; -3 dB of 5-6, user\\@here"
    assert as_tex(words) == (r"\textbf{b\_1} of \texttt{a\_\allowbreak{}b} is $x_0$, see Table~\ref{tab:cases}; "
                             "$-$3 dB of 5-6, user@here")
    assert as_markdown(words) == "**b\\_1** of `a_b` is $x_0$, see Table `cases`; -3 dB of 5-6, user@here"


@needs_tex
def test_it_compiles_and_leaves_nothing_but_the_pdf(made):
    told, _, folder = made
    assert told["pdf"] and told["pdf"].read_bytes().startswith(b"%PDF") and re.fullmatch(r"\d+ pages", told["said"])
    there = {path.name for path in (folder / "out").iterdir()}
    assert there == {"figures", "tables", "report.md", "report.tex", "report.pdf"}
    assert len([*(folder / "out" / "figures").iterdir()]) == 2 * len(told["figures"])
    assert len([*(folder / "out" / "tables").iterdir()]) == 3 * len(told["tables"])


@needs_tex
def test_what_does_not_compile_is_told_with_its_line(made, tmp_path):
    shutil.copytree(made[2] / "out", tmp_path / "out")
    paper = tmp_path / "out" / "report.tex"
    text = paper.read_text().replace(r"\section{Discussion}", "\\section{Discussion}\n\\nosuchword")
    paper.write_text(text)
    line = text.splitlines().index("\\nosuchword") + 1
    pdf, said = compiled(tmp_path / "out")
    assert pdf is None and f"report.tex:{line}: Undefined control sequence" in said


def test_without_a_tex_it_says_how(made, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    pdf, said = compiled(made[2] / "out")
    assert pdf is None and "texlive-latex-recommended" in said


def test_what_a_person_wrote_stays_and_the_command_tells_all(tmp_path, monkeypatch):
    made_results.write(tmp_path)
    shutil.rmtree(tmp_path / "data" / "studies")
    (tmp_path / "data" / "controls_pocket.jsonl").unlink()
    shutil.rmtree(tmp_path / "demo" / "shirt")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)

    def said():
        result = CliRunner().invoke(app, ["report", "--data", "data", "--demo", "demo", "--out", "out", "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    told = said()
    assert told["pdf"] is None and told["figures"] == {} and told["page"].endswith("report.md")
    assert any("demo" in what and "`maskedit demo`" in how for what, how in told["missing"])
    for ending in ("tex", "md"):
        path = tmp_path / "out" / f"report.{ending}"
        first = path.read_text()
        prompt = written_by_hand(first, ending)["discussion"]
        path.write_text(first.replace(prompt, "Two things.\n\nAnd a \\third."))
        said()
        assert path.read_text() == first.replace(prompt, "Two things.\n\nAnd a \\third.")
    assert {path.name for path in tmp_path.iterdir()} == {"data", "demo", "out"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"figures", "tables", "report.md", "report.tex"}
    paper = tmp_path / "out" / "report.tex"
    mine = paper.read_text().replace("InstructPix2Pix edits", "It edits")
    paper.write_text(mine)
    said()
    assert (tmp_path / "out" / "report.before.tex").read_text() == mine and "It edits" not in paper.read_text()


def test_pictures_alone_are_a_report_too(tmp_path, monkeypatch):
    made_results.write(tmp_path)
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    told = me.report(tmp_path / "out", demo=tmp_path / "demo", data=tmp_path / "data", progress=False)
    assert [*told["figures"]] == ["cases"] and "made of kept results: pictures." in told["page"].read_text()


def test_mistakes_are_said_before_the_work(tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    for options, words in (({"data": tmp_path / "none"}, "there is no such folder"),
                           ({"data": empty, "demo": empty}, "begin with `maskedit demo`"),
                           ({"data": empty, "demo": empty, "ratings": tmp_path / "none.csv"}, "none.csv")):
        with pytest.raises(KitError, match=words):
            me.report(tmp_path / "out", **options, progress=False)
    monkeypatch.setattr(running, "find_spec", lambda name: None)
    with pytest.raises(KitError, match=r"pip install tueplots jinja2, or the kit with its extra \[report\]"):
        me.report(tmp_path / "out", progress=False)
    assert [*tmp_path.iterdir()] == [empty]


def test_the_tables_of_the_kept_results_are_their_rows(tmp_path):
    """The kit's own rows, read by pandas and pyarrow alone."""
    found = gather(demo=tmp_path)
    kept = tables(found)
    path = next(path for path in found.files if path.name == "controls_pocket.jsonl")
    rows = pd.read_json(path, lines=True).dropna(subset="scene")
    means = rows.groupby("control")["edit_psnr"].mean()
    assert {row["control"]: row["edit_psnr"]["mean"] for row in kept["controls"].rows} == pytest.approx(dict(means))
    for name, study in found.studies.items():
        frame = pd.read_parquet(study.spec.folder / "cells.parquet")
        means = kept[f"{name}_means"]
        factors, metric = [*means.keys], means.columns[-1].name
        by = frame.groupby(factors, dropna=False)[metric].mean()
        assert sorted(row[metric]["mean"] for row in means.rows) == pytest.approx(sorted(by), rel=1e-5)
