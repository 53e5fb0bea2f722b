"""The training loop: exact after a kill, careful with what is there, the same on several processes."""
import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from toy_part import Toy

from maskedit_helpers.errors import KitError
from maskedit_helpers.pocket import budget, loop

HERE = Path(__file__).parent
PROGRAM = [sys.executable, str(HERE / "toy_part.py")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}


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
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the training ended before it could be killed"
        if (folder / "log.csv").exists() and len(rows_of(folder)) >= count:
            return
        time.sleep(0.02)
    raise AssertionError("no rows in a minute")


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
    with pytest.raises(KitError, match="seed 0, not 1"):
        loop.train(Toy(), run, steps=3, resume=True, seed=1, device="cpu")
    other = Toy()
    other.name = "other"
    with pytest.raises(KitError, match="'toy', not 'other'"):
        loop.train(other, run, steps=3, resume=True, device="cpu")
    with pytest.raises(KitError, match="not both"):
        loop.train(Toy(), run, steps=3, minutes=1)
    (run / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(KitError, match="not a checkpoint"):
        loop.train(Toy(), run, steps=3, resume=True, device="cpu")


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
