"""Drawn pairs on the disk: drawn again by other code, by one process at a time, and nothing left of a dead one."""
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_workers import wait_until_gone

from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.evaluate import held_out_pairs
from maskedit_helpers.training import dataset, once

ROOT = Path(__file__).parents[2]
DRAW = """
import sys, threading, time, multiprocessing
from maskedit_helpers.training.dataset import load_dataset
def tell():
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    print(*(child.pid for child in children), flush=True)
if __name__ == "__main__":
    threading.Thread(target=tell, daemon=True).start()
    print(len(load_dataset(int(sys.argv[2]), sys.argv[1], size=32, progress=False)), flush=True)
"""


def start(folder, count, tmp_path):
    program = tmp_path / "draw.py"
    program.write_text(DRAW)
    return subprocess.Popen([sys.executable, program, str(folder), str(count)], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})


def seen(folder):
    """What lies there but for the locks."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_pairs_of_other_drawing_code_are_drawn_again(tmp_path, monkeypatch):
    old = dataset.load_dataset(2, tmp_path, size=32, progress=False)
    (folder,) = seen(tmp_path)
    text = tmp_path / folder / "text.json"
    text.write_text(text.read_text().replace(old.instructions[0], "what the old code said"))
    assert dataset.load_dataset(2, tmp_path, size=32).instructions[0] == "what the old code said"  # it is kept
    monkeypatch.setattr(dataset, "drawing_code", lambda: "of a later kit", raising=False)
    new = dataset.load_dataset(2, tmp_path, size=32, progress=False)
    assert new.instructions == old.instructions and new.source != old.source and len(seen(tmp_path)) == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_a_killed_drawing_leaves_no_process_and_the_next_clears_its_half(tmp_path):
    folder = tmp_path / "training"
    process = start(folder, 20_000, tmp_path)
    pids = [int(word) for word in process.stdout.readline().split()]
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert [name for name in seen(folder) if ".part" in name]
    wait_until_gone(pids)
    dataset.load_dataset(2, folder, size=32, progress=False)
    (only,) = seen(folder)
    assert "+2-" in only


def test_what_a_living_run_makes_is_not_cleared(tmp_path):
    """Nor a stranger's file; and the one who comes second waits and takes what the first made."""
    def make(aside):
        aside.write_text("half")
        once.clear_dead(tmp_path)
        assert aside.read_text() == "half"
        aside.write_text("whole")

    (tmp_path / "notes.txt").write_text("mine")
    assert once.made_once(tmp_path / "thing", make).read_text() == "whole"
    assert once.made_once(tmp_path / "thing", pytest.fail) and seen(tmp_path) == ["notes.txt", "thing"]


def test_what_fails_leaves_nothing_half_made(tmp_path):
    def fail(aside):
        aside.mkdir()
        raise KitError("no more paint")

    with pytest.raises(KitError, match="paint"):
        once.made_once(tmp_path / "thing", fail)
    assert seen(tmp_path) == []


def test_two_that_draw_at_once_both_have_the_pairs(tmp_path):
    processes = [start(tmp_path / "training", 40, tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [out.splitlines()[-1] for out, _ in said] == ["40", "40"]
    assert len(seen(tmp_path / "training")) == 1


def test_no_room_is_said_before_drawing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(KitError, match="^24000 pairs take 3.5 GB, but only 0 MB are free in .*--pairs"):
        dataset.load_dataset(24_000, tmp_path)
    assert seen(tmp_path) == []


def test_the_room_is_what_the_arrays_take(tmp_path, monkeypatch):
    data = dataset.load_dataset(2, tmp_path, size=32, progress=False)
    assert 2 * 32**2 * dataset.PIXEL == sum(getattr(data, name).nbytes for name in dataset.PICTURES)


def test_preview_pairs_are_neither_trained_nor_evaluated_on():
    previews = dataset.preview_pairs(4, size=32)
    assert all(pair.target is not None and np.array_equal(pair.after, pair.truth) for pair in previews)
    with pytest.raises(KitError, match="previews"):
        dataset.refuse_evaluation_seeds([previews[0].seed])
    first = min(pair.seed for seed in range(2) for pair in held_out_pairs(2, seed))  # evaluation counts up from there
    assert len({pair.seed for pair in previews}) == 4 and max(pair.seed for pair in previews) < first


@pytest.mark.parametrize("seconds", [0.03, 0.07, 2])  # at first the workers are still starting
def test_ctrl_c_while_drawing_ends_all_and_leaves_nothing(tmp_path, seconds):
    process = start(tmp_path / "training", 20_000, tmp_path)
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0 and error.count("Traceback") == 1
    assert seen(tmp_path / "training") == []


def test_a_script_without_a_guard_ends_and_says_so(tmp_path):
    """Its workers read it too, and would wait for the lock that the first of them holds."""
    script = tmp_path / "script.py"
    script.write_text("from maskedit_helpers.training.dataset import load_dataset\n"
                      f"load_dataset(4, {str(tmp_path / 'training')!r})\n")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert ended.returncode != 0 and 'if __name__ == "__main__"' in ended.stderr
