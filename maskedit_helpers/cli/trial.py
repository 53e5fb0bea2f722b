"""`maskedit doctor --try`: does each model that is here do one tiny step of its work, and how long does that take?"""

import time

from ..downloads import fetch
from ..downloads.checkpoints import ASSETS
from ..errors import KitError
from ..kit import weights
from ..kit.kit import Kit
from ..places import pocket_folder

SIDE = 128  # pixels: small even for the published editor, so that a CPU has an answer in seconds


def parts_here():
    """(name, Choice, what the kit calls it) of every model whose weights lie here, right or wrong. Never downloads."""
    if (pocket_folder() / "pocket.json").is_file():
        choice = weights.choose("pocket")
        yield from ((f"pocket {part}", choice, part) for part in ("sam", "editor", "clip"))
    full = [*((f"sam_{size}", "sam", {"sam": size}) for size in weights.FULL_SAM), ("instruct_pix2pix", "editor", {}),
            *((f"clip_{size}", "clip", {"clip": size}) for size in weights.FULL_CLIP),
            ("grounding_dino_tiny", "detector", {})]
    for name, part, which in full:
        if fetch.have(name) or ASSETS[name].wrong():
            yield name, weights.choose("full", **which), part


def try_part(name, choice, part):
    """Load a model and let it work on a tiny picture.

    Returns
    -------
    dict: "part", its name; "works", bool; "device"; "load_seconds", "step_seconds"; "error", "" or why it doesn't, in
    one line.
    """
    row = {"part": name, "works": False, "device": choice.device, "load_seconds": None, "step_seconds": None,
           "error": ""}
    try:
        if name in ASSETS and (wrong := ASSETS[name].wrong()):
            raise KitError(f"{wrong[0]} is not what it should be (size or hash); get it again: maskedit fetch {name}")
        start = time.perf_counter()
        model = getattr(Kit(choice), part)
        row["load_seconds"] = time.perf_counter() - start
        start = time.perf_counter()
        STEPS[part](model)
        row["step_seconds"] = time.perf_counter() - start
    except Exception as error:  # whatever it is, the other parts are tried too
        lines = str(error).strip().splitlines() or [""]
        return row | {"error": lines[0] if isinstance(error, KitError) else f"{type(error).__name__}: {lines[0]}"}
    return row | {"works": True}


def line(row):
    """A row of `try_part` for a person."""
    if row["works"]:
        return (f"{row['part']} works on {row['device']}: loaded in {row['load_seconds']:.1f} s, "
                f"one step in {row['step_seconds']:.2f} s")
    return f"{row['part']} does not work: {row['error']}"


def _click(sam):
    _finite(sam.predict(_picture(), points=[(SIDE / 2, SIDE / 2)]).scores)


def _edit(editor):
    editor.long_side = SIDE
    editor.edit(_picture(), "make the ball red", steps=1, progress=False)  # which refuses what is no picture


def _score(clip):
    _finite(clip.images([_picture()]) @ clip.texts(["a red ball"]).T)


def _box(detector):
    _finite(detector.boxes(_picture(), "a red ball", 0).boxes)


STEPS = {"sam": _click, "editor": _edit, "clip": _score, "detector": _box}


def _picture():
    """A ball on a lawn, uint8 (SIDE, SIDE, 3)."""
    import numpy as np

    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    ball = (x**2 + y**2 < 0.06)[..., None]
    return np.where(ball, np.uint8([60, 90, 200]), np.uint8([112, 172, 84]))


def _finite(values):
    import numpy as np

    if not np.isfinite(values).all():
        raise ArithmeticError("its answer is not a number; its weights are broken, or overflow on this device")
