"""One's own folder: originals, masks, edits of each method, and, where they are there, captions and true edits."""

from ...errors import KitError
from ...pictures.images import WHITE, read_mask, resized
from ...training.pairs_with_masks.layouts import transparent
from ..human.sources import read_pictures, rows_by_name
from .edit import Edit, Mask
from .methods import asked_for, complete, picture_at

CAPTIONS = "captions.csv"
TREE = f"""a folder of one's own (plain)
  originals/NAME.png
  masks/NAME.png                                       white = edit, unless --masks black or transparent
  edits/METHOD/NAME.png
  truths/NAME.png                                      the perfect edit, where it is known
  {CAPTIONS}                                         name,before,after: a picture's name, captions; if there are any
or NAME/original.png, NAME/mask.png, NAME/METHOD.png; or NAME_original.png, NAME_mask.png, NAME_METHOD.png"""


def fits(folder):
    if (folder / "originals").is_dir():
        return True  # and whatever is wrong in it is said
    try:
        return bool(read_pictures(folder, [], common=True))
    except KitError:
        return False


def edits(folder, asked=None, common=False, masks=None):
    """An Edit for each picture and method; see `run.measure_folder`."""
    says = {None: _white, "white": _white, "black": _black, "transparent": _transparent}.get(masks)
    if says is None:
        raise KitError(f"masks {masks!r}: what means edit in them? white, black or transparent")
    named = asked_for(edits=asked)
    here = None if named is None else [name for name, place in named.items() if place is None]
    sources = read_pictures(folder, here, ("truth",), common)
    for method, place in (named or {}).items():
        for name, source in sources.items() if place else ():
            source["edits"][method] = picture_at(place / f"{name}.png")
    sources = {name: sources[name] for name in complete(
        {name: source["edits"] for name, source in sources.items()}, common, folder)}
    captions = _captions(folder)
    found = []
    for name, source in sources.items():
        before, after = captions.get(name) or _of_a_case(name)
        one = Edit(name, "", source["original"], source["original"],
                   Mask(source["mask"], says, f"mask {source['mask']}"), target=source.get("truth"),
                   truth=source.get("truth"), before=before, after=after, session=name)
        found += [one.by(method=method, edited=path) for method, path in source["edits"].items()]
    if not found:
        raise KitError(f"{folder}: there are originals but no edits; put those of each method where the originals' "
                       "names are, or name them NAME=FOLDER")
    return found


def fit(picture, shape, name):
    """Resized to the original's size, if the aspect is the same; refused if not."""
    return resized(picture, shape, name)


def _white(path):
    return read_mask(path, allow_empty=True) > WHITE


def _black(path):
    return ~_white(path)


def _transparent(path):
    try:
        return transparent(path.read_bytes())
    except (OSError, KitError) as error:
        raise KitError(f"mask {path}: {error}") from error


def _captions(folder):
    """{name: (before, after)}"""
    rows = rows_by_name(folder / CAPTIONS, "after", "name,before,after")
    return {name: ((row.get("before") or "").strip(), row["after"].strip()) for name, row in rows.items()}


def _of_a_case(name):
    from ...picturebook.cases import case_names, load_case

    return tuple(load_case(name).captions or ("", "")) if name in case_names() else ("", "")
