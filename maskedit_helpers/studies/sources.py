"""Where masks come from: what SAM, GrabCut or words find in a scene, the truth, and the truth made worse by degrees.

    found       click, box, words, grabcut
    given       truth; everywhere, all ones; loose, that of the click grown by two pixels
    made worse  dilated:N, eroded:N, shifted:N by N pixels; boxed, hull, holes; another, some other thing's mask
"""

import numpy as np

from ..errors import KitError
from ..masks.grabcut import grabcut
from ..masks.segment import finished
from ..picturebook.drawings import FIRST_THING
from ..pictures.blend import grow
from ..pictures.crops import box_of
from ..pictures.images import WHITE
from ..pictures.prompts import inner_point

LOOSE = 2  # pixels by which a loose mask is larger than SAM's of a click
HOLES = 0.25  # share of the mask that holes take
HOLE = 0.03  # radius of a hole, of the picture's side
FOUND = ("truth", "everywhere", "click", "box", "words", "grabcut", "loose")
BY_DEGREES = ("dilated", "eroded", "shifted")
AS_A_WHOLE = ("boxed", "hull", "holes", "another")


def check_source(source):
    """Raise KitError for a name that says no mask."""
    kind, colon, degree = source.partition(":")
    if source in FOUND + AS_A_WHOLE or kind in BY_DEGREES and colon and degree.isdigit() and int(degree):
        return
    raise KitError(f"a mask from {source!r} is unknown; use one of {', '.join(FOUND + AS_A_WHOLE)}, or "
                   f"{', '.join(f'{kind}:N' for kind in BY_DEGREES)} with N in pixels")


def mask_from(source, kit, pair):
    """The mask of a drawn scene.

    Parameters
    ----------
    source : str, see the module's docstring
    kit : Kit
    pair : picturebook.pairs.Pair whose edit has a place

    Returns
    -------
    float32 (H, W), empty where nothing was found or nothing is left.
    """
    check_source(source)
    kind, _, degree = source.partition(":")
    if kind in BY_DEGREES + AS_A_WHOLE:
        return _WORSE[kind](pair, int(degree or 0)).astype(np.float32)
    if source == "truth":
        return pair.mask.astype(np.float32)
    if source == "everywhere":
        return np.ones(pair.mask.shape, np.float32)
    if source == "words":
        return kit.ground(pair.before, pair.instruction)[0]
    if source == "grabcut":
        inside = _boxed(pair.target)
        return grabcut(pair.before, np.zeros_like(inside), ~inside, inside, rounds=5).astype(np.float32)
    if source == "box":
        found = kit.sam.predict(pair.before, box=box_of(pair.target), multimask=False)
    else:
        found = kit.sam.predict(pair.before, points=[inner_point(pair.target)])
    M = finished(pair.before, found.masks[found.best]).astype(np.float32)
    return grow(M, LOOSE) if source == "loose" and (M > WHITE).any() else M


def _boxed(mask):
    left, top, right, bottom = box_of(mask)
    box = np.zeros_like(mask)
    box[top:bottom, left:right] = True
    return box


def _dilated(mask, pixels):
    return grow(mask.astype(np.float32), pixels) > WHITE


def _shifted(pair, pixels):
    """To one side, which one is the scene's own; what leaves the picture is lost."""
    angle = _chance(pair).uniform(0, 2 * np.pi)
    down, right = round(pixels * np.sin(angle)), round(pixels * np.cos(angle))
    padded = np.pad(pair.mask, pixels)
    height, width = pair.mask.shape
    return padded[pixels - down:pixels - down + height, pixels - right:pixels - right + width]


def _hull(pair, _):
    from skimage.morphology import convex_hull_image

    return convex_hull_image(pair.mask)


def _holes(pair, _):
    """Discs taken out of the mask, until a quarter of it is gone."""
    r, left = _chance(pair), pair.mask.copy()
    ys, xs = np.mgrid[:len(left), :left.shape[1]]
    while left.sum() > (1 - HOLES) * pair.mask.sum():
        y, x = r.choice(np.argwhere(left))
        left &= (ys - y) ** 2 + (xs - x) ** 2 > (HOLE * len(left)) ** 2
    return left


def _another(pair, _):
    """The largest part of another thing; where the scene has none, the mask's mirror image."""
    others = np.where(pair.mask | (pair.ids < FIRST_THING), 0, pair.ids)
    sizes = np.bincount(others.ravel())[1:]
    return others == 1 + sizes.argmax() if sizes.size and sizes.max() else pair.mask[:, ::-1] & ~pair.mask


def _chance(pair):
    return np.random.default_rng(pair.seed)


_WORSE = {"dilated": lambda pair, pixels: _dilated(pair.mask, pixels),
          "eroded": lambda pair, pixels: ~_dilated(~pair.mask, pixels),
          "shifted": _shifted, "boxed": lambda pair, _: _boxed(pair.mask), "hull": _hull, "holes": _holes,
          "another": _another}
