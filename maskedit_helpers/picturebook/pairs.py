"""Training pairs made as InstructPix2Pix's were, with the spill made on purpose.

Its pairs came from Prompt-to-Prompt (Brooks, Holynski & Efros, 2023, section 3.1), which shares attention between the
two pictures of a pair and not pixels, so that they differ everywhere a little. Here the spill is a dial: `leak` in
[0, 1] is how often an edit spills and how far. Every pair still knows its exact mask and its clean truth.
"""
import random
import sys
from dataclasses import dataclass

import cv2
import numpy as np

from ..fingerprint import fingerprint
from . import canvas, drawings, finishes, grammar, scenes, shapes
from .drawings import COLOURS, FIRST_THING, PAINTED, PARTS, WHOLES
from .grammar import sample_edit
from .scenes import Scene, caption, render, sample_scene

LEAK = 0.6  # the dial's setting for the pocket editor
SMALLEST = 0.006  # of the picture: a target less visible than this is not asked for


@dataclass(frozen=True)
class Pair:
    """One training pair and all that is known of it.

    before, after, truth: uint8 (S, S, 3); `after` is the edit with its spill, `truth` the perfect edit.
    mask: bool (S, S), the pixels that a perfect edit may change. target: bool (S, S), what one would click on
    in `before` (None for a whole-scene edit). name: the part or whole that `target` shows.
    ids, ids_after: uint8 (S, S), owners of the pixels. captions: of before and of truth.
    """

    seed: int
    kind: str
    name: str | None
    colour: str | None
    instruction: str
    captions: tuple
    before: np.ndarray
    after: np.ndarray
    truth: np.ndarray
    mask: np.ndarray
    target: np.ndarray | None
    ids: np.ndarray
    ids_after: np.ndarray
    scenes: tuple[Scene, Scene]


def drawing_code():
    """The fingerprint of all the code that a pair comes from: pairs drawn by other code are other pairs."""
    return fingerprint(sys.modules[__name__], canvas, drawings, finishes, grammar, scenes, shapes)


def make_pair(seed, leak=LEAK, size=128):
    """The pair of a seed: always the same one.

    Parameters
    ----------
    seed : int
    leak : float in [0, 1]
        0: every edit stays inside its mask. 1: every edit spills, and far.
    size : int
        Pixels along each side.
    """
    r = random.Random(f"pair {seed}")
    scene = sample_scene(seed)
    before = render(scene, size)
    edit = sample_edit(scene, _visible(scene, before), r)
    truth = render(edit.scene, size)
    name, mask, target = None, np.ones((size, size), bool), None
    if edit.target:
        name = edit.target if edit.kind in ("robot", "hovercraft") else PAINTED[edit.target]
        owners = [PARTS[p] for p in WHOLES.get(name, (name,))]
        target = np.isin(before.ids, owners)
        mask = target | np.isin(truth.ids, owners)
    after = truth.image
    if edit.target and r.random() < leak:
        colour = COLOURS[edit.colour] if edit.colour else {"robot": (150, 165, 190), "hovercraft": (110, 215, 240)}.get(
            edit.kind, COLOURS[scene.colours[edit.target]])
        after = spill(truth.image, mask, before.ids, colour, leak, r)
    return Pair(seed, edit.kind, name, edit.colour, edit.instruction, (caption(scene), caption(edit.scene)),
                before.image, after, truth.image, mask, target, before.ids, truth.ids, (scene, edit.scene))


def _visible(scene, rendered):
    """The things that show enough of the part that would be painted."""
    share = np.bincount(rendered.ids.ravel(), minlength=len(PARTS)) / rendered.ids.size
    return [name for name in scene.things if share[PARTS[PAINTED[name]]] >= SMALLEST]


def spill(truth, mask, ids, colour, leak, r):
    """Let an edit's colour run out of its mask: a halo around it, a tint over everything, a stained neighbour.

    truth: uint8 (S, S, 3). mask: bool (S, S), never touched. colour: RGB. Returns uint8 (S, S, 3).
    """
    size = len(mask)
    halo = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), r.uniform(0.03, 0.09) * size)
    alpha = halo * r.uniform(0.4, 1.3) * leak / LEAK + r.uniform(0, 0.16) * leak / LEAK
    others = [i for i in np.unique(ids[~mask]) if i >= FIRST_THING]
    if others and r.random() < 0.5:
        alpha[ids == r.choice(others)] += r.uniform(0.3, 0.7) * leak / LEAK
    alpha = np.clip(alpha, 0, 0.75) * ~mask
    light = truth.mean(-1, keepdims=True) / 165  # a stain keeps the shading that it stains
    stain = np.clip(np.asarray(colour, np.float32) * (0.6 + 0.4 * light), 0, 255)
    return (truth + (stain - truth) * alpha[..., None] + 0.5).astype(np.uint8)
