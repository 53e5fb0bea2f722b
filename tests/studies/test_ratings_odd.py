"""Odd studies, small and one-sided: a number or a line that says why there is none; and what is shown and written."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.studies.ratings.figures import KINDS
from maskedit_helpers.studies.ratings.page import write_page
from maskedit_helpers.studies.ratings.telling import markdown, text

QUALITY = {"blend": [4.5, 3.8, 4.1, 3.0, 4.4, 2.9], "plain": [2.5, 2.0, 3.3, 2.2, 1.7, 3.1]}


def study(rows):
    """Rows of (rater, source, method, answer)."""
    return pd.DataFrame([{"rater": rater, "source": source, "method": method, "question": "q", "answer": answer}
                         for rater, source, method, answer in rows])


def full(answer, raters=6, sources=6, methods=("blend", "plain")):
    return study([(f"r{r}", f"s{s}", method, answer(r, s, m)) for r in range(raters) for s in range(sources)
                  for m, method in enumerate(methods)])


ODD = {
    "one answer": study([("ann", "dog", "blend", 4)]),
    "one rater": full(lambda r, s, m: 1 + (s + m) % 5, raters=1),
    "one item": full(lambda r, s, m: 1 + r % 5, sources=1, methods=("blend",)),
    "one source": full(lambda r, s, m: 1 + (r + m) % 5, sources=1),
    "one method": full(lambda r, s, m: 1 + (r * s) % 5, methods=("blend",)),
    "all answer five": full(lambda r, s, m: 5),
    "two answers": full(lambda r, s, m: 4 + (r + s + m) % 2),
    "all raters the same": full(lambda r, s, m: 1 + (s + 2 * m) % 5),
    "all items the same": full(lambda r, s, m: 1 + r % 5),
    "nearly all missing": full(lambda r, s, m: 3 if (r, s, m) in ((0, 0, 0), (1, 0, 0), (2, 3, 1)) else ""),
    "a rater without an answer": full(lambda r, s, m: "" if r == 0 else 1 + (r + s * m) % 5),
    "no item by two": full(lambda r, s, m: 1 + s % 5 if s == r else ""),
    "nobody sees both methods": full(lambda r, s, m: 1 + (r + s) % 5 if r % 2 == m else ""),
    "three raters, two sources": full(lambda r, s, m: 1 + (r + s + m) % 5, raters=3, sources=2),
    "one outlier": full(lambda r, s, m: 1 if (r, s, m) == (0, 0, 0) else 5),
    "words that mark": study([("a|b", "<s>", "`m*_", 3), ("a|b", "<t>", "`m*_", 4), ("$x^", "<s>", "`m*_", 2)]),
}


def numbers(found):
    for value in found.values() if isinstance(found, dict) else found:
        if isinstance(value, (dict, list, tuple)):
            yield from numbers(value)
        elif isinstance(value, float):
            yield value


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_study_has_numbers_or_lines_that_say_why(name, tmp_path):
    found = me.analyse_ratings(ODD[name])
    assert all(map(math.isfinite, numbers(found)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found  # nothing that JSON doesn't know
    for row in found["means"]:
        assert 1 <= row["mean"] <= 5
        for over in ("sources", "raters", "both"):
            assert (row[over]["low"] is None) == bool(row[over]["why"])
            if not row[over]["why"]:
                assert 1 <= row[over]["low"] <= row["mean"] <= row[over]["high"] <= 5
    for each in (one for by in found["agreement"].values() for some in by.values() for one in some.values()):
        assert (each["low"] is None) == bool(each["why"])
        assert each["value"] is None or each["value"] <= 1 + 1e-9
    for words in (text(found), markdown(found, {})):
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b", words)
    for kind in KINDS:
        try:
            figure = me.show_ratings(found, kind)
        except me.KitError as nothing:
            assert "\n" not in str(nothing)
        else:
            assert len(figure.alt) > 60 and not re.search(r"\bnan\b|None", figure.alt)
            figure.savefig(tmp_path / "drawn.png", dpi=40)


def test_what_is_said_of_them():
    said = {name: text(me.analyse_ratings(ODD[name])) for name in (
        "one rater", "all answer five", "one method", "no item by two", "one source", "nobody sees both methods")}
    assert "1 rater: too few for an interval, 5 are needed" in said["one rater"]
    assert "no item has answers of two raters" in said["one rater"]
    assert "all answers are 5, so there is nothing on which they could have disagreed" in said["all answer five"]
    assert "there is one method only" in said["one method"]
    assert "no item has answers of two raters" in said["no item by two"]
    assert "one source can't be tested" in said["one source"]
    assert "nobody has answered both on one source" in said["nobody sees both methods"]


@pytest.fixture(scope="module")
def ratings():
    return me.simulate_raters(QUALITY, raters=8, careless=1, repeats=0.3, seed=2)


@pytest.fixture(scope="module")
def analysis(ratings):
    return me.analyse_ratings(ratings)


def test_every_kind_of_picture_has_alt_text_and_names_the_simulated(ratings):
    items = ratings.drop_duplicates("item")["item"]
    found = me.analyse_ratings(ratings, metrics=pd.DataFrame({"item": items, "psnr": np.arange(len(items)) * 1.0}))
    for kind in KINDS:
        figure = me.show_ratings(found, kind)
        assert figure.alt.startswith("simulated raters: 8 raters, 12 items, ")
        titles = [axis.get_title(loc=side) for axis in figure.axes for side in ("left", "center")]
        assert any("simulated raters" in words for words in [figure.get_suptitle(), *titles])
    mean = next(row for row in found["means"] if row["method"] == "blend")["mean"]
    assert f"blend: mean {mean:.2f}" in me.show_ratings(ratings).alt  # of the ratings themselves, too


def test_bars_hold_all_answers_and_meet_in_the_middle(analysis):
    axis = me.show_ratings(analysis).axes[0]
    bars = [bar for bar in axis.patches if bar.get_width() > 0]
    rows = sorted(analysis["means"], key=lambda row: row["mean"])
    for y, row in enumerate(rows):
        mine = sorted((bar for bar in bars if abs(bar.get_y() + 0.35 - y) < 0.01), key=lambda bar: bar.get_x())
        assert sum(bar.get_width() for bar in mine) == pytest.approx(1)
        below = (row["counts"][0] + row["counts"][1] + row["counts"][2] / 2) / row["answers"]
        assert mine[0].get_x() == pytest.approx(-below)


@pytest.mark.parametrize("wrong", [dict(kind="pie"), dict(question="beauty"), dict(kind="metrics")])
def test_a_picture_that_there_is_none_of(analysis, wrong):
    with pytest.raises(me.KitError):
        me.show_ratings(analysis, **wrong)


def test_the_page_holds_its_pictures_and_alt_text(tmp_path, analysis):
    written = write_page(analysis, tmp_path / "new" / "page")
    page = written[0].read_text()
    shown = dict((name, alt) for alt, name in re.findall(r"^!\[(.+)\]\((\S+\.png)\)$", page, re.M))
    assert set(shown) == {"answers.png", "differences.png", "agreement.png", "raters.png", "samplesize.png"}
    for name, alt in shown.items():
        with Image.open(written[0].parent / name) as picture:
            assert picture.info["Description"].startswith("simulated raters") and alt.startswith("simulated raters")
    assert sorted(path.name for path in written) == sorted(path.name for path in written[0].parent.iterdir())
    for block in re.findall(r"(?:^\|.*\|\n)+", page, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def run(*words):
    return CliRunner().invoke(app, ["study", "analyse", *map(str, words)])


def test_the_command_says_what_the_verb_says(tmp_path, ratings):
    ratings.to_csv(tmp_path / "answers.csv", index=False)
    result = run(tmp_path / "answers.csv", "--json", "--without", "r08", "--width", "0.8")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    found = me.analyse_ratings(tmp_path / "answers.csv", without=["r08"], width=0.8)
    assert {name: said[name] for name in found} == found and said["files"] == []
    plain = run(tmp_path / "answers.csv", "-o", tmp_path / "page")
    assert plain.exit_code == 0 and plain.stdout.startswith("simulated raters: 8 raters, 12 items of 6 sources")
    assert (tmp_path / "page" / "ratings.md").is_file()
    assert json.loads((tmp_path / "page" / "ratings.json").read_text())["raters"] == 8


@pytest.mark.parametrize(("words", "says"), [
    (("none.csv",), "could not be read"), (("answers.csv", "--without", "nobody"), "there is no rater nobody"),
    (("answers.csv", "--metrics", "none.csv"), "could not be read"), (("answers.csv", "--study", "x"), "no study 'x'"),
    (("answers.csv", "-o", "answers.csv/page"), "could not be made"), ((), "Missing argument")])
def test_mistakes_are_one_line(tmp_path, ratings, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    ratings.to_csv("answers.csv", index=False)
    result = run(*words)
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1
