"""How many training pairs are drawn in a second, by one process and by one for each core."""

import os
import time
from concurrent.futures.process import BrokenProcessPool

from ..errors import KitError
from ..picturebook.pairs import make_pair
from ..training.workers import worker_pool
from .bench_machine import cores

PAIRS, CHUNK = 60, 5  # for each process; that it draws before it asks for more


def drawn(workers, pairs=PAIRS):
    """Pairs a second.

    workers : processes, each with one thread; they are started before the clock is
    pairs : that each draws
    """
    seeds = range(0, workers * pairs, CHUNK)
    try:
        with worker_pool(workers, _one_thread) as pool:
            awake = set()
            while len(awake) < workers:
                awake |= set(pool.map(_awake, range(workers)))
            start = time.perf_counter()
            count = sum(pool.map(_draw, seeds))
            return count / (time.perf_counter() - start)
    except BrokenProcessPool as error:
        raise KitError("a process that draws pairs died, for want of memory perhaps; close what else runs") from error


def rates():
    """{"one_process", "all_cores": pairs a second, "cores"}"""
    return {"one_process": drawn(1), "all_cores": drawn(cores()), "cores": cores()}


def _one_thread():
    import cv2

    cv2.setNumThreads(1)


def _awake(number):
    """Which process is it? After a moment, so that the others take their part."""
    time.sleep(0.05)
    return os.getpid()


def _draw(first):
    for seed in range(first, first + CHUNK):
        make_pair(seed)
    return CHUNK
