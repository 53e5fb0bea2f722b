"""How folders of results lie, and which of these one is."""

from pathlib import Path

from ...errors import KitError
from . import magicbrush, pie_bench, plain

LAYOUTS = {"pie-bench": pie_bench, "magicbrush": magicbrush, "plain": plain}  # the order in which they are tried


def layout_of(folder, name="auto"):
    """(name, module) of the layout of a folder.

    A layout is a module: `fits(folder)`; `edits(folder, asked, common, masks)`, its Edits; `fit(picture, shape, name)`,
    how an edit comes to its original's size; TREE, how it lies; CAPTIONS, which file holds the words.

    Raises
    ------
    KitError
        No such folder or layout, or a folder that lies otherwise; the trees that were looked for are its note.
    """
    folder = Path(folder)
    if name != "auto" and name not in LAYOUTS:
        raise KitError(f"layout {name!r} is unknown; use one of auto, {', '.join(LAYOUTS)}")
    if not folder.is_dir():
        raise KitError(f"{folder}: there is no such folder; give one with originals, masks and edits in it")
    asked = LAYOUTS if name == "auto" else {name: LAYOUTS[name]}
    for which, layout in asked.items():
        if layout.fits(folder):
            return which, layout
    error = KitError(f"{folder}: this does not lie as {' or '.join(asked)} does; compare it with the tree"
                     f"{'s' if len(asked) > 1 else ''} above, and move or name its files so")
    error.add_note("\n\n".join(f"expected in {folder}, {layout.TREE}" for layout in asked.values()))
    raise error
