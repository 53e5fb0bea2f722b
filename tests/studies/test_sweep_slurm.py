"""Sweeps on a real Slurm: the same rows as here, dead jobs told of and done again, nothing left in the queue."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import lacking
import pytest
import slurm
from submitit.core.utils import UncompletedJobError

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.sweep.cell import DONE, WORK, cells_of
from maskedit_helpers.studies.sweep.cluster import do_cells
from maskedit_helpers.studies.sweep.spec import read_spec
from maskedit_helpers.studies.sweep.store import Store

HERE = Path(__file__).parent
STUDY = """
task = "toy_sweep:TOY"
[factors]
colour = ["red", "blue"]
number = [1, 2, 3]
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """Slurm's commands in this process speak to a cluster of this module's own."""
    if slurm.lacks():
        lacking.skip(f"no Slurm tests: this machine lacks {slurm.lacks()}", "MASKEDIT_REQUIRE_SLURM")
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as env, pytest.MonkeyPatch.context() as patch:
        env = env | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1]), env.get("PYTHONPATH", "")])}
        for name, value in env.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Writes a study's file, and notes what its task is called for."""
    monkeypatch.setenv("TOY_CALLS", str(tmp_path / "calls"))

    def written(more=""):
        (tmp_path / "toy.toml").write_text(STUDY + more)
        return tmp_path / "toy.toml"
    return written


def begun(tmp_path):
    """Each cell that was begun, as often as it was."""
    return sorted(line.split()[3] for line in (tmp_path / "calls").read_text().splitlines() if line[:5] == "begin")


def command(spec, *words):
    return [sys.executable, "-m", "maskedit_helpers", "sweep", "run", str(spec), "--on", "slurm", *words]


def queue():
    return subprocess.run(["squeue", "--noheader"], capture_output=True, text=True).stdout


def test_a_cluster_gives_the_same_rows_and_a_job_that_is_killed_is_told_of_and_done_again(env, study, tmp_path):
    spec = study('[[cells]]\nnumber = 9\ntrap = "once"\n')
    words = command(spec, "--partition", "main", "--memory", "0.5", "--jobs", "2", "--cells", "3")
    answer = subprocess.run(words, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "7 cells" in answer.stdout
    assert "died" in answer.stderr and "done again" in answer.stderr and "this job is about to die" in answer.stderr
    assert begun(tmp_path) == ["blue-1", "blue-2", "blue-3", "red-1", "red-2", "red-3", "red-9", "red-9"]
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    assert str(os.getpid()) not in {call[2] for call in calls}
    there = me.study_rows(spec)
    assert not [path.name for path in (tmp_path / "toy").iterdir() if path.suffix != ".parquet"]
    assert there == me.sweep(spec, rows=tmp_path / "here", progress=False)  # the trap has sprung
    assert not queue()


def test_a_cell_that_kills_its_jobs_is_given_up_and_the_others_are_kept(env, study, tmp_path, capsys):
    spec = study('[[cells]]\nnumber = 9\ntrap = "die"\n')
    with pytest.raises(KitError, match=r"1 of 7 cells failed.*number 9.*its job died \(.*\), 2 times"):
        me.sweep(spec, on="slurm", cluster={"jobs": 1, "cells": 7}, progress=False)
    assert begun(tmp_path).count("red-9") == 2 and len(begun(tmp_path)) == 8
    assert "Its log ends:" in capsys.readouterr().err
    with pytest.warns(UserWarning, match="1 of 7 cells"):
        assert len(me.study_rows(spec)) == 6 * 3


def test_ctrl_c_cancels_the_jobs(env, study, tmp_path):
    spec = study("[fixed]\nnap = 60.0\n")
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    sweep = subprocess.Popen(command(spec, "--jobs", "2"), stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    until = time.monotonic() + 60
    while not (tmp_path / "calls").exists():
        assert time.monotonic() < until and sweep.poll() is None
        time.sleep(0.2)
    sweep.send_signal(signal.SIGINT)
    said = sweep.communicate(timeout=60)[1]
    assert sweep.returncode == 130 and "0 of 6 cells are kept" in said
    while queue():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_what_slurm_refuses_is_one_line(env, study):
    with pytest.raises(KitError, match="Slurm takes no job.*invalid partition"):
        me.sweep(study(), on="slurm", cluster={"partition": "nowhere"}, progress=False)
    with pytest.raises(KitError, match="no 'time' to ask for; it has partition, minutes"):
        me.sweep(study(), on="slurm", cluster={"time": 5}, progress=False)
    with pytest.raises(KitError, match="jobs 0: give 1 or more"):
        me.sweep(study(), on="slurm", cluster={"jobs": 0}, progress=False)


def test_without_slurm_it_is_said_before_any_work(study, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KitError, match="no Slurm here"):
        me.sweep(study(), on="slurm", progress=False)
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(KitError, match="`pip install submitit`"):
        me.sweep(study(), on="slurm", progress=False)
    assert not (tmp_path / "toy").exists()


def test_a_job_whose_time_is_over_is_no_fault_of_its_cell_and_other_weights_stop_all(study, monkeypatch, tmp_path):
    spec = read_spec(study('[[cells]]\ntrap = "time"\n'))
    *cells, last = cells_of(spec, spec.folder).values()
    assert do_cells(cells[:1]) == [(cells[0].key, DONE, "")]
    with pytest.raises(UncompletedJobError):
        do_cells([*cells[1:3], last])
    assert len(Store(spec.folder).cells()) == 3 and not (spec.folder / WORK / f"{last.key}.failed.log").exists()
    monkeypatch.setenv("TOY_DEPENDS", "2")
    told = do_cells(cells)
    assert [key for key, _, _ in told] == [*(cell.key for cell in cells[:3]), ""] and "other ones here" in told[-1][2]
