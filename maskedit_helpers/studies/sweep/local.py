"""Cells done on this machine: by processes with one thread each, or by this one alone."""

import os
import sys
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from ...errors import KitError
from ...training.workers import refuse_to_begin_again, worker_pool
from .cell import do_cell

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextmanager
def here(workers):
    """`with here(2) as do: do(cells)`, an iterator of (cell, how it went), as they are done.

    Ctrl-C waits for the cells under way; once more ends them too. With one worker it is this process that does all, and
    Ctrl-C ends the cell.
    """
    if workers == 1:
        yield lambda cells: ((cell, do_cell(cell)) for cell in cells)
        return
    refuse_to_begin_again()
    with worker_pool(workers, _begin) as pool:
        try:
            yield lambda cells: _by(pool, cells)
        except KeyboardInterrupt:
            processes = [*(pool._processes or {}).values()]
            print("\nfinishing the cells under way; once more stops at once", file=sys.stderr)
            try:
                pool.shutdown(cancel_futures=True)
            except KeyboardInterrupt:
                for process in processes:
                    process.kill()
            raise


def _by(pool, cells):
    try:
        futures = {pool.submit(do_cell, cell): cell for cell in cells}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise KitError("the system ended a worker process, for want of memory perhaps; take fewer workers: the same "
                       "command goes on from what is kept") from None


def _begin():
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before whatever the task imports reads it
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
