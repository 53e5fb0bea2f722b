"""`maskedit fetch`: the published checkpoints onto this machine, or one line that says why not and what to do.

Whatever fails, nothing wrong ever lies in the place of something right: downloads are written aside and renamed, SAM's
go on where they broke off, and a wrong file is set aside as NAME.wrong, but not before a download may begin.
MASKEDIT_MIRROR stands in for the address of SAM's host, HF_ENDPOINT for the hub's; HF_HUB_OFFLINE=1 forbids all
downloads. What there is to fetch: checkpoints.py; when it counts as whole: whole.py.
"""

import errno
import os
import shutil
import sys
import time

from ..errors import KitError
from .checkpoints import ASSETS, FULL_DISK, NAMES, SETS, Repository, amount

TRIES, WAIT = 4, 5.0  # attempts, and seconds before the second; before each further one twice as long
NO_FOLDER = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


def fetch(names, progress=True):
    """Download whatever of `names` is not here yet; say first, on stderr, how much and where to.

    Parameters
    ----------
    names : list of str, each of NAMES
        "full" stands for all that `load("full")` needs.
    progress : bool
        Show progress bars.

    Returns
    -------
    list of Path, one per single name: the checkpoint's file or the folder of the repository's files, whole.

    Raises
    ------
    KitError
        An unknown name, no leave or no room to download, before anything is touched; no connection, a server that sends
        something else, after which nothing wrong lies under the name of something right.
    """
    singles = _singles(names)
    todo = missing(singles)
    if "english" in todo:
        ASSETS["english"].check()
    if todo:
        _check_leave(todo)
        _check_room(todo)
        for name in todo:
            for path in ASSETS[name].wrong():
                print(ASSETS[name].set_aside(path), file=sys.stderr)
        places = [f"{name} ({amount(ASSETS[name].left)}) to {ASSETS[name].folder}" for name in todo]
        print(f"downloading {amount(_left(todo))}: {', '.join(places)}", file=sys.stderr)
    for name in todo:
        _download(name, progress)
    return [ASSETS[name].find() for name in singles]


def find(name):
    """Where a single name lies, as `fetch` returns it, or None if it is not here or not whole. Never downloads."""
    return ASSETS[name].find()


def have(name):
    """Is it here, and whole? For "full": all of it? Never downloads."""
    return not missing([name])


def missing(names):
    """Those single names behind `names` that are not here, or not whole. Never downloads."""
    return [name for name in _singles(names) if find(name) is None]


def _singles(names):
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        sizes = {**{name: asset.size for name, asset in ASSETS.items()},
                 **{name: sum(ASSETS[single].size for single in singles) for name, singles in SETS.items()}}
        known = ", ".join(f"{name} ({amount(size)})" for name, size in sizes.items())
        raise KitError(f"{f'{unknown[0]!r} is unknown' if unknown else 'nothing is named'}; fetch one or more of "
                       f"{known}")
    return list(dict.fromkeys(single for name in names for single in SETS.get(name, (name,))))


def _left(names):
    return sum(ASSETS[name].left for name in names)


def _check_leave(names):
    """Refuse what may not be downloaded, or from no address, before anything is touched."""
    from huggingface_hub import constants

    for name in names:
        asset = ASSETS[name]
        if (os.environ.get("HF_HUB_OFFLINE") or "").upper() in ("1", "ON", "YES", "TRUE"):
            wrong = asset.wrong()
            state = f"{wrong[0]} is not what it should be (size or hash)" if wrong else "not here"
            raise KitError(f"{name}: {state}, and HF_HUB_OFFLINE forbids downloads; unset it, or {asset.by_hand}")
        if isinstance(asset, Repository) and constants.HF_HUB_OFFLINE:
            raise KitError(f"{name}: HF_HUB_OFFLINE was set when Python started; unset it and start Python again")
        try:
            asset.address  # which looks at the variable behind it
        except KitError as error:
            raise KitError(f"{name}: {error}") from error


def _check_room(names):
    """Refuse before the first byte what the disks can't hold."""
    disks = {}
    for name in names:
        folder = ASSETS[name].folder
        place = next(place for place in (folder, *folder.parents) if place.exists())
        disks.setdefault(place.stat().st_dev, (place, []))[1].append(name)
    for place, held in disks.values():
        if (free := shutil.disk_usage(place).free) < (need := _left(held)):
            raise KitError(f"{', '.join(held)}: {amount(need)} to download, but only {amount(free)} free in {place}; "
                           f"free some room there, or set {ASSETS[held[0]].home} to a roomier place")


def _download(name, progress):
    asset, wait = ASSETS[name], WAIT
    for left in reversed(range(TRIES)):
        try:
            return asset.download(progress)
        except KitError as error:
            raise KitError(f"{name}: {error}") from error
        except Exception as error:  # of two libraries, and of the HTTP clients below them
            reason, mend, again = _explain(error, asset)
            if not (again and left):
                come = f"; {amount(asset.kept)} have come, and the next try goes on from there" if asset.kept else ""
                raise KitError(f"{name}: could not be fetched from {asset.address} ({reason}); {mend}{come}") from error
            print(f"{name}: {reason}; trying again in {wait:g} s", file=sys.stderr)
        time.sleep(wait)
        wait *= 2


def _explain(error, asset):
    """What went wrong, what to do about it, and whether another try may help."""
    chain = [error]
    while (further := chain[-1].__cause__ or chain[-1].__context__) and further not in chain:
        chain.append(further)
    kinds = " ".join(type(one).__name__ for one in chain)
    codes = {getattr(one, "errno", None) for one in chain}
    status = next(filter(None, (getattr(getattr(one, "response", None), "status_code", None) for one in chain)), None)
    if codes & FULL_DISK:
        return "the disk is full", f"free some room, or set {asset.home} to a roomier place", False
    elsewhere = f"check the connection, set {asset.host} to a mirror, or {asset.by_hand}"
    if "Timeout" in kinds:
        return "the server stalled", elsewhere, True
    if any(word in kinds for word in ("ConnectError", "ConnectionRefused", "NewConnection", "NameResolution")):
        return "no connection", elsewhere, True
    if codes & NO_FOLDER:
        return f"{asset.folder} can't be written to", f"get leave to, or set {asset.home} to another place", False
    if status:
        return f"the server answered {status}", elsewhere, status in (408, 429) or status >= 500
    text = str(error).strip().splitlines() or [kinds]
    cut = "Consistency" in text[0] or any(word in kinds for word in ("IncompleteRead", "Protocol", "ConnectionReset"))
    return "the answer was cut off" if cut else text[0][:160], elsewhere, True
