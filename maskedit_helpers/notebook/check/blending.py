"""Checks of notebook 03 the blending equation."""

import numpy as np

from ...metrics.pixels import background_psnr
from ...metrics.truth import edit_psnr
from ...pictures.blend import blend as paste
from ...pictures.blend import grow
from .answers import number
from .functions import agree, call, hold
from .verdict import NotYet, exercise


def mixed(x0, y, M):
    """The equation in double precision, not yet rounded."""
    M = np.asarray(M, np.float64)[:, :, None]
    return M * y + (1 - M) * x0


def in_8_bits(x0, y, M):
    M = M.astype(np.uint8)[:, :, None]
    return M * y + (1 - M) * x0


BLEND_MISTAKES = {
    "That is the original, untouched.": lambda x0, y, M: x0,
    "That is the edit everywhere; M should choose.": lambda x0, y, M: y,
    "It is the wrong way round: white = 1 = edit.": lambda x0, y, M: mixed(y, x0, M),
    "Round before you convert: astype alone cuts off.": lambda x0, y, M: np.floor(mixed(x0, y, M) + 1e-4),
    "Between 0 and 1 the mask is a weight: do not harden it.": lambda x0, y, M: mixed(x0, y, M > 0.5),
    "M is 0 to 1 already; divided by 255 it leaves the original.": lambda x0, y, M: mixed(x0, y, M / 255),
    "The mask plays no part: that is the mean of both.": lambda x0, y, M: mixed(x0, y, np.full_like(M, 0.5)),
    "That is 8-bit arithmetic, which wraps round at 256; compute in floats.":
        lambda x0, y, M: in_8_bits(x0, y, 255 * M),
    "In 8-bit arithmetic M has no values between 0 and 1; compute in floats.": in_8_bits,
}


@exercise
def blend_function(blend):
    """The reader's own blend(x0, y, M) of uint8 pictures and a float mask (H, W); rounded either way at a half."""
    rng = np.random.default_rng(0)
    x0, y = rng.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    masks = np.eye(12, 10, dtype=np.float32), rng.random((12, 10)).astype(np.float32)

    def picture(*given):
        try:
            got = call(blend, *given)
        except (ValueError, RuntimeError) as error:  # NumPy's and torch's words for shapes that do not fit
            raise NotYet(f"M is (H, W), a picture (H, W, 3): M[:, :, None] makes one weight serve three colours. "
                         f"({error})") from error
        if got.shape != x0.shape:
            raise NotYet(f"The result has shape {got.shape} where the picture has {x0.shape}.")
        if got.dtype != np.uint8:
            raise NotYet(f"A picture is uint8 and yours is {got.dtype}: round, then convert.")
        return got

    hold(picture, mixed, [(x0, y, M) for M in masks], BLEND_MISTAKES,
         "Compute in float, and round before you convert.",
         agree=lambda mine, other: bool((np.abs(mine - other.astype(float)) <= 0.51).all()))
    return "What me.blend gives."


def masks_of_all_kinds():
    """[(kind, mask, what it means as floats)]: hard ones, soft ones whose brightest value is not white, empty ones."""
    shape = np.eye(6, 5, dtype=bool)
    soft = (np.arange(30).reshape(6, 5) * 7 - 3).clip(0).astype(np.uint8)  # 0 to 200
    empty = np.zeros((6, 5))
    return [
        ("a bool mask", shape, shape),
        ("a uint8 mask of 0 and 1", shape.astype(np.uint8), shape),
        ("a uint8 mask of 0 and 255", shape.astype(np.uint8) * 255, shape),
        ("a float mask", shape.astype(np.float32), shape),
        ("a soft uint8 mask, 0 to 200", soft, soft / 255),
        ("a soft float mask, 0 to 0.6", (soft / 333).astype(np.float32), soft / 333),
        ("an empty uint8 mask", empty.astype(np.uint8), empty),
        ("an empty bool mask", empty.astype(bool), empty),
        ("an empty float mask", empty.astype(np.float32), empty),
    ]


@exercise
def mask_reader(to_float):
    """The reader's own to_float(mask): any mask becomes floats 0 to 1, and what is between stays between."""
    for kind, mask, want in masks_of_all_kinds():
        try:
            got = call(to_float, mask)
        except NotYet:
            raise
        except Exception as error:
            raise NotYet(f"For {kind} it stopped with {type(error).__name__}: {error}") from error
        if got.shape != want.shape or got.dtype.kind != "f":
            raise NotYet(f"{kind[0].upper()}{kind[1:]} comes out as {got.dtype} {got.shape}; floats {want.shape} are "
                         "asked for.")
        if agree(1 - got, want) and want.any():
            raise NotYet(f"For {kind} it is the wrong way round: white stays 1.")
        if not agree(got, want):
            raise NotYet(f"For {kind} the largest value comes out as {got.max():.4g} where {want.max():.4g} is right."
                         + (" Values between black and white are meant." if "soft" in kind else ""))
    return "One place that knows about 255, and the blend can trust its mask."


@exercise
def fringe(dilate, kit_mask, case, y):
    """A dilation that covers the target's border without eating the background."""
    pixels = number(dilate)
    if not pixels > 0:
        raise NotYet("Choose a number of pixels above 0.")
    if pixels >= max(np.shape(kit_mask)) or grow(kit_mask, pixels).all():
        raise NotYet("That covers everything: nothing is left of the background.")
    plain, grown = paste(case.image, y, kit_mask), paste(case.image, y, kit_mask, dilate=pixels)
    better = edit_psnr(grown, case.truth, case.mask) - edit_psnr(plain, case.truth, case.mask)
    kept = background_psnr(case.image, grown, case.mask)
    if not better > 0:
        raise NotYet(f"{better:+.1f} dB inside (asked: more than 0): no fringe is left to cover at this size.")
    if not kept >= 30:
        raise NotYet(f"The background keeps {kept:.1f} dB (asked: 30): too much of it lies under the mask.")
    return f"{better:+.1f} dB inside, and the background keeps {kept:.1f} dB."
