"""Ways to tell the denoising where: small objects for `kit.edit(image, instruction, mask=M, control=...)`.

The plain blend sees the last picture only; the others reach into the denoising. Each attaches to the unmodified
diffusers pipeline for the time of one edit and leaves it as it was:

    Blend          y_tilde = M y + (1 - M) x0, once, on the last picture; all others end with it too
    LatentBlend    after each step the latents outside M are the original's, at the same level of noise
    GuidanceMask   e_0 + s_I (e_I - e_0) + M s_T (e_T - e_I): the instruction guides inside M only
    AttentionMask  cross-attention reads the instruction inside M, outside it reads an empty one
    Crop           only a square around M is edited, enlarged to the model's full working size

They work at the size of the latents, whose cells are several pixels wide: hence the options of `Masked`.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from .blend import check_growth, check_mode
from .errors import KitError
from .images import WHITE
from .latent_blend import LatentBlend
from .masked_controls import AttentionMask, GuidanceMask, Masked, T


@dataclass(frozen=True)
class Blend:
    """The plain equation on the last picture, y_tilde = M y + (1 - M) x0: the reference, and how every edit with a
    mask ends. As a control of its own, or beside others, it sets how: dilate, feather (pixels of the picture) and
    mode as for `me.blend`.
    """

    dilate: float = 0
    feather: float = 0
    mode: str = "alpha"

    def __post_init__(self):
        check_growth(self.dilate, self.feather)
        check_mode(self.mode)

    @contextmanager
    def attached(self, pipe, batch):
        yield {}


@dataclass(frozen=True)
class Crop:
    """Edit only a square around M, enlarged to the model's full working size, and put it back: for small objects in
    large pictures. The rest of the picture is not shown to the model, nor touched.

    padding : share of the square's side that is left around M on each side, at least 0
    """

    padding: float = 0.25

    def __post_init__(self):
        if not 0 <= self.padding <= 10:
            raise KitError(f"padding is {self.padding}; give 0 or more, as a share of the mask's longer side")

    def region(self, M):
        """(left, top, right, bottom), pixels: the square around M's inside, moved and cut to lie in the picture."""
        height, width = M.shape
        ys, xs = np.nonzero(M > WHITE)
        if not len(xs):
            raise KitError("Crop: the mask is empty; there is nothing to crop to")
        side = round(max(np.ptp(xs) + 1, np.ptp(ys) + 1) * (1 + 2 * self.padding))
        side = max(side, 8)  # the smallest picture that an editor takes
        corner = []
        for low, high, length in ((xs.min(), xs.max(), width), (ys.min(), ys.max(), height)):
            begin = round((low + high + 1 - side) / 2)
            corner.append(max(0, min(begin, length - side)))
        x, y = corner
        return x, y, min(x + side, width), min(y + side, height)

    @contextmanager
    def attached(self, pipe, batch):
        yield {}  # all that it does is done to the pictures, before and after


KINDS = (Blend, LatentBlend, GuidanceMask, AttentionMask, Crop)
CONTROLS = {  # settings with a name, for the command line and the scoreboard
    "blend": Blend(),
    "latent": LatentBlend(),
    "latent-dilated": LatentBlend(dilate=2),
    "inversion": LatentBlend(source="inversion", dilate=2),
    "guidance": GuidanceMask(),
    "attention": AttentionMask(),
    "crop": Crop(),
}


def named(names):
    """The settings of those names out of CONTROLS, as a dict; "all" gives all. Raises KitError for another."""
    names = list(CONTROLS) if names == "all" else list(names)
    if strange := [name for name in names if name not in CONTROLS]:
        raise KitError(f"control {strange[0]!r} is unknown; use {', '.join(CONTROLS)}")
    return {name: CONTROLS[name] for name in names}


def compose(control):
    """{class: control} of one control, a list of them or None, checked to make sense together.

    Raises
    ------
    KitError
        Something else; two of a kind; one that adds nothing to another.
    """
    controls = list(control) if isinstance(control, (list, tuple)) else [control or Blend()]
    chosen = {type(one): one for one in controls}
    for one in controls:
        if not isinstance(one, KINDS):
            names = ", ".join(f"{kind.__name__}()" for kind in KINDS)
            raise KitError(f"control {one!r} is none; use {names}, or a list of them")
    if len(chosen) < len(controls):
        raise KitError("two controls of one kind would undo each other; give one of each at most")
    latent, guidance = chosen.get(LatentBlend), chosen.get(GuidanceMask)
    if latent and guidance and (latent.start, latent.end, latent.source) == (T, 0, "noise"):
        if all(getattr(latent, how) == getattr(guidance, how) for how in ("soft", "dilate", "shrink")):
            raise KitError("GuidanceMask adds nothing to a LatentBlend over the whole window: what is guided outside "
                           "is replaced anyway; leave it out, or make the window shorter")
    return chosen


def check_cells(controls, masks, cell):
    """Warn of each control that would do nothing; masks, float32 (H, W), have the size at which the model works."""
    for one in controls:
        for M in masks if isinstance(one, Masked) else ():
            one.check(M, cell)


@contextmanager
def steered(pipe, controls, batch):
    """The controls attached; gives the options for the call of the pipeline.

    Inversion calls the U-Net itself, so LatentBlend goes first, before the others change what it answers.
    """
    options = {}
    with ExitStack() as stack:
        for one in sorted(controls, key=lambda one: not isinstance(one, LatentBlend)):
            options |= stack.enter_context(one.attached(pipe, batch))
        yield options
