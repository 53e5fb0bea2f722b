"""Sweeps: each cell once, whatever stops them, however many there are at once; and the command line."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.sweep.cell import WORK, cells_of, claimed, do_cell
from maskedit_helpers.studies.sweep.spec import read_spec

HERE = Path(__file__).parent
STUDY = """
task = "toy_sweep:TOY"
[factors]
colour = ["red", "blue"]
number = [1, 2, 3]
"""
ALL = [f"{colour}-{number}" for colour in ("red", "blue") for number in (1, 2, 3)]


class Place:
    """A folder with a study, and what its task was called for."""

    def __init__(self, folder):
        self.spec, self.rows, self.notes = folder / "toy.toml", folder / "toy", folder / "calls"
        self.write(STUDY)

    def write(self, text):
        self.spec.write_text(text)

    def calls(self, what="begin"):
        """[(seconds, process, cell, threads)] of each call that began, or that ended."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        calls = [line.split() for line in lines]
        return [(float(when), int(pid), cell, threads) for said, when, pid, cell, threads in calls if said == what]

    def begun(self):
        return sorted(call[2] for call in self.calls())

    def start(self, *words, **more):
        """The sweep in a process of its own, heeding Ctrl-C, which a shell's background ignores."""
        heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        command = [sys.executable, "-m", "maskedit_helpers", "sweep", "run", str(self.spec), *words]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=heed,
                                **more)

    def wait_for(self, count, process=None):
        """Until so many cells were begun."""
        until = time.monotonic() + 60
        while len(self.calls()) < count:
            assert time.monotonic() < until and (process is None or process.poll() is None)
            time.sleep(0.01)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_CALLS", str(tmp_path / "calls"))
    path = [str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    return Place(tmp_path)


def swept(place, workers=1, **more):
    return me.sweep(place.spec, workers, progress=False, **more)


def run(*words):
    return CliRunner().invoke(app, ["sweep", *map(str, words)])


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_each_cell_is_done_once_and_its_rows_are_kept(place):
    rows = swept(place)
    assert place.begun() == sorted(ALL)
    assert [(row["colour"], row["number"], row["scene"]) for row in rows] == [
        (*cell.split("-")[:1], int(cell[-1]), scene) for cell in ALL for scene in range(3)]
    assert len(files(place.rows)) == 6 and all(name.endswith(".parquet") for name in files(place.rows))
    assert swept(place) == rows == me.study_rows(place.spec) == me.study_rows(place.spec, current=True)
    assert len(place.calls()) == 6


def test_what_changed_is_done_anew_and_never_mixed_with_what_was(place, monkeypatch):
    rows = swept(place)
    place.write(STUDY.replace("[1, 2, 3]", "[1, 2, 4]"))
    with pytest.warns(UserWarning, match="2 of 6 cells .* are missing"):
        assert len(me.study_rows(place.spec)) == 12
    swept(place)
    assert place.begun()[:4] + place.begun()[-4:] == ["blue-1", "blue-2", "blue-3", "blue-4",
                                                      "red-1", "red-2", "red-3", "red-4"]
    place.write(STUDY)
    assert swept(place) == rows and len(place.calls()) == 8  # the old cells were still there
    monkeypatch.setenv("TOY_DEPENDS", "2")
    with pytest.raises(KitError, match="no rows of this study"):
        me.study_rows(place.spec, current=True)
    assert me.study_rows(place.spec) == rows  # as they were kept: no model is needed to read them
    place.write(STUDY.replace("[1, 2, 3]", "[1]"))
    swept(place)
    assert len(place.calls()) == 10
    place.write(STUDY)
    with pytest.warns(UserWarning, match="4 of 6 cells"):  # none of the others is taken for a current one
        assert [row["number"] for row in me.study_rows(place.spec)] == [1] * 6


def test_processes_do_the_same_rows_with_one_thread_each(place, tmp_path):
    rows = swept(place)
    done = len(place.calls())
    assert swept(place, 2, rows=tmp_path / "elsewhere") == rows
    calls = place.calls()[done:]
    assert sorted(call[2] for call in calls) == sorted(ALL)
    assert os.getpid() not in {call[1] for call in calls} and {call[3] for call in calls} == {"1"}


def test_two_processes_work_at_the_same_time(place):
    """Of the time in which either is in a cell both are in seven tenths at least, so two do 1.7 times what one does.

    It is counted from when both have begun, and heeds no seconds: a busy machine slows both alike.
    """
    place.write('task = "toy_sweep:TOY"\n[fixed]\nwork = 40000\n[factors]\nnumber = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n')
    swept(place, 2)
    spans = {}
    for begin, end in zip(sorted(place.calls(), key=lambda call: call[2]),
                          sorted(place.calls("end"), key=lambda call: call[2])):
        assert begin[1:3] == end[1:3]
        spans.setdefault(begin[1], []).append((begin[0], end[0]))
    assert len(spans) == 2
    first = max(min(begin for begin, _ in each) for each in spans.values())
    last = min(max(end for _, end in each) for each in spans.values())
    moments = [first + (last - first) * (i + 0.5) / 1000 for i in range(1000)]
    busy = [sum(any(begin <= moment < end for begin, end in each) for each in spans.values()) for moment in moments]
    assert busy.count(2) >= 0.7 * (1000 - busy.count(0)) and busy.count(0) < 300


def test_killed_five_times_it_ends_with_the_same_rows_none_of_them_twice(place, tmp_path):
    """At random moments of 40 cells, by one process and by two."""
    place.write('task = "toy_sweep:TOY"\n[fixed]\nnap = 0.05\n[factors]\n'
                f'colour = ["red", "blue"]\nnumber = {[*range(20)]}\n')
    unbroken = swept(place, rows=tmp_path / "unbroken")
    place.notes.unlink()
    chance = random.Random()
    for workers in (1, 2, 1, 2, 1):
        sweep = place.start("--workers", str(workers), start_new_session=True)
        place.wait_for(len(place.calls()) + chance.randint(2, 4), sweep)
        time.sleep(chance.uniform(0, 0.05))
        sweep.kill()
        assert sweep.wait() == -signal.SIGKILL
        sweep.stderr.close()
    kept = len(list(place.rows.glob("*.parquet")))
    assert 0 < kept < 40
    assert swept(place) == unbroken and len(unbroken) == 40 * 3
    assert files(place.rows) == files(tmp_path / "unbroken")  # 40 files, and nothing that the dead left
    assert len(place.calls()) <= 40 + 1 + 2 + 1 + 2 + 1  # lost are at most the cells under way


def test_two_sweeps_at_once_share_the_cells(place):
    place.write(STUDY + "[fixed]\nnap = 0.3\n")
    other = place.start("--workers", "1")
    place.wait_for(1, other)
    rows = swept(place)
    assert other.wait(60) == 0
    other.stderr.close()
    assert place.begun() == sorted(ALL) and {call[1] for call in place.calls()} == {os.getpid(), other.pid}
    assert rows == me.study_rows(place.spec) and len(rows) == 18


def test_a_cell_whose_owner_dies_is_taken_over(place):
    key = next(iter(cells_of(read_spec(place.spec), place.rows)))
    code = ("import sys, time\nfrom maskedit_helpers.studies.sweep.cell import claimed\n"
            "with claimed(*sys.argv[1:]) as mine:\n    print(mine, flush=True)\n    time.sleep(60)")
    holder = subprocess.Popen([sys.executable, "-c", code, str(place.rows), key], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    with claimed(place.rows, key) as mine:
        assert not mine
    sweep = place.start("--workers", "1")
    place.wait_for(5, sweep)
    time.sleep(0.3)
    assert sweep.poll() is None and json.loads(run("status", place.spec, "--json").stdout)["under_way"] == 1
    holder.kill()
    holder.communicate()
    assert sweep.wait(60) == 0
    sweep.stderr.close()
    assert place.begun() == sorted(ALL) and len(files(place.rows)) == 6


def test_a_cell_that_fails_is_named_and_the_others_are_kept(place):
    place.write(STUDY + '[[cells]]\nnumber = 9\ntrap = "raise"\n')
    for attempt in (1, 2):
        answer = run("run", place.spec, "--workers", 2 if attempt == 1 else 1)
        assert answer.exit_code == 2 and answer.stderr.count("\n") == 1
        assert "1 of 7 cells failed" in answer.stderr and "number 9, trap raise: ValueError: a trap" in answer.stderr
        assert len(place.calls()) == 6 + attempt  # tried again, but no other
    told = json.loads(run("status", place.spec, "--json").stdout)
    assert (told["done"], told["missing"], told["failed"], told["rows"]) == (6, 1, 1, 18)
    [failure] = told["failures"]
    assert failure["why"] == "ValueError: a trap" and "Traceback" in Path(failure["log"]).read_text()
    assert told["levels"]["trap"] == {"": [6, 6], "raise": [0, 1]}
    assert "number 9: 0 of 1" in run("status", place.spec).stdout


def test_mistakes_are_told_before_any_work(place):
    place.write(STUDY.replace('"blue"', '"plaid"'))
    with pytest.raises(KitError, match="no such colour; take red or blue"):
        swept(place)
    place.write(STUDY)
    for words, said in (({"on": "moon"}, "on 'moon': a sweep runs on local or slurm"),
                        ({"workers": 0}, "workers 0: give 1 or more")):
        with pytest.raises(KitError, match=said):
            swept(place, **words)
    for words, said in ((("--gpus", 1), "are for a cluster: --on slurm"), (("--slurm", "account"), "give name=value"),
                        (("--rows", place.spec), "could not be")):
        answer = run("run", place.spec, *words)
        assert answer.exit_code == 2 and said in answer.stderr and answer.stderr.count("\n") == 1, answer.stderr
    assert not place.calls() and not place.rows.exists()


def test_a_cell_is_not_done_with_other_weights_than_its_key_says(place, monkeypatch):
    cell = next(iter(cells_of(read_spec(place.spec), place.rows).values()))
    monkeypatch.setenv("TOY_DEPENDS", "2")
    with pytest.raises(KitError, match="weights or code .* are other ones here"):
        do_cell(cell)
    with pytest.raises(KitError, match="weights or code"):
        do_cell(replace(cell, settings=cell.settings | {"number": 2}))
    assert not place.calls()


def test_a_worker_that_the_system_ends_is_told_of(place):
    place.write(STUDY + '[[cells]]\nnumber = 9\ntrap = "die"\n')
    with pytest.raises(KitError, match="the system ended a worker process.* the same command goes on"):
        swept(place, 2)


def test_ctrl_c_keeps_the_cells_under_way_and_begins_no_more(place):
    place.write(STUDY + "[fixed]\nnap = 1.0\n")
    sweep = place.start("--workers", "2", start_new_session=True)
    place.wait_for(2, sweep)
    os.killpg(sweep.pid, signal.SIGINT)  # as a terminal does it
    said = sweep.communicate(timeout=60)[1]
    begun = len(place.calls())
    assert sweep.returncode == 130 and 2 <= begun <= 4
    assert "finishing the cells under way" in said and f"stopped; {begun} of 6 cells are kept" in said
    assert len(place.calls("end")) == begun == len(files(place.rows))


def test_ctrl_c_twice_waits_for_nothing(place):
    place.write(STUDY + "[fixed]\nnap = 600.0\n")
    sweep = place.start("--workers", "2", start_new_session=True)
    place.wait_for(2, sweep)
    sweep.send_signal(signal.SIGINT)
    while "finishing" not in sweep.stderr.readline():
        pass
    sweep.send_signal(signal.SIGINT)
    assert sweep.wait(60) == 130
    assert "0 of 6 cells are kept" in sweep.stderr.read()
    sweep.stderr.close()
    until = time.monotonic() + 20
    for pid in {call[1] for call in place.calls()}:
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < until
            time.sleep(0.05)


def test_status_pack_and_drop_stale(place, monkeypatch):
    assert run("pack", place.spec).exit_code == 2
    told = json.loads(run("status", place.spec, "--json").stdout)
    assert (told["cells"], told["done"], told["missing"], told["stale"]) == (6, 0, 6, 0) and not place.rows.exists()
    place.write(STUDY.replace("[1, 2, 3]", "[1, 2]"))
    answer = run("run", place.spec, "--workers", 1)
    assert answer.exit_code == 0 and "4 cells, 12 rows" in answer.stdout
    place.write(STUDY)
    assert "number 3: 0 of 2" in run("status", place.spec).stdout
    rows = swept(place)
    assert "6 cells in one file" in run("pack", place.spec).stdout
    assert files(place.rows) == ["cells.parquet"] and swept(place) == rows == me.study_rows(place.spec)
    assert len(place.calls()) == 6
    monkeypatch.setenv("TOY_DEPENDS", "2")
    assert "6 stale" in run("status", place.spec).stdout
    rows = swept(place)
    told = json.loads(run("status", place.spec, "--drop-stale", "--json").stdout)
    assert (told["dropped"], told["stale"], told["done"]) == (6, 0, 6) and me.study_rows(place.spec) == rows
    assert len(files(place.rows)) == 6 and WORK not in files(place.rows)
