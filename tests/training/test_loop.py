"""The training loop: exact after a kill, careful with what is there, the same on several processes."""
import csv
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from toy_part import Toy

from maskedit_helpers.errors import KitError
from maskedit_helpers.training import budget, loop
from maskedit_helpers.training.checkpoint import Log

TESTS = Path(__file__).parents[1]
PROGRAM = [sys.executable, str(TESTS / "toy_part.py")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TESTS.parent), "OMP_NUM_THREADS": "1"}


def state_of(folder):
    return loop.read_checkpoint(folder / "checkpoint.pt", "toy")


def rows_of(folder):
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def assert_same(a, b):
    """Two nested states, bit for bit."""
    if torch.is_tensor(a):
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            if key != "elapsed":
                assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            assert_same(left, right)
    else:
        assert a == b


def wait_for_rows(folder, count, process):
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert process.poll() is None, "the training ended before it could be killed"
        if (folder / "log.csv").exists() and len(rows_of(folder)) >= count:
            return
        time.sleep(0.02)
    process.kill()
    raise AssertionError("no rows in four minutes")


def start(folder, seconds=0.2, *more):
    return subprocess.Popen([*PROGRAM, str(folder), "20", str(seconds), *more], env=ENVIRONMENT)


def test_resume_after_kill_is_exact(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert start(whole, 0).wait() == 0
    for count in (5, 11):  # killed twice
        process = start(cut, 0.2, "resume")
        wait_for_rows(cut, count, process)
        process.kill()
        process.wait()
    assert 5 <= state_of(cut)["step"] < 20
    assert start(cut, 0, "resume").wait() == 0

    assert_same(state_of(whole), state_of(cut))
    for a, b in zip(rows_of(whole), rows_of(cut), strict=True):
        assert_same(a, b)
    assert (cut / "preview.png").read_bytes() == (whole / "preview.png").read_bytes()
    assert sorted(p.name for p in cut.iterdir()) == ["checkpoint.pt", "log.csv", "preview.png"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_leaves_a_checkpoint(tmp_path, number):
    process = start(tmp_path / "run")
    wait_for_rows(tmp_path / "run", 3, process)
    process.send_signal(number)
    assert process.wait() != 0
    step = state_of(tmp_path / "run")["step"]
    assert 3 <= step < 20
    assert int(rows_of(tmp_path / "run")[-1]["step"]) == step


def test_the_same_signal_again_stops_at_once(tmp_path):
    """A step here takes a minute, which the first Ctrl-C waits for."""
    process = subprocess.Popen([*PROGRAM, str(tmp_path / "run"), "20", "60"], env=ENVIRONMENT, text=True,
                               stderr=subprocess.PIPE)
    while "0%|" not in process.stderr.readline(10):  # the bar is there: the first step is under way
        assert process.poll() is None
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0 and "once more stops at once" in said


def test_a_loss_that_is_lost_ends_all_processes(tmp_path):
    """Started without a launcher, which would end the others when the first is gone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [subprocess.Popen(
        [*PROGRAM, str(tmp_path / "run"), "30", "0", "lost"], text=True, stderr=subprocess.PIPE,
        env=ENVIRONMENT | {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
                           "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "1"}) for rank in "01"]
    try:
        said = [process.communicate(timeout=300)[1] for process in both]
    finally:
        for process in both:
            process.kill()
    assert all(process.returncode for process in both)
    assert "KitError: toy: the loss is no longer a number" in said[0]
    assert "KitError: toy: the main process stopped" in said[1]
    assert state_of(tmp_path / "run")["step"] == 3


def test_two_processes_agree_and_only_one_writes(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29611",
               *PROGRAM[1:], str(tmp_path / "two"), "6", "0"]
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=120)
    assert start(tmp_path / "one", 0).wait() == 0
    two = state_of(tmp_path / "two")
    assert two["step"] == 6
    # Twice the samples a step: other weights than one process makes, but as finite.
    assert all(torch.isfinite(t).all() for t in two["modules"]["net"].values())
    first = rows_of(tmp_path / "two")[0]["gradient"], rows_of(tmp_path / "one")[0]["gradient"]
    assert first[0] != first[1]


def test_learns_and_exports_the_average(tmp_path):
    part = Toy()
    told = loop.train(part, tmp_path / "run", steps=200, device="cpu")
    assert told["step"] == 200 and told["loss"] < 0.2 * float(rows_of(tmp_path / "run")[0]["loss"])
    loop.export(Toy(seed=1), tmp_path / "run", tmp_path / "out")
    exported = torch.load(tmp_path / "out" / "net.pt", weights_only=True)
    assert_same(exported, state_of(tmp_path / "run")["ema"]["net"])
    assert not torch.equal(exported["0.weight"], part.net[0].weight)


def test_minutes_count_the_runs_before(tmp_path):
    told = loop.train(Toy(0.01), tmp_path / "run", minutes=1 / 60, device="cpu")
    assert 0.9 < told["elapsed"] < 5
    again = loop.train(Toy(0.01), tmp_path / "run", minutes=1 / 60, resume=True, device="cpu")
    assert again["step"] == told["step"]
    rates = [float(row["lr"]) for row in rows_of(tmp_path / "run")]
    assert rates[-1] < 0.2 * max(rates)


def test_refusals_name_the_way_out(tmp_path):
    run = tmp_path / "run"
    loop.train(Toy(), run, steps=3, device="cpu")
    with pytest.raises(KitError, match="--resume"):
        loop.train(Toy(), run, steps=3, device="cpu")
    other = Toy()
    other.name = "other"
    with pytest.raises(KitError, match="'toy', not 'other'"):
        loop.train(other, run, steps=3, resume=True, device="cpu")
    with pytest.raises(KitError, match="not both"):
        loop.train(Toy(), run, steps=3, minutes=1)
    (run / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(KitError, match="not a checkpoint"):
        loop.train(Toy(), run, steps=3, resume=True, device="cpu")


SETTINGS = {"pairs": 24, "leak": 0.6, "warm": True, "drawing code": "c0ffee"}
OTHERS = {"pairs": "pairs 24, not 25: resume with --pairs 24", "leak": "leak 0.6, not 0.7: bring back the leak",
          "warm": "warm True, not False: resume with --warm", "drawing code": "drawing code c0ffee, not decaf"}


@pytest.mark.parametrize("name", [*OTHERS, "seed", "batch_size", "lr", "betas", "processes"])
def test_a_resumed_run_is_the_same_run(tmp_path, monkeypatch, name):
    """Whatever it hangs on must be as it was; the line names what is not, and changes nothing."""
    run, words = tmp_path / "run", {"device": "cpu", "settings": SETTINGS}
    loop.train(Toy(), run, steps=2, **words)
    was, part, says = (run / "checkpoint.pt").read_bytes(), Toy(), OTHERS.get(name)
    if says:
        other = {"pairs": 25, "leak": 0.7, "warm": False, "drawing code": "decaf"}[name]
        words["settings"] = SETTINGS | {name: other}
    elif name == "seed":
        words["seed"], says = 1, "seed 0, not 1: resume with --seed 0"
    elif name == "processes":
        monkeypatch.setattr(loop, "Team", lambda device: two(device))
        says = "processes 1, not 2: resume on as many"
    else:
        was_value, value = getattr(part, name), {"batch_size": 4, "lr": 1e-3, "betas": (0.9, 0.9)}[name]
        setattr(part, name, value)
        says = f"{name} {was_value}, not {value}: bring back"
    with pytest.raises(KitError, match=re.escape(says)) as caught:
        loop.train(part, run, steps=4, resume=True, **words)
    assert "or delete" in str(caught.value) and (run / "checkpoint.pt").read_bytes() == was
    monkeypatch.undo()
    told = loop.train(Toy(), run, steps=4, resume=True, device="cpu", settings=SETTINGS)  # longer is what it is for
    assert told["step"] == 4


def two(device):
    from maskedit_helpers.training.team import Team

    team = Team(device)
    team.size = 2
    return team


def test_a_checkpoint_that_signs_nothing_is_refused(tmp_path):
    run = tmp_path / "run"
    loop.train(Toy(), run, steps=2, device="cpu")
    state = state_of(run)
    del state["settings"]
    torch.save(state, run / "checkpoint.pt")
    with pytest.raises(KitError, match="does not say what it was begun with.*delete"):
        loop.train(Toy(), run, steps=4, resume=True, device="cpu")


@pytest.mark.parametrize("words", [{"minutes": -1}, {"minutes": 0}, {"minutes": float("nan")}, {"steps": 0},
                                   {"minutes": 1, "steps": 1}, {"steps": 1, "device": "gpu"}])
def test_what_cannot_be_spent_or_found_is_refused(tmp_path, words):
    with pytest.raises(KitError, match="minutes|steps|device"):
        loop.train(Toy(), tmp_path / "run", **words)
    assert not (tmp_path / "run").exists()


def test_a_kill_while_the_log_is_opened_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "log.csv"
    log = Log(path, 0)
    for step in (10, 20, 30):
        log.write({"step": step, "loss": 1 / step})
    was = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        patch.setattr(csv.DictWriter, "writerow", killed)
        with pytest.raises(KeyboardInterrupt):
            Log(path, 20)
    assert path.read_bytes() == was and list(tmp_path.iterdir()) == [path]
    with open(path, "rb") as before:  # who has it open reads all of it still: another file came in its place
        log = Log(path, 20)
        assert before.read() == was
    log.write({"step": 30, "loss": 0.5})
    assert [row["step"] for row in rows_of(tmp_path)] == ["10", "20", "30"] and rows_of(tmp_path)[2]["loss"] == "0.5"


def killed(*words):
    raise KeyboardInterrupt


def test_a_lost_loss_never_reaches_the_checkpoint(tmp_path):
    part = Toy()
    loop.train(part, tmp_path / "run", steps=3, device="cpu")
    part.loss = lambda batch, generator: (part.net(batch["x"]).mean() * float("nan"), {})
    with pytest.raises(KitError, match="no longer a number"):
        loop.train(part, tmp_path / "run", steps=20, resume=True, device="cpu")
    assert state_of(tmp_path / "run")["step"] == 3


def test_learning_rate():
    assert budget.learning_rate(0, 0.0) == pytest.approx(0.01)
    assert budget.learning_rate(99, 0.0) == 1
    assert budget.learning_rate(5000, 0.5) == pytest.approx(0.51)
    assert budget.learning_rate(9999, 1.0) == pytest.approx(0.02)
