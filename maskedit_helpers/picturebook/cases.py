"""The cases that the kit teaches with: a picture, what to do to it, where to click, and, if drawn, the truth.

They lie in data/cases/cases.json. A drawn case is the spec of a picture-book scene and of its edited twin, so
its exact mask and its perfect edit are known at any size. A photo case names one of the photographs that scikit-image
carries (data/cases/README.md says whose they are), or a file beside that JSON, and has no truth.
Places are fractions of the width and height there, pixels here.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import KitError
from ..pictures.images import fit
from ..places import HOME

FOLDER = HOME / "data" / "cases"


@dataclass(frozen=True)
class Case:
    """image: uint8 (H, W, 3). click: (x, y) and box: (left, top, right, bottom), pixels. captions: (before, after).

    mask: float32 (H, W), the pixels that a perfect edit may change; truth: uint8 (H, W, 3), that perfect
    edit. Both None for a photo. parts: {name: float32 (H, W)}, the exact mask of everything that can be seen in
    the drawn picture ("shirt", "person", "sky"); empty for a photo.
    """

    name: str
    image: np.ndarray
    instruction: str
    click: tuple
    box: tuple
    captions: tuple
    mask: np.ndarray | None = None
    truth: np.ndarray | None = None
    parts: dict = field(default_factory=dict)


KINDS = ("drawn", "photo")


def case_names(kind="drawn", folder=FOLDER):
    """Names of the cases, in reading order.

    Parameters
    ----------
    kind : "drawn", whose truth is known; "photo", of which none is; None, all
    folder : path, where cases.json lies

    Raises
    ------
    KitError
        Another kind, no cases file.
    """
    if kind not in (*KINDS, None):
        raise KitError(f'kind is {kind!r}; use "drawn", "photo" or None, which is both')
    return [name for name, entry in _read(folder).items() if kind in (None, KINDS["scene" not in entry])]


def load_case(name, size=128, folder=FOLDER):
    """One case, ready for the verbs.

    Parameters
    ----------
    name : "shirt", "dog" or "car", which are drawn, or a photograph; `case_names(None)` lists all
    size : int
        Pixels of the longer side; drawn cases are drawn at it, photos scaled to it.
    folder : path
        Where cases.json lies.

    Returns
    -------
    Case

    Raises
    ------
    KitError
        No such case, no cases file, a photograph that can't be read.
    """
    cases = _read(folder)
    if name not in cases:
        raise KitError(f"there is no case {name!r}; choose one of {', '.join(cases)}")
    entry = cases[name]
    drawn = "scene" in entry
    pictures = _draw(entry, size) if drawn else {
        "image": fit(_sample(entry["sample"]) if "sample" in entry else Path(folder) / entry["photo"], size),
        "captions": tuple(entry["captions"])}
    height, width = pictures["image"].shape[:2]
    pixels = [round(at * side) for at, side in zip(entry["click"] + entry["box"], (width, height) * 3)]
    return Case(name=name, instruction=entry["instruction"], click=tuple(pixels[:2]), box=tuple(pixels[2:]),
                **pictures)


def _draw(entry, size):
    """Image, mask, truth and captions of a drawn case."""
    from .scenes import Scene, caption, render

    scene = Scene.from_json(json.dumps(entry["scene"]))
    edited = replace(scene, **{what: {**getattr(scene, what), **new} for what, new in entry["edit"].items()})
    before, after = render(scene, size), render(edited, size)
    # The edit may paint where its target was and where it will be: a hovercraft has fins, a car has none.
    mask = before.masks[entry["target"]] | after.masks[entry["target"]]
    return {"image": before.image, "truth": after.image, "mask": mask.astype(np.float32),
            "parts": {name: part.astype(np.float32) for name, part in before.masks.items()},
            "captions": (caption(scene), caption(edited))}


def _sample(name):
    """One of scikit-image's own photographs, uint8 (H, W, 3); of a stereo pair the left one."""
    from skimage import data

    try:
        picture = getattr(data, name)()
    except Exception as error:  # a package without its data would have to download it, which fails in many ways
        raise KitError(f"this scikit-image carries no photograph {name!r} ({type(error).__name__}); install it from "
                       "its wheel: pip install --force-reinstall scikit-image") from error
    return picture[0] if isinstance(picture, tuple) else picture


def _read(folder):
    path = Path(folder) / "cases.json"
    if not path.is_file():
        raise KitError(f"{path} is not there; the cases come with the repository, so run in a copy of it")
    return json.loads(path.read_text(encoding="utf-8"))
