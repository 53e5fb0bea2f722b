"""A sweep: the cells of a study that are not kept yet are done, here or on a cluster; stopped anywhere, it goes on."""

import os
import sys
import time

from ...errors import KitError
from ...written import make_folder
from .cell import DONE, FAILED, HELD, cells_of, tidy, under_way
from .kept import rows_of
from .local import here
from .spec import read_spec
from .store import Store
from .tasks import find_task

PATIENCE = 0.5  # seconds between two looks at cells that another sweep does


def sweep(spec, workers=1, *, rows=None, on="local", cluster=None, retries=1, progress=True):
    """Do what a study is missing, and give its rows.

    Each cell is done once: what is kept is not done again, whatever stopped the sweep before, and two sweeps at once
    share what is left. A setting, weights or code that changed make another cell of it; the old one stays (see
    `maskedit sweep status`).

    Parameters
    ----------
    spec : path of a study's file, or Spec. See `spec.read_spec`
    workers : int or None
        Processes here, each with one thread; 1 is this process, None one a core.
    rows : path, optional
        Folder of the rows; beside the study's file if not given.
    on : "local" or "slurm"
    cluster : dict, optional
        What to ask Slurm for, by the names of `cluster.Cluster`: {"partition": "gpu", "gpus": 1, "jobs": 8}.
    retries : int, how often a cell is done again whose job on a cluster died
    progress : bool, whether a bar is shown

    Returns
    -------
    list of dict, as `study_rows` gives them.

    Raises
    ------
    KitError
        Before the work: whatever `read_spec` or the task refuses. After it: cells that failed; the others are kept.
    KeyboardInterrupt
        Ctrl-C; what is kept stays, and the same call goes on.
    """
    from tqdm import tqdm

    spec = read_spec(spec)
    store = Store(rows or spec.folder)
    task = find_task(spec.task, spec.path.parent)
    for settings in spec.cells():
        task.check(settings)
    doing = _where(on, workers, cluster, retries, spec.name, store.folder)
    cells = cells_of(spec, store.folder)
    there = store.cells()
    missing = [cell for key, cell in cells.items() if key not in there]
    if missing:
        _make(store.folder)
        tidy(store.folder)
        with tqdm(total=len(cells), initial=len(cells) - len(missing), desc=spec.name, unit="cell",
                  disable=not progress) as bar:
            try:
                with doing(len(missing)) as do:
                    failed = _do_all(missing, do, store, bar)
            except KeyboardInterrupt:
                kept = len(cells.keys() & store.cells().keys())
                raise KeyboardInterrupt(f"stopped; {kept} of {len(cells)} cells are kept in {store.folder}, and the "
                                        "same command goes on") from None
            finally:
                tidy(store.folder)
        if failed:
            first, why = failed[0]
            raise KitError(f"{len(failed)} of {len(cells)} cells failed, the others are kept; "
                           f"{spec.told(first.settings)}: {why} (`maskedit sweep status {spec.path}` says all; the "
                           "same command tries again)")
    return rows_of(store, cells)


def _do_all(missing, do, store, bar):
    """Do cells until each is kept or has failed; [(cell, why)] of those."""
    failed, waiting, told = [], missing, False
    while waiting:
        held = [cell for cell in waiting if cell.key not in store and under_way(cell.folder, cell.key)]
        if len(held) == len(waiting):
            if not told:
                bar.write(f"another sweep does the last {len(waiting)}; waiting for it", file=sys.stderr)
                told = True
            time.sleep(PATIENCE)
            continue
        keys = {cell.key for cell in held}
        ready = [cell for cell in waiting if cell.key not in keys]
        for cell, (how, why) in do(ready):
            if how == HELD:
                held.append(cell)
                continue
            if how == FAILED:
                failed.append((cell, why))
            bar.update(how == DONE)
        waiting = held
    return failed


def _make(folder):
    try:
        make_folder(folder)
    except OSError as error:
        raise KitError(f"{folder}: could not be made ({error.strerror}); name another folder") from error


def _where(on, workers, cluster, retries, name, folder):
    """count of cells -> context manager of `do`. Raises KitError for what is not there, before any work."""
    if workers is not None and workers < 1:
        raise KitError(f"workers {workers}: give 1 or more")
    if on == "local":
        return lambda count: here(min(workers or os.cpu_count() or 1, count))
    if on == "slurm":
        from .cluster import slurm

        return slurm(cluster, retries, name, folder)
    raise KitError(f"on {on!r}: a sweep runs on local or slurm")
