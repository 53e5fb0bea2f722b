"""Checks of notebook 03 the blending equation."""

import numpy as np

from .verdict import exercise


@exercise
def blend_function(blend):
    """The reader's own blend(x0, y, M) of uint8 pictures and a float mask (H, W)."""
    from ..blend import blend as reference

    rng = np.random.default_rng(0)
    x0, y = rng.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    for M in (np.eye(12, 10, dtype=np.float32), rng.random((12, 10)).astype(np.float32)):
        got = np.asarray(blend(x0, y, M))
        if got.shape != x0.shape:
            return False, "", f"The result has shape {got.shape} where the picture has {x0.shape}."
        if got.dtype != np.uint8:
            return False, "", f"A picture is uint8 and yours is {got.dtype}: round, then convert."
        worst = np.abs(got.astype(int) - reference(x0, y, M)).max()
        if worst > 0:
            return False, "", f"A value is off by {worst} grey levels. Compute in float, round before you convert."
    return True, "Bit for bit what me.blend gives.", ""


@exercise
def mask_reader(to_float):
    """The reader's own to_float(mask): bool, uint8 0/255 and float masks all become floats 0 to 1."""
    shape = np.eye(6, 5, dtype=bool)
    for name, mask in (("a bool mask", shape), ("a uint8 mask of 0 and 255", shape.astype(np.uint8) * 255),
                       ("a float mask", shape.astype(np.float32))):
        got = np.asarray(to_float(mask))
        if got.dtype.kind != "f" or not np.allclose(got, shape):
            return False, "", f"{name} comes out as {got.dtype} with a largest value of {got.max():.4g}; 1.0 is right."
    return True, "One place that knows about 255, and the blend can trust its mask.", ""


@exercise
def fringe(dilate, kit_mask, case, y):
    """A dilation that covers the target's border without eating the background."""
    from ..blend import blend
    from ..metrics import background_psnr, edit_psnr

    plain = blend(case.image, y, kit_mask)
    grown = blend(case.image, y, kit_mask, dilate=dilate)
    better = edit_psnr(grown, case.truth, case.mask) - edit_psnr(plain, case.truth, case.mask)
    kept = background_psnr(case.image, grown, case.mask)
    if dilate <= 0:
        return False, "", "Choose a number of pixels above 0."
    return (better > 0 and kept >= 30, f"{better:+.1f} dB inside, and the background keeps {kept:.1f} dB.",
            f"{better:+.1f} dB inside (asked: more than 0), and the background keeps {kept:.1f} dB (asked: 30).")
