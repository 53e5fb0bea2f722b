"""Where the pictures of a study come from: a folder in one of three forms, or the kit's own edits of fresh scenes."""

import csv
from pathlib import Path

from ...errors import KitError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
INSTRUCTIONS = "instructions.csv"


def read_sources(folder, methods=None, instruction=None):
    """Sources for `new_study` out of a folder.

    Either originals/, masks/ and edits/METHOD/ with the same names in each (a.png or a.jpg), or a folder for each
    source with original.png, mask.png and METHOD.png, as `maskedit demo` leaves them in results/demo, or one folder
    with NAME_original.png, NAME_mask.png and NAME_METHOD.png. What was asked stands in instructions.csv beside them,
    with the columns name and instruction (a name is NAME, or a.png's a, or the folder's); for the kit's own cases it is
    known.

    Parameters
    ----------
    folder : path
    methods : names of those to take, in any order; all if None
    instruction : str that holds for all sources, instead of instructions.csv

    Returns
    -------
    {name: {"original": path, "mask": path, "instruction": str, "edits": {method: path}}}

    Raises
    ------
    KitError
        No such folder, or one of another form; a source that lacks something; an unknown method.
    """
    folder = Path(folder)
    found = read_pictures(folder, methods)
    asked = _instructions(folder)
    for name, source in found.items():
        source["instruction"] = instruction or asked.get(name) or _of_a_case(name)
        if not source["instruction"]:
            raise KitError(f"{folder}: what was asked of {name}? Write it to {INSTRUCTIONS} there, columns name and "
                           "instruction, or give --instruction")
    return found


def edited_scenes(kit, controls, scenes, seed=0, progress=True):
    """Sources for `new_study` made now: freshly drawn scenes, each edited by each control, the mask from one click.

    Parameters
    ----------
    kit : Kit
    controls : names of controls, as for `maskedit edit --control`; "none" is the plain edit, its spill and all
    scenes : int >= 1, how many
    seed : int >= 0, which; none of them was trained on
    progress : bool

    Returns
    -------
    as `read_sources`, with arrays for paths.

    Raises
    ------
    KitError
        Unknown names, or weights that are missing.
    """
    from tqdm import tqdm

    from ...editing.controls.table import named
    from ...pictures.prompts import inner_point
    from ..evaluate import check_run, held_out_pairs

    check_run(scenes, seed, None)
    steered = named([name for name in controls if name != "none"]) if set(controls) - {"none"} else {}
    found = {}
    for pair in tqdm(held_out_pairs(scenes, seed), total=scenes, desc="scenes", unit="scene", disable=not progress):
        x0, edits = pair.before, {}
        M = kit.segment(x0, points=[inner_point(pair.target)])
        for name in dict.fromkeys(controls):
            told = {} if name == "none" else {"mask": M, "control": steered[name]}
            edits[name] = kit.edit(x0, pair.instruction, anyway=True, progress=False, **told)
        found[f"scene-{pair.seed}"] = {"original": x0, "mask": M, "instruction": pair.instruction, "edits": edits}
    return found


def read_pictures(folder, methods=None, besides=(), common=False):
    """Which pictures lie in a folder of one of three forms: the two of `read_sources`, or all side by side in it as
    NAME_original.png, NAME_mask.png, NAME_METHOD.png.

    Parameters
    ----------
    folder : Path
    methods : names of those to take, in any order; all if None
    besides : names of pictures that are no method's, taken where they are there; in the first form they lie in a folder
        of their own, truth in truths/
    common : bool, leave out what lacks a mask or an edit, rather than refuse it

    Returns
    -------
    {name: {"original": path, "mask": path, "edits": {method: path}, and of `besides`: path}}

    Raises
    ------
    KitError
        No such folder, or one of another form; what lacks something; an unknown method.
    """
    if not folder.is_dir():
        raise KitError(f"{folder}: there is no such folder; give one with originals, masks and edits in it")
    form = next((form for form in (_side_by_side, _one_by_one, _all_in_one) if form(folder, besides)), None)
    if form is None:
        raise KitError(f"{folder}: no pictures found; it needs originals/, masks/ and edits/METHOD/ with the same file "
                       "names, or a folder for each source with original.png, mask.png and METHOD.png")
    found = form(folder, besides)
    names = _chosen(folder, {what for pictures in found.values() for what in pictures} - {"original", "mask", *besides},
                    methods)
    if common:
        found = {name: pictures for name, pictures in found.items() if {"mask", *names} <= set(pictures)}
    return {name: {"original": pictures["original"], "mask": _there(form, folder, name, pictures, "mask"),
                   "edits": {method: _there(form, folder, name, pictures, method) for method in names},
                   **{one: pictures[one] for one in besides if one in pictures}}
            for name, pictures in found.items()}


def _side_by_side(folder, besides):
    """originals/, masks/, edits/METHOD/ as {name: {what: path}}"""
    places = {"mask": folder / "masks", **{one: folder / f"{one}s" for one in besides}}
    for one in sorted((folder / "edits").glob("*")):
        if one.name in ("original", *places):
            raise KitError(f"{one}: edits of a method can't be called {one.name}, which is something else; rename it")
        if one.is_dir():
            places[one.name] = one
    pictures = {what: _pictures(place) for what, place in places.items()}
    return {name: {"original": path, **{what: lying[name] for what, lying in pictures.items() if name in lying}}
            for name, path in _pictures(folder / "originals").items()}


def _one_by_one(folder, besides):
    """A folder for each source; what lies in others is passed over."""
    found = {one.name: _pictures(one) for one in sorted(folder.iterdir()) if one.is_dir()}
    return {name: pictures for name, pictures in found.items() if "original" in pictures}


def _all_in_one(folder, besides):
    """NAME_original, NAME_mask, NAME_METHOD; a method's name may hold further _"""
    lying = _pictures(folder)
    names = [stem.removesuffix("_original") for stem in lying if stem.endswith("_original")]
    return {name: {stem.removeprefix(f"{name}_"): path for stem, path in lying.items()
                   if max((one for one in names if stem.startswith(f"{one}_")), key=len, default=None) == name}
            for name in names}


def _chosen(folder, known, methods):
    """The methods to take, of those that are there."""
    if unknown := [one for one in methods or () if one not in known]:
        raise KitError(f"{folder}: no edits by {unknown[0]!r}; there are {', '.join(sorted(known)) or 'none'}")
    return sorted(known) if methods is None else list(dict.fromkeys(methods))


def _pictures(folder):
    """{name without its ending: path}"""
    if not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in ENDINGS and not path.name.startswith("."):
            if path.stem in found:
                raise KitError(f"{folder}: {found[path.stem].name} and {path.name} have one name; which is it?")
            found[path.stem] = path
    return found


def _there(form, folder, name, pictures, what):
    if what not in pictures:
        where, picture = {_side_by_side: (folder / ("masks" if what == "mask" else f"edits/{what}"), name),
                          _one_by_one: (folder / name, what), _all_in_one: (folder, f"{name}_{what}")}[form]
        raise KitError(f"{where}: there is no picture {picture}; each original needs its mask, and an edit by each "
                       "method")
    return pictures[what]


def _instructions(folder):
    rows = rows_by_name(folder / INSTRUCTIONS, "instruction", "name,instruction")
    return {name: row["instruction"].strip() for name, row in rows.items()}


def rows_by_name(path, needed, columns):
    """{a picture's name: its row} of a CSV file beside the pictures, {} where there is none.

    needed : the column that each row must have beside the name. columns : how the file's first line reads.
    """
    if not path.exists():
        return {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KitError(f"{path}: could not be read ({error})") from error
    if any(not row.get("name") or row.get(needed) is None for row in rows):
        raise KitError(f"{path}: each line needs a name and a value of {needed}; the first line says {columns}")
    return {Path(row["name"]).stem if Path(row["name"]).suffix.lower() in ENDINGS else row["name"]: row for row in rows}


def _of_a_case(name):
    from ...picturebook.cases import case_names, load_case

    return load_case(name).instruction if name in case_names() else ""
