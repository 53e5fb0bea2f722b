"""What takes minutes to make is made once, by one process, and is whole when it is there.

It is made aside, under a lock, and renamed. The system frees the lock of a process that dies, so whoever comes next
takes over, and clears what the dead one left; whoever comes meanwhile waits, and finds it made.
"""
import os
import shutil
import sys
from pathlib import Path

from filelock import FileLock, Timeout

PART = ".part"  # what is not whole yet


def made_once(path, make):
    """`path`, a file or a folder: as it is there, or made by `make(aside)`, which writes it to the path `aside`."""
    path = Path(path)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_dead(path.parent)
    lock, aside = _lock(path), path.with_name(path.name + PART)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another process is making {path}; waiting for it", file=sys.stderr)
        lock.acquire()
    try:
        if not path.exists():
            _remove(aside)
            make(aside)
            os.replace(aside, path)
    finally:
        _remove(aside)
        lock.release()
    return path


def clear_dead(folder):
    """Remove what killed runs left half made in a folder: whatever no living process holds the lock of."""
    for part in Path(folder).glob(f"*{PART}*"):
        lock = _lock(part.with_name(part.name[:part.name.index(PART)]))
        try:
            with lock.acquire(timeout=0):
                _remove(part)
        except Timeout:
            pass


def _lock(path):
    return FileLock(path.with_name(f".{path.name}.lock"))


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
