"""One cell: claimed, so that nobody else does it meanwhile, done, and kept whole.

Whoever does a cell, a worker here or a job on a cluster, holds its lock, which the system frees when the process dies,
however it dies. So several sweeps of one study share its cells and need not know of each other.
"""

import contextlib
import json
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import KitError
from ...written import make_folder
from .columns import columns_of
from .keys import cell_key
from .store import Store
from .tasks import find_task

WORK = ".sweep"  # in the folder of rows: locks, what is said of cells that failed, logs of jobs
DONE, HELD, FAILED = "done", "held", "failed"


@dataclass(frozen=True)
class Cell:
    """What is needed to do a cell anywhere: plain values."""

    key: str
    task: str
    settings: dict
    beside: str  # the folder of the study's file
    folder: str  # where its rows go


def cells_of(spec, folder):
    """The cells of a study, each under its key: {key: Cell}, in order."""
    task = find_task(spec.task, spec.path.parent)
    keyed = ((cell_key(spec.task, settings, plain(task.dependencies(settings))), settings) for settings in spec.cells())
    return {key: Cell(key, spec.task, settings, str(spec.path.parent.resolve()), str(Path(folder).resolve()))
            for key, settings in keyed}


def plain(depends):
    """As JSON gives it back: a tuple is a list there."""
    return json.loads(json.dumps(depends))


def do_cell(cell, passed=()):
    """Do a cell, if nobody else does.

    passed : kinds of errors that are no fault of the cell, and raised as they are

    Returns
    -------
    (DONE, ""), also where it was there; (HELD, "") where another process does it; (FAILED, what went wrong) where its
    task raises, or gives rows that can't be kept.

    Raises
    ------
    KitError
        What must stop a whole sweep: what the rows depend on is not here what it was there where the key was made; the
        system doesn't let them be written.
    """
    store = Store(cell.folder)
    with claimed(cell.folder, cell.key) as mine:
        if not mine:
            return HELD, ""
        if cell.key in store:
            return DONE, ""
        task = find_task(cell.task, cell.beside)
        depends = plain(task.dependencies(cell.settings))
        if cell_key(cell.task, cell.settings, depends) != cell.key:
            raise KitError(f"weights or code that task {cell.task} depends on are other ones here than where the sweep "
                           "began; start it again when nothing changes any more")
        try:
            rows = task.run(cell.settings)
            columns_of(cell.settings, rows)
        except passed:
            raise
        except Exception as error:
            note_failure(cell, traceback.format_exc())
            return FAILED, f"{type(error).__name__}: {' '.join(str(error).split())}".removeprefix("KitError: ")
        store.write(cell.task, cell.settings, depends, rows)
        with contextlib.suppress(OSError):
            failure(cell.folder, cell.key).unlink(missing_ok=True)
        return DONE, ""


@contextmanager
def claimed(folder, key):
    """Whether the claim on a cell is this process's for the time of the `with`."""
    path = Path(folder) / WORK / f"{key}.lock"
    lock = FileLock(path)
    try:
        for _ in range(3):  # another sweep, at its end, may remove the folder that was just made
            make_folder(path.parent)
            with contextlib.suppress(FileNotFoundError):
                lock.acquire(timeout=0)
                break
    except Timeout:
        yield False
        return
    try:
        yield lock.is_locked
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file
            path.unlink()
        lock.release()


def under_way(folder, key):
    """Does a living process do it?"""
    if not (Path(folder) / WORK / f"{key}.lock").exists():
        return False
    with claimed(folder, key) as free:
        return not free


def failure(folder, key):
    """The file that says what went wrong with a cell."""
    return Path(folder) / WORK / f"{key}.failed.log"


def note_failure(cell, said):
    settings = "\n".join(f"{name} = {json.dumps(value)}" for name, value in cell.settings.items())
    path = failure(cell.folder, cell.key)
    with contextlib.suppress(OSError):  # it is only said less well then
        make_folder(path.parent)
        path.write_text(f"{settings}\n\n{said.strip()}\n", encoding="utf-8")


def tidy(folder):
    """Remove what killed processes left: half written files, locks, and their folder where nothing else is in it."""
    left = [*Path(folder).glob(".*.part"), *Path(folder).glob(f"{WORK}/*.lock")]
    for path in left:
        with claimed(folder, path.name.removeprefix(".").partition(".")[0]) as free:  # which removes the lock
            if free and path.suffix == ".part":
                path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        (Path(folder) / WORK).rmdir()
