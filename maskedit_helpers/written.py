"""What the kit wrote in the folder of results: noted there as it is written, so that it can be removed, and only it.

The note is a file of its own, one JSON object a line: {"file": path, "sha256": of its bytes} or {"folder": path}, paths
from the folder of results. A file counts as the kit's while its bytes are the ones noted; once somebody changed it, it
is theirs. What lies behind a link is never the kit's.
"""
import contextlib
import hashlib
import json
import os
from pathlib import Path

from .places import HOME, results_folder

NOTE = ".written.jsonl"


def note(path, data):
    """Note that the kit wrote `data` (bytes) to `path`; nothing if that lies in no folder of results."""
    _note(Path(path), {"sha256": hashlib.sha256(data).hexdigest()}, "file")


def make_folder(path):
    """Make a folder, and those above it that are not there, and note in the results which were made. Raises OSError."""
    path = Path(path)
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for one in missing:
        _note(one, {}, "folder")


def _note(path, more, kind):
    place = path.parent.resolve() / path.name
    for root in _roots():
        if root in place.parents and not (root / NOTE).is_symlink():
            line = json.dumps({kind: place.relative_to(root).as_posix(), **more}) + "\n"
            with contextlib.suppress(OSError):  # a picture without a note only stays when others are removed
                with open(root / NOTE, "a", encoding="utf-8") as file:
                    file.write(line)
            return


def _roots():
    """The folders of results, links followed: the one in use first, and the project's own."""
    return list(dict.fromkeys(folder.resolve() for folder in (results_folder(), HOME / "results")))


def find():
    """What the kit wrote in the folders of results, and what else lies beside it.

    Returns
    -------
    (ours, left) : {path: bytes that removing it frees}, of files that are still as the kit wrote them; and a list of
        paths of files, links and whole folders of somebody else. Both sorted.

    Raises OSError where a folder can't be read.
    """
    ours, left = {}, []
    for root in _roots():
        files, folders = _read(root)
        here = [path for path, digest in files.items() if _is_as_noted(root, path, digest)]
        ours |= {path: _size(path) for path in here}
        looked_at = {root, *(one for path in (*here, *folders) for one in (path, *path.parents)
                             if _lies_in(root, one) and _is_folder(one))}
        for folder in filter(Path.is_dir, looked_at):
            left += [path for path in folder.iterdir() if path not in looked_at and path != root / NOTE]
    return dict(sorted(ours.items())), sorted(set(left) - ours.keys() - set(_roots()))


def remove(paths):
    """Remove files that `find` found, then the folders that the kit made and that are empty, and what is noted of both.

    A file that was changed since it was found stays.

    Returns
    -------
    (removed, kept) : {path: bytes freed}, and {path: why} of files that the system does not let go.
    """
    removed, kept = {}, {}
    for root in _roots():
        files, folders = _read(root)
        for path in sorted(files.keys() & set(paths)):
            try:
                if _is_as_noted(root, path, files[path]):
                    size = _size(path)
                    path.unlink()
                    removed[path] = size
            except OSError as error:
                kept[path] = error.strerror
        for folder in sorted(folders, reverse=True):  # the inner ones first
            if _lies_in(root, folder) and _is_folder(folder):
                with contextlib.suppress(OSError):  # somebody's file is in it
                    folder.rmdir()
        with contextlib.suppress(OSError):
            _forget(root, files, folders)
    return dict(sorted(removed.items())), kept


def _forget(root, files, folders):
    """Keep the note of what is still there, or none."""
    rest = [{"file": path.relative_to(root).as_posix(), "sha256": digest} for path, digest in files.items()
            if _is_as_noted(root, path, digest)]
    rest += [{"folder": path.relative_to(root).as_posix()} for path in dict.fromkeys(folders)
             if _lies_in(root, path) and _is_folder(path)]
    if rest:
        (root / NOTE).write_text("".join(json.dumps(line) + "\n" for line in rest), encoding="utf-8")
    elif files or folders:
        (root / NOTE).unlink()


def _read(root):
    """({path: sha256}, folders) as noted in a folder of results; lines that say neither are passed over."""
    files, folders = {}, []
    if (root / NOTE).is_symlink() or not (root / NOTE).is_file():
        return files, folders
    for line in (root / NOTE).read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            said = json.loads(line)
            if "folder" in said:
                folders.append(root / said["folder"])
            else:
                files[root / said["file"]] = said["sha256"]
    return files, folders


def _is_as_noted(root, path, digest):
    try:
        return (_lies_in(root, path) and path.is_file() and not path.is_symlink()
                and hashlib.sha256(path.read_bytes()).hexdigest() == digest)
    except OSError:  # who may not read it cannot know it
        return False


def _is_folder(path):
    return path.is_dir() and not path.is_symlink()


def _lies_in(root, path):
    """Without a link or '..' on the way: a note can be written by anybody."""
    return root in path.parents and path.parent.resolve() == path.parent and ".." not in path.parts


def _size(path):
    stat = os.lstat(path)
    return stat.st_size if stat.st_nlink == 1 else 0  # another name keeps the bytes
