"""Cells done on a cluster with Slurm, through submitit: jobs do them as processes do here.

A job does some cells one after the other, each by its key: claimed, done, kept in the same folder, which the machines
share. What became of a job is known by its result and by `squeue`, which every Slurm has (its accounting, which
submitit asks, many have not). A job that died is told with the end of its log, and what it left is handed to another.
"""

import contextlib
import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import KitError
from ...written import make_folder
from .cell import DONE, FAILED, HELD, WORK, do_cell, note_failure
from .store import Store

LOOK = 1.0  # seconds between two looks for results
ASK = 2.0, 30.0  # seconds between two questions to squeue: at first, and at most
SHARED = 60.0  # seconds after which what one machine wrote on a shared disk is seen by all
TAIL = 15  # lines of a dead job's log
ENDED = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
         "REVOKED", "TIMEOUT"}
JOBS, OWNER = "jobs-", "owner.lock"


@dataclass(frozen=True)
class Cluster:
    """What Slurm is asked for.

    partition : str, "" for the cluster's own choice
    minutes, cpus, gpus : of each job. memory : GB, None for the cluster's own choice
    jobs : how many are in the queue or run at once
    cells : cells of a job; None for a quarter of its share, so that no job is long waited for at the end
    more : {option: value}, others of sbatch's, such as {"account": "mine"}
    """

    partition: str = ""
    minutes: int = 60
    cpus: int = 1
    gpus: int = 0
    memory: float | None = None
    jobs: int = 4
    cells: int | None = None
    more: dict = field(default_factory=dict)


def slurm(cluster, retries, name, folder):
    """count of cells -> `with` of a function that does cells, as `local.here` gives one.

    cluster : dict by the names of `Cluster`, or None

    Raises KitError where submitit or Slurm is not installed, and for what can't be asked.
    """
    known = [one.name for one in fields(Cluster)]
    if unknown := [name for name in cluster or {} if name not in known]:
        raise KitError(f"a cluster has no {unknown[0]!r} to ask for; it has {', '.join(known)}")
    cluster = Cluster(**cluster or {})
    for what in ("minutes", "cpus", "jobs", "cells"):
        if (number := getattr(cluster, what)) is not None and number < 1:
            raise KitError(f"{what} {number}: give 1 or more")
    try:
        import submitit  # noqa: F401
    except ImportError:
        raise KitError("Slurm is reached through submitit, which is not installed: `pip install submitit`") from None
    if not all(map(shutil.which, ("sbatch", "srun", "squeue", "scancel"))):
        raise KitError("there is no Slurm here (no sbatch); run it on a machine that hands in jobs, or --on local")
    return lambda count: _queue(cluster, retries, name, Path(folder), count)


@contextmanager
def _queue(cluster, retries, name, folder, count):
    make_folder(folder / WORK)
    _clear(folder / WORK)
    place = Path(tempfile.mkdtemp(prefix=JOBS, dir=folder / WORK))
    with FileLock(place / OWNER):
        queue = _Queue(cluster, retries, name, folder, place, cluster.cells or max(1, count // (4 * cluster.jobs)))
        try:
            yield queue.do
        finally:
            queue.cancel()
            if not queue.failed:
                shutil.rmtree(place, ignore_errors=True)


class _Queue:
    """Jobs under way, at most so many at once."""

    def __init__(self, cluster, retries, name, folder, place, size):
        import submitit

        self.cluster, self.retries, self.store, self.size = cluster, retries, Store(folder), size
        self.deaths, self.running, self.failed = {}, [], False
        self.executor = submitit.SlurmExecutor(folder=place)
        asked = {"partition": cluster.partition or None, "mem": cluster.memory and f"{cluster.memory * 1024:.0f}MB",
                 "gpus_per_node": cluster.gpus or None, "additional_parameters": cluster.more or None}
        self.executor.update_parameters(
            job_name=f"maskedit-{name}", time=cluster.minutes, cpus_per_task=cluster.cpus, stderr_to_stdout=True,
            setup=[f"export OMP_NUM_THREADS={cluster.cpus}"], **{key: value for key, value in asked.items() if value})

    def do(self, cells):
        """(cell, how it went) of each, as they are done."""
        waiting, last, pause = list(cells), time.monotonic(), ASK[0]
        while waiting or self.running:
            while waiting and len(self.running) < self.cluster.jobs:
                self._submit(waiting[:self.size])
                del waiting[:self.size]
            time.sleep(LOOK)
            states = None
            if time.monotonic() - last > (ASK[0] if any(job.missed for job in self.running) else pause):
                states, last, pause = _states(), time.monotonic(), min(1.5 * pause, ASK[1])
            for job in [*self.running]:
                yield from job.kept(self.store)
                outcome = job.outcome(states)
                if outcome is None:
                    continue
                self.running.remove(job)
                if isinstance(outcome, list):
                    yield from job.told(outcome, self.store)
                else:
                    yield from self._mourn(job, outcome, waiting)

    def cancel(self):
        if self.running:
            print(f"cancelling {len(self.running)} jobs", file=sys.stderr)
            subprocess.run(["scancel", *(job.id for job in self.running)], capture_output=True)

    def _submit(self, cells):
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        try:
            self.running.append(_Job(self.executor.submit(do_cells, cells), cells))
        except (FailedJobError, FailedSubmissionError, subprocess.CalledProcessError, OSError) as error:
            raise KitError(f"Slurm takes no job: {' '.join(str(error).split())[-300:]}") from None

    def _mourn(self, job, state, waiting):
        """Tell of a job that died; hand on what it left, but for a cell that did so too often."""
        left = [cell for cell in job.cells if cell.key not in self.store]
        if not left:
            return
        begun = job.begun()
        cell = next((cell for cell in left if cell.key == begun), left[0])
        self.deaths[cell.key] = self.deaths.get(cell.key, 0) + 1
        again = self.deaths[cell.key] <= self.retries
        log = job.tail()
        print(f"\njob {job.id} died ({state.lower()}); " + ("its cells are done again" if again else
              "not for the first time in this cell, which is given up") + f". Its log ends:\n{log}", file=sys.stderr)
        if not again:
            left.remove(cell)
            self.failed = True
            note_failure(cell, f"job {job.id} died ({state.lower()}); its log ends:\n{log}")
            yield cell, (FAILED, f"its job died ({state.lower()}), {self.deaths[cell.key]} times")
        waiting[:0] = left


class _Job:
    """A job and its cells. submitted : submitit's Job"""

    def __init__(self, submitted, cells):
        self.submitted, self.id, self.cells = submitted, submitted.job_id, list(cells)
        self.missed = 0  # looks at which squeue knew nothing of it

    def kept(self, store):
        """(cell, DONE) of cells that were done since the last look."""
        with contextlib.suppress(OSError):
            os.listdir(store.folder)  # some shared disks look again only then
        for cell in [cell for cell in self.cells if cell.key in store]:
            self.cells.remove(cell)
            yield cell, (DONE, "")

    def outcome(self, states):
        """What `do_cells` gave; or, of a job that died, a word for how; None while it goes on.

        A shared disk may show a result later than the queue shows the end, so the end must have been seen twice.
        """
        with contextlib.suppress(OSError):
            os.listdir(self.submitted.paths.folder)
        if self.submitted.paths.result_pickle.exists():
            try:
                return self.submitted.result()
            except Exception:
                return "ERROR"
        if states is not None:
            state = states.get(self.id, "GONE")
            self.missed = self.missed + 1 if state in ENDED | {"GONE"} else 0
            if self.missed > 1:
                return state
        return None

    def told(self, outcome, store):
        """(cell, how) of the cells that are still asked for. Raises the KitError that stopped the job."""
        for key, how, why in outcome:
            if key == "":
                raise KitError(why)
            for cell in [cell for cell in self.cells if cell.key == key]:
                until = time.monotonic() + SHARED
                while how == DONE and key not in store and time.monotonic() < until:
                    time.sleep(LOOK)
                yield cell, (how, why)

    def _log(self):
        try:
            return self.submitted.paths.stdout.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def begun(self):
        """The key of the cell that it was about."""
        return next((line.split()[1] for line in reversed(self._log()) if line.startswith("cell ")), None)

    def tail(self):
        return "\n".join(f"  {line}" for line in self._log()[-TAIL:]) or "  (it has none)"


def do_cells(cells):
    """What a job does: [(key, how, why)] of each cell; a key of "" stops the sweep."""
    from submitit.core.utils import UncompletedJobError

    told = []
    for cell in cells:
        print(f"cell {cell.key}", flush=True)
        try:
            told.append((cell.key, *do_cell(cell, passed=UncompletedJobError)))  # the job's time is over
        except KitError as error:
            return [*told, ("", HELD, str(error))]
    return told


def _states():
    """{job: state} of this user's jobs; None where the queue doesn't answer."""
    command = ["squeue", "--noheader", "--states=all", f"--user={getpass.getuser()}", "--format=%A %T"]
    asked = subprocess.run(command, capture_output=True, text=True)
    return None if asked.returncode else dict(line.split()[:2] for line in asked.stdout.splitlines() if line.strip())


def _clear(work):
    """Remove job folders whose sweep was killed and whose jobs have all ended."""
    if not (old := [*work.glob(f"{JOBS}*")]) or (states := _states()) is None:
        return
    for folder in old:
        ids = {path.name.split("_")[0] for path in folder.glob("*_submitted.pkl")}
        if all(states.get(one, "GONE") in ENDED | {"GONE"} for one in ids):
            with contextlib.suppress(Timeout), FileLock(folder / OWNER).acquire(timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
