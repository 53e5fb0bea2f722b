"""Processes that work for this one, and end with it however it ends.

A pool's processes wait for their next task, and nothing tells them that nobody will send one any more: after a kill -9
of their parent they would wait, and hold its memory, for ever. So each keeps a thread that waits for the parent's end,
on the pipe (on Windows the handle) that multiprocessing gives each process it spawns. The system closes it, whatever
ended the parent.
"""

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import current_process, get_context, parent_process

from ..errors import KitError


def refuse_to_begin_again():
    """KitError in a process that is only just being started, by a script that does its work unasked.

    Each process of a pool reads the script first. One without `if __name__ == "__main__"` would do all its work there
    once more, and where the first of them holds a lock all wait for ever.
    """
    if getattr(current_process(), "_inheriting", False):
        raise KitError("this script's work would begin again in every process that it starts; put it under "
                       '`if __name__ == "__main__":`')


@contextmanager
def worker_pool(workers=None, begin=None, arguments=()):
    """`with worker_pool() as pool`: a ProcessPoolExecutor of fresh processes that end with this one.

    Parameters
    ----------
    workers : int or None
        Processes at most; None for one a core.
    begin : function or None
        Called once in each process, before its first task, with `arguments`. Like every task it must be importable:
        a function of a module.

    Fresh, since a fork of a process whose libraries hold threads and locks may wait for ever. Ctrl-C, which a terminal
    sends to all of them, is left to this process. Whatever ends the `with` early, tasks that are not begun are not
    done: by itself a pool does them all first, where Ctrl-C comes while they are being handed to it.
    """
    pool = _Pool(workers, get_context("spawn"), _begin, (begin, arguments))
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


class _Pool(ProcessPoolExecutor):
    """A pool in which Ctrl-C waits until a task is handed over and the process for it is known.

    A process that was started but not yet entered in the pool's list would be told of no end, and waited for for ever.
    """

    def submit(self, *task, **arguments):
        with _ctrl_c_held():
            return super().submit(*task, **arguments)


@contextmanager
def _ctrl_c_held():
    if threading.current_thread() is not threading.main_thread():  # Python interrupts the main thread alone
        yield
        return
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        signal.raise_signal(signal.SIGINT)


def _begin(begin, arguments):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with_parent():
    parent_process().join()
    os._exit(1)  # at once: there is nobody left to hand anything to
