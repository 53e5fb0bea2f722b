"""Checks of notebook 05 steering the trajectory."""

import numpy as np

from .verdict import exercise


@exercise
def latent_blend_function(keep_outside):
    """The reader's own keep_outside(z, z_0, eps, a, M)."""
    rng = np.random.default_rng(1)
    z, z_0, eps = rng.normal(size=(3, 4, 5, 6))
    M = (rng.random((5, 6)) < 0.5).astype(np.float32)
    for a in (1.0, 0.6, 0.1):
        got = np.asarray(keep_outside(z, z_0, eps, a, M))
        want = M * z + (1 - M) * (np.sqrt(a) * z_0 + np.sqrt(1 - a) * eps)
        if np.shape(got) != want.shape:
            return False, "", f"It has shape {np.shape(got)} where z has {want.shape}."
        wrong = np.abs(got - want).max(0) > 1e-6
        if (wrong & (M == 1)).any():
            return False, "", f"At a = {a} the inside is no longer z."
        if wrong.any():
            return False, "", f"At a = {a} the outside is not the original at this level of noise."
    return True, "Inside the edit goes on, outside is the original, as noisy as everything else.", ""


@exercise
def masked_guidance_function(guide):
    """The reader's own guide(u, i, t, s_T, s_I, M)."""
    rng = np.random.default_rng(2)
    u, i, t = rng.normal(size=(3, 4, 5, 6))
    M = rng.random((5, 6))
    for s_T, s_I in ((7.5, 1.5), (3.0, 1.0)):
        got, want = np.asarray(guide(u, i, t, s_T, s_I, M)), u + s_I * (i - u) + M * s_T * (t - i)
        if np.shape(got) != want.shape or np.abs(got - want).max() > 1e-6:
            return False, "", f"With s_T = {s_T}, s_I = {s_I} it differs. The mask belongs to one of the two " \
                              "directions only."
    return True, "The picture guides everywhere, the words inside M.", ""


@exercise
def keeps_more(x0, plain, mine, case, kept=1.5, lost=2.0):
    """Before any pixel blend: a background nearer to the original, an edit not much further from the truth."""
    from ..metrics import background_psnr, edit_psnr

    gain = background_psnr(x0, mine, case.mask) - background_psnr(x0, plain, case.mask)
    loss = edit_psnr(plain, case.truth, case.mask) - edit_psnr(mine, case.truth, case.mask)
    if not np.isfinite(gain):
        return False, "", "The background is exact: that is the pixel blend. Leave it out with blend=False."
    return (gain >= kept and loss <= lost,
            f"{gain:+.1f} dB of background, {-loss:+.1f} dB of edit.",
            f"{gain:+.1f} dB of background (asked: {kept:+.1f} or more), {-loss:+.1f} dB of edit (asked: not under "
            f"{-lost:+.1f}).")
