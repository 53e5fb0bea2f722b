"""What the kit wrote is known from what others put beside it, whatever lies there; `maskedit clean` removes that."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers import places, written
from maskedit_helpers.cli.app import app

PICTURE = np.full((8, 8, 3), 90, np.uint8)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The folder of results, not there yet; the project's own is elsewhere too."""
    monkeypatch.delenv("MASKEDIT_RESULTS", raising=False)
    for module in (places, written):
        monkeypatch.setattr(module, "HOME", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def write(path):
    """As the kit's verbs do."""
    written.make_folder(path.parent)
    me.write_png(path, PICTURE)
    return path


def run(*words, answer=None):
    return CliRunner().invoke(app, ["clean", *words], input=answer)


def cleaned():
    result = run("--yes", "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def everything(folder):
    """{path: bytes, or None of a folder}, but for the note."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
            if path.name != written.NOTE}


def test_what_the_kit_wrote_goes_and_its_folders_with_it(results):
    paths = [write(results / name) for name in ("00_shirt.png", "demo/demo.png", "demo/dog/mask.png")]
    size = sum(path.stat().st_size for path in paths)
    answer = cleaned()
    assert answer == {"removed": sorted(map(str, paths)), "freed_bytes": size, "left": [], "could_not_be_removed": []}
    assert [*results.iterdir()] == []
    assert run("--yes").stdout == "nothing to remove\n"


def test_where_nothing_was_ever_written(results):
    for words in ((), ("--yes",)):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (0, "nothing to remove\n")
    assert not results.exists()


def test_what_a_person_put_there_is_left_and_named(results, tmp_path):
    for name in ("a.png", "demo/dog/mask.png", "demo/dog/soft.png"):
        write(results / name)
    theirs = {"notes.txt": b"mine", "demo/dog/mask2.png": b"mine", "demo/dog/.mask.png": b"mine", "b.png": b"mine",
              "mine/a.png": (results / "a.png").read_bytes(), "a copy.png": (results / "a.png").read_bytes(),
              "demo/dog/soft.png": b"painted over"}
    for name, data in theirs.items():
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_bytes(data)
    (results / "empty").mkdir()
    answer = cleaned()
    assert answer["removed"] == [str(results / name) for name in ("a.png", "demo/dog/mask.png")]
    named = {"notes.txt", "demo/dog/mask2.png", "demo/dog/.mask.png", "b.png", "mine", "a copy.png",
             "demo/dog/soft.png", "empty"}
    assert answer["left"] == sorted(str(results / name) for name in named)
    assert {path.relative_to(results).as_posix(): data for path, data in everything(results).items()
            if data is not None} == theirs
    for name in theirs:  # once they are gone, the kit's folders go too, and the person's stay
        (results / name).unlink()
    cleaned()
    assert set(everything(results)) == {results / "mine", results / "empty"}


def test_a_folder_that_somebody_made_stays(results):
    (results / "mine").mkdir(parents=True)
    me.write_png(results / "mine" / "a.png", PICTURE)
    assert cleaned()["removed"] == [str(results / "mine/a.png")]
    assert set(everything(results)) == {results / "mine"}


def test_pictures_elsewhere_are_none_of_its_business(results, tmp_path):
    elsewhere = [write(tmp_path / name) for name in ("pictures/a.png", "results2/a.png", "a.png")]
    write(results / "a.png")
    assert cleaned()["removed"] == [str(results / "a.png")]
    assert all(path.is_file() for path in elsewhere)
    assert not list(tmp_path.rglob(written.NOTE))


def test_the_folder_that_the_environment_names(results, tmp_path, monkeypatch):
    first = write(results / "a.png")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path / "other"))
    assert me.results() == tmp_path / "other"
    second = write(me.results("a.png"))
    answer = cleaned()
    assert answer["removed"] == sorted([str(first), str(second)])
    assert answer["left"] == [str(tmp_path / "other" / "mine.txt")]


def test_one_folder_of_results_in_the_other(results, monkeypatch):
    write(results / "a.png")
    monkeypatch.setenv("MASKEDIT_RESULTS", str(results / "today"))
    write(me.results("b.png"))
    answer = cleaned()
    assert answer["removed"] == [str(results / "a.png"), str(results / "today/b.png")] and answer["left"] == []


def links(results, tmp_path, how):
    """Something of a person's, reached by a link where the kit wrote; the file that must stay."""
    mine = tmp_path / "mine"
    mine.mkdir()
    write(results / "demo/dog.png")
    (mine / "dog.png").write_bytes((results / "demo/dog.png").read_bytes())
    (results / "demo/dog.png").unlink()
    if how == "a file":
        (results / "demo/dog.png").symlink_to(mine / "dog.png")
    elif how == "a folder":
        (results / "demo").rmdir()
        (results / "demo").symlink_to(mine, target_is_directory=True)
    return mine / "dog.png"


@pytest.mark.parametrize("how", ["a file", "a folder"])
def test_what_lies_behind_a_link_is_left(results, tmp_path, how):
    mine = links(results, tmp_path, how)
    before = everything(tmp_path)
    assert cleaned()["removed"] == []
    assert everything(tmp_path) == before
    if how == "a folder":  # also when the kit itself wrote there
        me.write_png(results / "demo" / "cat.png", PICTURE)
        assert cleaned()["removed"] == [] and (mine.parent / "cat.png").is_file()


def test_a_folder_of_results_that_is_itself_a_link(results, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "mine.txt").write_text("mine")
    results.symlink_to(tmp_path / "disk", target_is_directory=True)
    write(results / "demo/a.png")
    answer = cleaned()
    assert answer["removed"] == [str(tmp_path / "disk/demo/a.png")]
    assert answer["left"] == [str(tmp_path / "disk/mine.txt")]
    assert results.is_symlink() and [path.name for path in results.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("place", ["../mine.png", "/mine.png", "demo/../../mine.png", "demo/../a.png", ".", "", 3,
                                   None])
def test_a_note_that_leads_out_leads_nowhere(results, tmp_path, place):
    """Whoever may write in the folder may write the note; and a torn line is passed over."""
    write(results / "demo/a.png")
    me.write_png(tmp_path / "mine.png", PICTURE)
    place = str(tmp_path / "mine.png") if place == "/mine.png" else place
    digest = json.loads((results / written.NOTE).read_text().splitlines()[-1])["sha256"]
    with open(results / written.NOTE, "a") as note:
        for line in ({"file": place, "sha256": digest}, {"folder": place}, {"nothing": 1}, 4, [], None):
            note.write(json.dumps(line) + "\n")
        note.write('{"file": "demo/a.p')
    assert cleaned()["removed"] == [str(results / "demo/a.png")]
    assert (tmp_path / "mine.png").is_file() and results.is_dir()


def test_a_note_that_is_a_link_is_neither_read_nor_written(results, tmp_path):
    results.mkdir()
    (tmp_path / "diary").write_text("mine")
    (results / written.NOTE).symlink_to(tmp_path / "diary")
    write(results / "a.png")
    assert cleaned()["removed"] == [] and (tmp_path / "diary").read_text() == "mine"


def test_a_file_with_another_name_elsewhere_frees_nothing(results, tmp_path):
    os.link(write(results / "a.png"), tmp_path / "kept.png")
    answer = cleaned()
    assert answer["removed"] == [str(results / "a.png")] and answer["freed_bytes"] == 0
    assert (tmp_path / "kept.png").is_file()


def test_without_a_terminal_it_refuses_in_one_line(results):
    write(results / "a.png")
    before = everything(results)
    for words in ((), ("--json",)):
        result = run(*words)
        assert result.exit_code == 2 and result.stdout == "" and result.stderr.count("\n") == 1
        assert result.stderr.startswith("maskedit: 1 file, ") and "--yes" in result.stderr
    assert everything(results) == before


def test_in_a_terminal_it_lists_and_asks(results, monkeypatch):
    monkeypatch.setattr("maskedit_helpers.cli.clean.asked", lambda: True)
    path = write(results / "a.png")
    (results / "mine.txt").write_text("mine")
    no = run(answer="n\n")
    assert no.exit_code == 0 and no.stdout.endswith("nothing was removed\n") and path.is_file()
    assert str(path) in no.stderr and str(results / "mine.txt") in no.stderr and "remove 1 file" in no.stderr
    assert run(answer="").exit_code != 0 and path.is_file()  # stdin ends: no answer is no yes
    yes = run("--json", answer="y\n")
    assert json.loads(yes.stdout.strip().splitlines()[-1])["removed"] == [str(path)]
    assert not path.exists() and (results / "mine.txt").is_file()


def test_a_file_that_changes_while_it_asks_stays(results):
    write(results / "a.png")
    ours, _ = written.find()
    write(results / "b.png")  # and one that came later is not removed unasked
    (results / "a.png").write_bytes(b"painted over")
    assert written.remove(ours) == ({}, {})
    assert cleaned()["removed"] == [str(results / "b.png")] and (results / "a.png").read_bytes() == b"painted over"


def test_what_the_system_does_not_let_go_is_one_line(results, monkeypatch):
    first, second = (write(results / "demo" / name) for name in ("a.png", "b.png"))

    def refuse(path, missing_ok=False):
        if path.name == "a.png":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        os.unlink(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    result = run("--yes", "--json")
    assert result.exit_code == 2
    assert result.stderr == f"maskedit: {first}: could not be removed (Permission denied)\n"
    answer = json.loads(result.stdout)
    assert answer["removed"] == [str(second)] and answer["could_not_be_removed"] == [str(first)]
    monkeypatch.undo()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(results):
    path = write(results / "demo" / "a.png")
    path.parent.chmod(0o555)
    try:
        result = run("--yes")
        assert result.exit_code == 2 and f"{path}: could not be removed (Permission denied)" in result.stderr
    finally:
        path.parent.chmod(0o755)
    assert cleaned()["removed"] == [str(path)]


def test_a_picture_is_written_also_where_no_note_can_be(results):
    written.make_folder(results)
    (results / written.NOTE).mkdir()
    assert write(results / "a.png").is_file()
    assert cleaned()["removed"] == []


def test_what_was_noted_by_two_at_once_is_all_there(results):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(write, [results / f"{i}.png" for i in range(40)]))
    assert cleaned()["removed"] == sorted(map(str, paths))
