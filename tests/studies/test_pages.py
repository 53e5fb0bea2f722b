"""The scoreboards in docs/results.md and the model cards are those measured, and kept results are measured once."""
import json
import re
from types import SimpleNamespace

import pytest

from maskedit_helpers.places import HOME
from maskedit_helpers.studies import pages
from maskedit_helpers.studies.measured import FILE, read_rows
from maskedit_helpers.studies.origin import weights


def kept():
    return json.loads(pages.FILE.read_text(encoding="utf-8"))


def text_of(page):
    return (HOME / page).read_text(encoding="utf-8")


def lines_of(page, name):
    """The cells of a page's table, read without the code that writes it."""
    between = text_of(page).split(f"<!-- scoreboard: {name} -->")[1].split(f"<!-- end of {name} -->")[0]
    return [line.strip("| ").split(" | ") for line in between.strip().splitlines()]


@pytest.mark.parametrize("page", pages.PAGES)
def test_pages_hold_what_is_kept(page):
    text = text_of(page)
    for name, made in pages.tables(kept(), read_rows(FILE)).items():
        text = pages.written(text, name, made)
    assert text == text_of(page), "run `make scoreboard`"


def test_every_table_has_its_place():
    places = {page: re.findall(r"<!-- scoreboard: (\w+) -->\n\n\|", text_of(page)) for page in pages.PAGES}
    assert places == {"docs/results.md": ["cases", "scoreboard", "controls", "studies"],
                      "models/pocket/README.md": ["scoreboard"],
                      "models/pocket/mask_aware/README.md": ["mask_aware"]}


def test_numbers_on_the_page_are_the_kept_ones_rounded():
    head, _, *lines = lines_of("docs/results.md", "scoreboard")
    assert head == ["what", "mean", "95 % interval", "n"]
    scores = kept()["evaluate"]["scores"]
    assert len(lines) == len(scores)
    for (_, mean, interval, n), score in zip(lines, scores.values()):
        digits = len(mean.partition(".")[2])
        assert [float(mean), *map(float, interval.split(" to "))] == [
            round(score[what], digits) for what in ("mean", "low", "high")] and int(n) == score["n"]
    head, _, *lines = lines_of("docs/results.md", "controls")
    assert head[:4] == ["control", "truth PSNR (dB)", "edit PSNR (dB)", "background PSNR before the pixel blend (dB)"]
    rows = read_rows(FILE)[1]
    for control, *written in lines:
        for what, number in zip(("truth_psnr", "edit_psnr", "background_psnr"), written):
            values = [row[what] for row in rows if row["control"] == control]
            assert float(number) == pytest.approx(sum(values) / len(values), abs=0.0501)


def test_the_kept_results_are_of_the_weights_that_are_here():
    from maskedit_helpers.kit.kit import Kit
    from maskedit_helpers.kit.weights import choose

    here = weights(Kit(choose("pocket")))
    for part in kept().values():
        assert {what: part["run"][what] for what in here} == here
    assert kept()["evaluate"]["run"]["scenes"] == pages.SCENES and kept()["evaluate"]["run"]["seed"] == pages.WHICH


def test_only_what_has_changed_is_measured(monkeypatch, tmp_path):
    asked, run = [], {"code": 1}
    monkeypatch.setattr(pages, "origin", lambda kit, seed, settings, controls, words: {**run, "words": words})
    monkeypatch.setattr(pages, "evaluate", lambda kit, scenes, seed, ground: asked.append("evaluate") or {
        "scores": {"edit_psnr": {"mean": 20.0}}, "models": "known"})
    monkeypatch.setattr(pages.demo, "run_demo", lambda kit, out: asked.append("demo") or ([{"case": "dog"}], []))
    kit, file = SimpleNamespace(editor=SimpleNamespace(s_T=3.0, s_I=1.2, plan="fast")), tmp_path / "kept.json"
    first = pages.measured(kit, file)
    assert asked == ["evaluate", "demo"] and json.loads(file.read_text()) == first
    assert first["evaluate"]["scores"] == {"edit_psnr": {"mean": 20.0}} and first["demo"]["rows"] == [{"case": "dog"}]
    assert pages.measured(kit, file) == first and len(asked) == 2
    monkeypatch.setattr(pages, "SCENES", 61)
    pages.measured(kit, file)
    assert asked[2:] == ["evaluate"]
    run["code"] = 2
    pages.measured(kit, file)
    assert asked[3:] == ["evaluate", "demo"]


def test_a_table_is_written_between_its_comments_and_nowhere_else():
    page = "a\n<!-- scoreboard: cases -->\nold | 1\n<!-- end of cases -->\nb\n<!-- end of controls -->"
    again = pages.written(page, "cases", r"| \1 |")
    assert again == "a\n<!-- scoreboard: cases -->\n\n| \\1 |\n\n<!-- end of cases -->\nb\n<!-- end of controls -->"
    assert pages.written(again, "cases", r"| \1 |") == again
    assert pages.written(page, "controls", "x") == page
