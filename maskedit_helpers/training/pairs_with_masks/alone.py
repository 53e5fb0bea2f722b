"""Which process builds what: one of a team by its rank, and nobody twice in one folder."""

import os
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import KitError

LOCK = ".building-{rank}-of-{size}.lock"


def team():
    """(rank, size) as `torchrun` and `accelerate launch` tell each process; (0, 1) of one that was started alone.

    No more is asked of them: the processes share the shards by number and need not meet, so one may be slower than the
    others, or start again, and nobody waits.
    """
    try:
        return int(os.environ.get("RANK", 0)), max(1, int(os.environ.get("WORLD_SIZE", 1)))
    except ValueError:
        return 0, 1


@contextmanager
def alone(folder, rank, size):
    """Hold a folder for this rank of a team of that size.

    The system frees the locks of processes that die. When none but this one is held, what killed ones left half
    written is removed. Raises KitError while another process builds the same part, or a team of another size builds.
    """
    folder = Path(folder)
    mine = folder / LOCK.format(rank=rank, size=size)
    lock = FileLock(mine)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise KitError(f"another process is building in {folder}; wait for it, or name another folder") from None
    try:
        others = [path for path in folder.glob(LOCK.format(rank="*", size="*")) if path != mine and _held(path)]
        if strange := [path for path in others if not path.name.endswith(f"-of-{size}.lock")]:
            raise KitError(f"{len(strange)} processes of another start are building in {folder}; wait for them")
        if not others:
            for part in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):
                part.unlink(missing_ok=True)
        yield
    finally:
        mine.unlink(missing_ok=True)
        lock.release()


def _held(path):
    """Does a living process hold it? A lock that nobody holds is removed."""
    lock = FileLock(path)
    try:
        with lock.acquire(timeout=0):
            path.unlink(missing_ok=True)
        return False
    except Timeout:
        return True
