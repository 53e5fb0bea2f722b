"""What raters answer: kept at once, once, their own only; and what comes out. The file is read by sqlite3 alone."""

import csv
import io
import sqlite3
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import human
import pytest
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.studies.human.answers import COMMENT, Answers
from maskedit_helpers.studies.human.export import answers_csv, comments_csv, study_answers
from maskedit_helpers.studies.human.folder import open_study

COLUMNS = "study rater item source method question answer position repeat attention given_at".split()


@pytest.fixture
def study(tmp_path):
    return human.study(tmp_path / "study", attention=("untouched",))


def run(*words):
    return CliRunner().invoke(app, ["study", *map(str, words)])


def fill(study, rater, answers=None):
    answers = answers or Answers(study)
    for at in range(len(answers.order(rater))):
        answers.keep(rater, at, {"region": at % 5 + 1, "instruction": 3})


def test_of_several_answers_the_last_one_counts(study):
    answers = Answers(study)
    rater = answers.add_rater()
    answers.keep(rater, 0, {"region": 2})
    answers.keep(rater, 0, {"region": 5, "instruction": 1})
    item, showing = answers.order(rater)[0]
    assert sorted(human.kept(study)) == [(rater, item, showing, "instruction", 1), (rater, item, showing, "region", 5)]
    assert answers.given(rater) == {0: {"region": 5, "instruction": 1}} and answers.next(rater) == 1


def test_what_is_kept_is_there_for_another_process_at_once(study):
    rater = Answers(study).add_rater()
    Answers(study).keep(rater, 3, {"region": 4})
    assert len(human.kept(study)) == 1 and Answers(study).given(rater, 3) == {"region": 4}


@pytest.mark.parametrize(("at", "given", "word"), [
    (0, {"region": 6}, "region: the answer is 6"), (0, {"region": 0}, "0"), (0, {"region": "3"}, "'3'"),
    (0, {"region": True}, "True"), (0, {"region": None}, "None"), (0, {"region": 2.0}, "2.0"),
    (0, {"colour": 3}, "no question is called 'colour'"), (-1, {"region": 3}, "position -1"),
    (99, {"region": 3}, "position 99"), ("0", {"region": 3}, "position 0"),
    (0, {"region": 3, "instruction": 9}, "instruction: the answer is 9"),
])
def test_what_can_be_no_answer_keeps_nothing(study, at, given, word):
    answers = Answers(study)
    with pytest.raises(me.KitError, match=word):
        answers.keep(answers.add_rater(), at, given)
    assert human.kept(study) == []


def test_the_file_itself_refuses_what_was_not_shown(study):
    rater, other = (Answers(study).add_rater() for _ in range(2))
    item, showing = Answers(study).order(rater)[0]
    base = sqlite3.connect(study.folder / "answers.sqlite3")
    base.execute("PRAGMA foreign_keys = ON")
    row = [study.name, rater, item, showing, "region", 3, "now"]
    for place, wrong in ((1, "nobody"), (2, "0000000000000000"), (3, 7), (5, 6)):
        with pytest.raises(sqlite3.IntegrityError):
            base.execute("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", [*row[:place], wrong, *row[place + 1:]])
    base.execute("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        base.execute("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    base.close()


def test_raters_who_come_at_once_are_different_ones(study):
    found, errors = [], []

    def come():
        try:
            found.extend(Answers(study).add_rater() for _ in range(3))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(set(found)) == 24
    raters = Answers(study).raters()
    assert [one["number"] for one in raters] == list(range(24))
    tokens = {Answers(study).token(number) for number in range(24)}
    assert len(tokens) == 24 and min(map(len, tokens)) == 20
    everything = (study.folder / "answers.sqlite3").read_bytes() + b"".join(
        path.read_bytes() for path in study.folder.glob("answers.sqlite3-wal"))
    assert not any(token.encode() in everything for token in tokens)  # hashes only


def test_a_token_leads_to_its_rater_only(study, tmp_path):
    answers = Answers(study)
    raters = [answers.add_rater() for _ in range(3)]
    assert [answers.rater_with(answers.token_of(rater)) for rater in raters] == raters
    token = answers.token_of(raters[0])
    for wrong in ("", token[:-1], token + "a", token.upper(), "' OR 1=1 --", "\ud800", "é" * 20,
                  answers.token(3), Answers(human.study(tmp_path / "other")).token(0)):
        assert answers.rater_with(wrong) is None
    with pytest.raises(me.KitError, match="3 raters, which is all"):
        answers.add_rater(most=3)


def test_the_long_form(study):
    """Held against the pictures: the item of a row is the picture that stood at its position."""
    answers = Answers(study)
    raters = [answers.add_rater() for _ in range(3)]
    fill(study, raters[0])
    answers.keep(raters[2], 4, {"region": 5})
    rows = study_answers(study)
    assert all(list(row) == COLUMNS for row in rows) and len(rows) == 2 * 14 + 1  # 12 edits, a repeat, one untouched
    by_hand = {item["item"]: item for item in study.told["items"]}
    for row in rows:
        item, repeat = study.order(raters.index(row["rater"]))[row["position"]]
        assert (row["item"], row["repeat"], row["study"]) == (item, repeat, "study")
        assert all(row[key] == by_hand[item][key] for key in ("source", "method", "attention"))
        given_at = datetime.fromisoformat(row["given_at"])
        assert given_at.utcoffset() == timedelta(0) and abs(given_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert [row["answer"] for row in rows if row["question"] == "region"] == [at % 5 + 1 for at in range(14)] + [5]
    attended = [row for row in rows if row["attention"]]
    assert len(attended) == 2 and {(row["attention"], row["method"]) for row in attended} == {("untouched", "")}
    assert sum(row["repeat"] for row in rows) == 2
    methods = Counter(row["method"] for row in rows if row["rater"] == raters[0] and not row["repeat"])
    assert methods == {"": 2} | dict.fromkeys(human.METHODS, 8)


def test_unsure_is_an_empty_answer(tmp_path):
    file = tmp_path / "q.toml"
    file.write_text('[[questions]]\nname = "good"\ntext = "Good?"\nlow = "no"\nhigh = "yes"\nunsure = "who knows"')
    study = human.study(tmp_path / "study", questions=file)
    answers = Answers(study)
    rater = answers.add_rater()
    answers.keep(rater, 0, {"good": None})
    assert answers.next(rater) == 1 and study_answers(study)[0]["answer"] is None
    assert list(csv.DictReader(io.StringIO(answers_csv([study]))))[0]["answer"] == ""


def test_several_studies_in_one_file_and_what_people_said(tmp_path):
    one, other = human.study(tmp_path / "one"), human.study(tmp_path / "two")
    for study in (one, other):
        fill(study, Answers(study).add_rater())
    rows = list(csv.DictReader(io.StringIO(answers_csv([one, other]))))
    assert Counter(row["study"] for row in rows) == {"one": 26, "two": 26} and list(rows[0]) == COLUMNS
    with pytest.raises(me.KitError, match="one name"):
        answers_csv([one, human.study(tmp_path / "three", name="one")])
    for comment in ("=1+1", "-2", 'nice, "really"\nI mean it', "<b>ä</b>", "   "):
        Answers(one).finish(Answers(one).add_rater(), comment)
    with pytest.raises(me.KitError, match="4000 fit"):
        Answers(one).finish(Answers(one).add_rater(), "a" * (COMMENT + 1))
    comments = [row["comment"] for row in csv.DictReader(io.StringIO(comments_csv([one])))]
    assert comments == ["'=1+1", "'-2", 'nice, "really"\nI mean it', "<b>ä</b>"]


def test_the_command_line(tmp_path):
    for place in ("a", "b", "c"):
        (tmp_path / "in" / place).mkdir(parents=True)
        source = human.sources(1)["source-0"]
        for name, picture in {"original": source["original"], "mask": source["mask"], **source["edits"]}.items():
            me.write_png(tmp_path / "in" / place / f"{name}.png", picture)
    folder = tmp_path / "study"
    made = run("new", folder, tmp_path / "in", "--methods", "plain,blend", "--instruction", "make it so", "--seed", "3")
    assert made.exit_code == 0, made.stderr
    assert "3 sources, 2 methods (plain, blend); a rater sees 7 pages" in made.stdout
    assert run("status", folder).stdout == "study: 0 raters, 0 at the end\n"
    study = open_study(folder)
    first, second = (Answers(study).add_rater() for _ in range(2))
    fill(study, first)
    Answers(study).finish(first, "good fun")
    Answers(study).keep(second, 0, {"region": 1})
    lines = run("status", folder).stdout.splitlines()
    assert lines[0] == "study: 2 raters, 1 at the end"
    assert f"{first}    7 of 7  at the end" in lines[1] and f"{second}    0 of 7  last answer 20" in lines[2]
    assert run("export", folder).stdout == answers_csv([folder])
    assert run("export", folder, "-o", tmp_path / "a.csv").stdout.endswith("a.csv: 15 rows\n")
    assert (tmp_path / "a.csv").read_text() == answers_csv([folder])
    assert run("export", folder, "--comments").stdout == f"study,rater,comment\nstudy,{first},good fun\n"
    for words, said in ((("new", folder, tmp_path / "in"), "is there already"),
                        (("new", tmp_path / "n"), "one of the two"), (("status", tmp_path), "is no study"),
                        (("serve", tmp_path), "is no study"),
                        (("serve", folder, "--port", "99999999"), "can't listen"),
                        (("serve", folder, "--host", "192.0.2.7"), "can't listen")):
        result = run(*words)
        assert result.exit_code == 2 and said in result.stderr and result.stderr.count("\n") == 1


def test_answers_that_cannot_be_read_are_said(study):
    (study.folder / "answers.sqlite3").write_bytes(b"no database at all, and long enough to be looked at " * 20)
    with pytest.raises(me.KitError, match="answers.sqlite3: the answers can't be read or kept"):
        Answers(study)
