"""Who makes the rows: this process, or worker processes; each with one thread, so that rows are the same everywhere."""

import os
import warnings
from contextlib import contextmanager
from functools import partial

from ..workers import worker_pool
from .rows import make_rows

FEW = 60  # pairs for which starting processes takes longer than it saves
_kit = None  # of a worker process


def workers_for(asked, count, kit, team):
    """How many processes: as asked, or one a core; none but this one with a kit, in a team, or for a few pairs."""
    if asked is not None:
        return asked
    if kit is not None or team > 1 or (count is not None and count <= FEW):
        return 0
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def makers(workers, models, kit, source, settings):
    """`with makers(...) as hand_out`: hand_out(tasks, first) has a `result()`, the rows."""
    if workers:
        with worker_pool(workers, _begin, (models,)) as pool:
            yield lambda tasks, first: pool.submit(_make, source, tasks, first, settings)
        return
    with one_thread():
        from ...kit.kit import Kit
        from ...kit.weights import choose

        kit = kit or Kit(choose(models))
        yield lambda tasks, first: _Later(partial(make_rows, kit, source, tasks, first, settings))


class _Later:
    def __init__(self, work):
        self.result = work


def _begin(models):
    global _kit
    import cv2
    import torch

    from ...kit.kit import Kit
    from ...kit.weights import choose

    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    _kit = Kit(choose(models))


def _make(source, tasks, first, settings):
    return make_rows(_kit, source, tasks, first, settings)


@contextmanager
def one_thread():
    """For the time of the `with` torch and OpenCV compute in one thread: sums of several differ in their last bits."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
