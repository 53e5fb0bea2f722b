"""A download that goes on where an earlier one broke off: SAM's largest checkpoint is hours on a poor line.

What has come of FILE lies beside its place: as .FILE.PID.part while process PID writes to it, as .FILE.part once nobody
does. Whoever goes on renames it to its own name first, which only one can. Whether what was put together is right, its
hash says in the end: checkpoints.py.
"""

import os
import time
from contextlib import suppress

from tqdm import tqdm

STALE = 600.0  # seconds without a byte after which a part's process is dead: a living one gives up long before
CHUNK = 1 << 16  # bytes; of one that breaks off within, nothing is kept


def kept(path):
    """Bytes of `path` that the next download of it need not ask for."""
    found = _ownerless(path)
    return found[0].stat().st_size if found else 0


def claim(path):
    """The part of `path` for this process to go on with: what others left of it, or nothing yet."""
    mine = path.with_name(f".{path.name}.{os.getpid()}.part")
    for place, part in enumerate(_ownerless(path)):
        with suppress(OSError):  # somebody else was faster
            if place == 0:
                os.replace(part, mine)
            else:
                part.unlink()
    return mine


def release(path, part):
    """Leave a part to whoever comes next; an empty one goes."""
    with suppress(OSError):
        if part.stat().st_size:
            os.replace(part, path.with_name(f".{path.name}.part"))
        else:
            part.unlink()


def go_on(address, part, size, progress, timeout):
    """Ask a server for what is not in `part` yet, and write it there.

    Parameters
    ----------
    address : str, where the whole file is
    part : Path; may not be there yet. It grows, or begins anew where the server can't go on in the middle
    size : int, bytes of the whole file
    progress : bool, show a bar
    timeout : float, seconds without a byte

    Raises
    ------
    requests' errors and OSError: then what has come is in `part`.
    """
    import requests

    with open(part, "ab") as file:
        here = file.tell()
        if here > size:
            here = file.truncate(0)
        if here == size:
            return
        # Compressed on the way, bytes would be counted otherwise.
        asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
        bar = tqdm(total=size, initial=here, desc=address.rsplit("/", 1)[-1], unit="B", unit_scale=True,
                   disable=not progress)
        with requests.get(address, headers=asked, stream=True, timeout=timeout) as answer, bar:
            answer.raise_for_status()
            if here and answer.status_code != 206:
                file.truncate(0)
                bar.reset()
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
            file.flush()
            os.fsync(file.fileno())  # a full disk may speak up only here


def _ownerless(path):
    """Parts that nobody writes to, the largest first."""
    found = []
    for part in path.parent.glob(f".{path.name}.*part"):  # .FILE.part and .FILE.PID.part
        with suppress(OSError):
            status = part.stat()
            if part.name == f".{path.name}.part" or time.time() - status.st_mtime > STALE:
                found.append((status.st_size, part))
    return [part for _, part in sorted(found, reverse=True)]
