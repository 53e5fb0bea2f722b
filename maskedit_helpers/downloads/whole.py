"""Is a file what it should be, and out of the way with it if not.

A file counts as here when its size and hash are right, not before: half downloads and flipped bits have been loaded
without a word. What is wrong is renamed, never deleted, and only where it is ours: a link to somebody's own file is
renamed itself, and what it leads to stays as it is.
"""

import hashlib
import json
import os
import re
from contextlib import suppress
from itertools import count, takewhile
from pathlib import Path

from ..errors import KitError
from ..places import models_folder


def whole(path, sha256, size=None):
    """Has the file that hash (and size)? Hashed once: 2.5 GB take seconds, so a note of the size and time of
    change that were found right, models/full/verified.json, answers from then on; whoever writes to the file
    changes its time."""
    from ..pictures.images import write_file

    try:
        status = path.stat()
    except OSError:
        return False
    if size not in (None, status.st_size):
        return False
    book, stamp = models_folder() / "full" / "verified.json", [status.st_size, status.st_mtime_ns]
    try:
        notes = dict(json.loads(book.read_text()))
    except (OSError, ValueError, TypeError):
        notes = {}
    if notes.get(sha256) == stamp:
        return True
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            return False
    with suppress(OSError, KitError):  # without the note, in a folder that is read only, it is hashed again
        book.parent.mkdir(parents=True, exist_ok=True)
        write_file(book, json.dumps({**notes, sha256: stamp}, indent=1).encode(), ".json")
    return True


def as_named(path):
    """Is a file of the hub's cache what it should be? It is a link to a file that is called by its hash, as git or
    git-lfs takes it. Where links can't be made (some Windows), the hub's own check of the size must do."""
    name = Path(os.readlink(path)).name if path.is_symlink() else ""  # one step: further links have other names
    if re.fullmatch("[0-9a-f]{64}", name):
        return whole(path, name)
    if re.fullmatch("[0-9a-f]{40}", name):
        data = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == name
    return True


def aside(path):
    """A free name beside a path: PATH.wrong, or PATH.wrong2 and so on where that is taken."""
    names = (path.with_name(f"{path.name}.wrong{'' if number == 1 else number}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


def set_aside(path, homes=()):
    """Rename a wrong file to `aside` of it, and say so in one line.

    Parameters
    ----------
    path : Path
        A link is renamed itself, unless it leads to something that lies in `homes`.
    homes : folders, resolved
        Where the caller's own files lie: what a link leads to is renamed in its place if it is there.

    Returns
    -------
    str, the line.

    Raises
    ------
    KitError
        It can't be renamed.
    """
    first, *further = _chain(path) if homes else [path]
    ours = [first, *takewhile(lambda place: any(home in place.parents for home in homes), further)][-1]
    outside = ours.is_symlink()
    try:
        os.replace(ours, new := aside(ours))
    except OSError as error:
        raise KitError(f"{ours} is not what it should be (size or hash) and can't be set aside ({error.strerror}); "
                       "move it away yourself") from error
    if outside:
        return (f"{path} leads to {os.readlink(new)}, which is not what it should be (size or hash); the link is set "
                f"aside as {new}, what it leads to stays as it is")
    return f"{path} is not what it should be (size or hash); set aside as {new}"


def _chain(path):
    """A path and all that it leads to, link by link, each where it really lies."""
    while True:
        path = path.parent.resolve() / path.name
        yield path
        if not path.is_symlink():
            return
        path = path.parent / os.readlink(path)
