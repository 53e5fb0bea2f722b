"""How many training pairs are drawn in a second, by one process and by one for each core."""

import os
import time

from ..picturebook.pairs import make_pair
from ..training.workers import worker_pool

PAIRS = 60  # for each process


def drawn(workers, pairs=PAIRS):
    """Pairs a second.

    workers : processes, each with one thread; they are started before the clock is
    pairs : that each draws
    """
    with worker_pool(workers, _one_thread) as pool:
        awake = set()
        while len(awake) < workers:
            awake |= set(pool.map(_awake, range(workers)))
        start = time.perf_counter()
        chunk = 5
        seeds = range(0, workers * pairs, chunk)
        for _ in pool.map(_draw, seeds, [chunk] * len(seeds)):
            pass
        return workers * pairs / (time.perf_counter() - start)


def rates():
    """{"one_process", "all_cores": pairs a second, "cores"}"""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"one_process": drawn(1), "all_cores": drawn(cores), "cores": cores}


def _one_thread():
    import cv2

    cv2.setNumThreads(1)


def _awake(number):
    """Which process is it? After a moment, so that the others take their part."""
    time.sleep(0.05)
    return os.getpid()


def _draw(first, count):
    for seed in range(first, first + count):
        make_pair(seed)
