"""Worker processes end with the one that they work for, whatever ended it."""
import os
import signal
import subprocess
import sys
import time
from multiprocessing import parent_process
from pathlib import Path

import pytest

from maskedit_helpers.training.workers import worker_pool

HERE = Path(__file__).parent
PROGRAM = """
import sys
from test_workers import nap
from maskedit_helpers.training.workers import worker_pool
if __name__ == "__main__":
    with worker_pool(2) as pool:
        naps = [pool.submit(nap, float(sys.argv[1])) for _ in range(2)]
        print(*{*pool._processes}, flush=True)
        sum(nap.result() for nap in naps)
"""


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()


def mark(word):
    global marked
    marked = word


def marks(number):
    return marked, number, parent_process().pid


def alive(pid):
    """Is there such a process still? One that has ended and waits to be asked for its end is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids, seconds=20):
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, f"{[pid for pid in pids if alive(pid)]} go on"
        time.sleep(0.05)


def start(tmp_path, seconds):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen([sys.executable, program, str(seconds)], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}"})
    pids = [int(word) for word in process.stdout.readline().split()]
    assert len(pids) == 2
    return process, pids


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["idle", "busy"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_workers_end_with_a_parent_that_is_killed(tmp_path, seconds, number):
    process, pids = start(tmp_path, seconds or 5.0)
    if not seconds:
        process.send_signal(signal.SIGSTOP)  # it hands out nothing more: its workers wait for a task
        time.sleep(6)
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    process.wait()
    process.stdout.close()
    wait_until_gone(pids)


INTERRUPTED = """
import signal
from multiprocessing.context import SpawnProcess
from test_workers import nap
from maskedit_helpers.training.workers import worker_pool
start = SpawnProcess.start
def start_and_press(process):
    start(process)
    signal.raise_signal(signal.SIGINT)
if __name__ == "__main__":
    SpawnProcess.start = start_and_press
    try:
        with worker_pool(2) as pool:
            pool.submit(nap, 0)
            raise SystemExit("the key was lost")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_in_the_moment_a_process_starts_leaves_none_waiting(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_each_process_is_prepared_before_its_first_task():
    with worker_pool(1, mark, ("ready",)) as pool:
        assert list(pool.map(marks, range(3))) == [("ready", number, os.getpid()) for number in range(3)]
