"""Checks of notebook 02 InstructPix2Pix."""

import numpy as np

from .verdict import exercise


@exercise
def guidance_function(guide):
    """The reader's own guide(u, i, t, s_T, s_I), equation 3 of the paper."""
    rng = np.random.default_rng(0)
    u, i, t = rng.normal(size=(3, 4, 8, 8))
    for s_T, s_I in ((7.5, 1.5), (3.0, 1.0), (1.0, 1.0)):
        # diffusers' grouping of the same equation
        want = s_T * t + (s_I - s_T) * i + (1 - s_I) * u
        if not np.allclose(guide(u, i, t, s_T, s_I), want, atol=1e-9):
            return False, "", f"At s_T = {s_T}, s_I = {s_I} it differs from u + s_I (i - u) + s_T (t - i)."
    return True, "The two differences are two directions, and each scale is how far to walk along one.", ""


@exercise
def unet_rows(answer, steps, pictures):
    """Rows that go through the U-Net in an edit of some pictures."""
    return answer == 3 * steps * pictures, "Three rows a step and picture: that is what an edit costs.", \
        "Each step asks the U-Net once with text and picture, once with the picture only, once with neither."


@exercise
def weightless(s_I):
    """The image guidance at which the unconditional row has no weight."""
    return s_I == 1, "At s_I = 1 the row u cancels: that pass could be saved.", \
        "Collect the terms with u in u + s_I (i - u) + s_T (t - i). When do they cancel?"


@exercise
def gentler(x0, y, gentle, mask):
    """An edit that bleeds less than y, by a decibel or more, and still changes the inside at least half as much."""
    from ..metrics import background_psnr, change_map

    kept = background_psnr(x0, gentle, mask) - background_psnr(x0, y, mask)
    inside = np.asarray(mask) > 0.5
    share = change_map(x0, gentle)[inside].mean() / change_map(x0, y)[inside].mean()
    return (kept >= 1 and share >= 0.5, f"{kept:+.1f} dB in the background, {share:.0%} of the change inside.",
            f"{kept:+.1f} dB in the background (asked: +1), {share:.0%} of the change inside (asked: 50%).")
