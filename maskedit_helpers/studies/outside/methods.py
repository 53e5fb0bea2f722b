"""Whose edits are measured: folders of results by name, and which pictures all of them have."""

from pathlib import Path

from ...errors import KitError
from ..human.sources import ENDINGS


def asked_for(edits):
    """{name: folder, or None where it lies with the others} of "NAME" and "NAME=FOLDER"; None of None."""
    if edits is None:
        return None
    if isinstance(edits, str):
        raise KitError(f"edits {edits!r}: give a list of names, for example [{edits!r}]")
    found = {}
    for one in edits:
        name, told, folder = one.partition("=")
        if not name or told and not Path(folder).is_dir():
            raise KitError(f"edits {one!r}: there is no such folder; give NAME, or NAME=FOLDER")
        found[name] = Path(folder) if told else None
    return found


def methods(root, places, edits):
    """{name: folder} of the methods to measure.

    root : folder of the benchmark. places : folders in it where results may lie, a folder for each method.
    edits : names, and NAME=FOLDER for those that lie elsewhere; all that lie there if None
    """
    here = {one.name: one for place in places for one in sorted((root / place).glob("*")) if one.is_dir()}
    asked = asked_for(edits)
    if asked is None:
        asked = dict.fromkeys(here)
    for name, folder in asked.items():
        if folder is None and name not in here:
            raise KitError(f"{root}: no edits by {name!r}; there are {', '.join(here) or 'none'} in {places[0]}/, and "
                           "edits that lie elsewhere are named NAME=FOLDER")
    if not asked:
        raise KitError(f"{root}: there are no edits; put those of each method into {places[0]}/METHOD, or name them "
                       "NAME=FOLDER")
    return {name: folder or here[name] for name, folder in asked.items()}


def picture_at(path):
    """The picture at that path, whatever its ending is; None where there is none."""
    if path.is_file():
        return path
    return next((other for ending in ENDINGS if (other := path.with_suffix(ending)).is_file()), None)


def complete(found, common, where):
    """Of {picture: {method: path or None}} those that every method has; a KitError where one is missing, if not
    `common`, which leaves it out for all of them: means over different pictures do not compare."""
    for method in next(iter(found.values()), {}):
        missing = [name for name, paths in found.items() if paths[method] is None]
        if missing and not common:
            raise KitError(f"{where}: {len(missing)} of {len(found)} edits by {method} are missing, the first is of "
                           f"{missing[0]}; make them, or measure those that all methods have: common=True (--common)")
    whole = {name: paths for name, paths in found.items() if None not in paths.values()}
    if not whole:
        raise KitError(f"{where}: there is no picture that every method has edited")
    return whole
