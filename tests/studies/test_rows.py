"""A file of rows through kills, full disks and changes of all that its rows depend on."""
import json
import resource
from pathlib import Path

import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.measured import FILE, control_rows, read_rows
from maskedit_helpers.studies.rows import Rows

RUN = {"models": "pocket", "device": "cpu", "seed": 0, "settings": {"s_T": 3.0}, "editor": "e", "SAM": "s", "CLIP": "c",
       "drawing_code": "d", "editing_code": "i", "scoring_code": "m",
       "controls": {"blend": "Blend()", "crop": "Crop()"}}


def row(scene, control, source="click"):
    return {"scene": scene, "control": control, "source": source, "edit_psnr": scene / 7}


ROWS = [row(scene, control) for scene in (1, 2) for control in ("blend", "crop")]


@pytest.fixture
def file(tmp_path):
    book = Rows(tmp_path / "rows.jsonl", RUN)
    for one in ROWS:
        book.add(one)
    return tmp_path / "rows.jsonl"


def test_rows_come_back_as_they_were_and_the_file_is_left_alone(file):
    before = file.stat().st_ino, file.read_bytes()
    book = Rows(file, RUN)
    assert book.rows == ROWS and (1, "crop", "click") in book.done and len(book.done) == 4
    assert (file.stat().st_ino, file.read_bytes()) == before


@pytest.mark.parametrize("what", [name for name in RUN if name != "controls"])
def test_each_thing_that_rows_depend_on_counts(file, what):
    before = file.read_bytes()
    with pytest.raises(KitError, match=rf"another run \(other {what.replace('_', ' ')}\)"):
        Rows(file, {**RUN, what: "another"})
    del (older := json.loads(before.splitlines()[0]))[what]
    file.write_text("\n".join((json.dumps({"models": "pocket", **older}), *map(json.dumps, ROWS))) + "\n")
    if what != "models":
        with pytest.raises(KitError, match=f"other {what.replace('_', ' ')}"):  # it is not known, so it may be another
            Rows(file, RUN)


def test_a_control_that_has_other_settings_is_measured_anew_and_no_other(file):
    changed = {**RUN, "controls": {"crop": "Crop(padding=1)", "latent": "LatentBlend()"}}
    with pytest.warns(UserWarning, match="crop had other settings or other code; 2 rows are measured anew"):
        book = Rows(file, changed)
    assert [one["control"] for one in book.rows] == ["blend", "blend"]
    book.add(row(1, "crop"))
    run, rows = read_rows(file)
    assert run["controls"] == {"blend": "Blend()", **changed["controls"]} and len(rows) == 3
    with pytest.warns(UserWarning, match="crop had other settings or other code; 1 rows"):
        Rows(file, RUN)


def test_words_may_join_rows_of_clicks_but_not_of_other_words(file):
    with_words = {**RUN, "words": "grounding"}
    book = Rows(file, with_words)
    assert book.rows == ROWS
    book.add(row(1, "blend", "words"))
    assert Rows(file, RUN).rows == [*ROWS, row(1, "blend", "words")]  # clicks only, the words' rows stay
    with pytest.raises(KitError, match="other words"):
        Rows(file, {**RUN, "words": "another detector"})


def test_a_torn_row_goes_and_nothing_else(file):
    with open(file, "a") as torn:
        torn.write('{"scene": 3, "cont')
    assert Rows(file, RUN).rows == ROWS
    assert [json.loads(line) for line in file.read_text().splitlines()] == [RUN, *ROWS]


@pytest.mark.parametrize("nothing", ["", "\n", "  "])
def test_an_empty_file_is_a_fresh_one(tmp_path, nothing):
    file = tmp_path / "rows.jsonl"
    file.write_text(nothing)
    assert Rows(file, RUN).rows == [] and json.loads(file.read_text()) == RUN


def test_a_full_disk_at_the_start_leaves_all_rows(file):
    with open(file, "a") as torn:
        torn.write('{"scene": 3')  # so that the file is written anew
    before, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(KitError, match="could not be written"):
            Rows(file, RUN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before and [*file.parent.iterdir()] == [file]


def test_a_full_disk_later_is_one_line(file):
    book = Rows(file, RUN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, limits[1]))
    try:
        with pytest.raises(KitError, match="rows.jsonl: could not be written"):
            book.add(row(9, "blend"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Rows(file, RUN).rows == ROWS


def test_a_link_stays_one(file, tmp_path):
    (link := tmp_path / "link.jsonl").symlink_to(file)
    with open(file, "a") as torn:
        torn.write("{")
    Rows(link, RUN)
    assert link.is_symlink() and len(file.read_text().splitlines()) == 5


@pytest.mark.parametrize("text", ["my notes", "my notes\n", "[1, 2]\n", '{"scene": 1, "control": "blend"}\n',
                                  '{"models": "pocket"}\n{"a": 1}\n', '{"models": "pocket"}\nnotes\n'])
def test_what_holds_no_rows_is_refused_and_left_alone(tmp_path, text):
    file = tmp_path / "notes.txt"
    file.write_text(text)
    for read in (lambda: Rows(file, RUN), lambda: control_rows(file)):
        with pytest.raises(KitError, match="notes.txt holds no rows of a scoreboard"):
            read()
    assert file.read_text() == text


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KitError, match="there is no folder"):
        Rows(tmp_path / "no" / "rows.jsonl", RUN)
    with pytest.raises(KitError, match="is not there"):
        control_rows(Path("no.jsonl"))


def test_the_kept_rows_are_all_there():
    rows, (run, _) = control_rows(), read_rows(FILE)
    assert len(rows) == len({(one["scene"], one["control"]) for one in rows}) == 50 * len(run["controls"]) == 350
    assert {one["control"] for one in rows} == set(run["controls"]) and {one["source"] for one in rows} == {"click"}
