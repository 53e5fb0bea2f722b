"""The page's table of the benchmark is what was kept of its last run; that this is of today, nobody asks."""
import json
import shutil

import pytest

from maskedit_helpers.studies.bench import page as bench_page
from maskedit_helpers.studies.pages import written


@pytest.fixture
def kept():
    return json.loads(bench_page.FILE.read_text(encoding="utf-8"))


def between():
    page = bench_page.PAGE.read_text(encoding="utf-8")
    return page.split("<!-- scoreboard: bench -->")[1].split("<!-- end of bench -->")[0]


def test_the_page_holds_what_is_kept(kept):
    text = bench_page.PAGE.read_text(encoding="utf-8")
    assert written(text, "bench", bench_page.table(kept)) == text, "run `make bench`, or write its kept result"


def test_numbers_on_the_page_are_the_kept_ones_rounded(kept):
    head, _, *lines = [line.strip("| ").split(" | ") for line in between().strip().splitlines() if line[:1] == "|"]
    rows, best = kept["editors"], kept["best_of_stock"]
    names = dict.fromkeys(["stock", best, *(name for name in rows if not name.startswith("stock"))])
    assert len(lines) == len(names)
    for name, line in zip(names, lines):
        shown, row = dict(zip(head, line)), rows[name]
        assert shown["seconds"].split(" (")[0] == f"{row['seconds']['median']:.2f}"
        assert float(shown["× stock"]) == round(rows["stock"]["seconds"]["median"] / row["seconds"]["median"], 1)
        assert float(shown["× stock's best"]) == round(rows[best]["seconds"]["median"] / row["seconds"]["median"], 1)
        assert float(shown["edit PSNR (dB)"]) == round(row["edit_psnr"], 1)
        assert float(shown["sharpness"]) == round(row["sharpness"], 3)
        assert int(shown["U-Net rows"]) == row["unet_rows"]
        assert shown["quality held"] == ("yes" if row["holds"] else "no")


def test_the_page_names_the_machine_and_the_scenes(kept):
    words = between()
    scenes = f"{kept['scenes']} scene{'' if kept['scenes'] == 1 else 's'} of seed {kept['seed']}"
    assert kept["machine"]["cpu"] in words and scenes in words
    assert ("machine was busy" in words) is kept["machine"]["busy"]


def test_the_command_keeps_draws_and_writes(kept, monkeypatch, tmp_path, capsys):
    page, changed = tmp_path / "speed.md", json.loads(json.dumps(kept))
    shutil.copy(bench_page.PAGE, page)
    changed["editors"]["stock"]["unet_rows"] = 61
    drawn = []
    monkeypatch.setattr(bench_page, "HOME", tmp_path)
    monkeypatch.setattr(bench_page, "PAGE", page)
    monkeypatch.setattr(bench_page, "FILE", tmp_path / "bench.json")
    monkeypatch.setattr(bench_page, "FIGURE", tmp_path / "figures" / "bench.png")
    monkeypatch.setattr(bench_page, "bench", lambda kit, figure, progress: drawn.append(figure) or changed)
    bench_page.main()
    assert json.loads((tmp_path / "bench.json").read_text()) == changed and drawn == [tmp_path / "figures/bench.png"]
    assert "| 61 |" in page.read_text()
    assert "written" in capsys.readouterr().out
    before = page.read_text().split("<!-- scoreboard: bench -->")[0]
    monkeypatch.undo()
    assert bench_page.PAGE.read_text(encoding="utf-8").startswith(before)
