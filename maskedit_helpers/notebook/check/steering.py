"""Checks of notebook 05 steering the trajectory. The U-Net's rows: e_T (text and picture), e_I (picture), e_0."""

import numpy as np

from ...editing.controls.base import Control
from ...editing.controls.blend import Blend
from ...metrics.pixels import background_psnr
from ...metrics.truth import edit_psnr
from .answers import bounds
from .functions import hold
from .verdict import NotYet, exercise


def noisy(z_0, eps, a):
    return np.sqrt(a) * z_0 + np.sqrt(1 - a) * eps


KEEPING_MISTAKES = {
    "Outside is the clean original: it must be as noisy as z is, so mix in noise.":
        lambda z, z_0, eps, a, M: M * z + (1 - M) * z_0,
    "Outside is the original made smaller; the noise is missing.":
        lambda z, z_0, eps, a, M: M * z + (1 - M) * np.sqrt(a) * z_0,
    "a is the share of the variance: its root goes with z_0, the root of 1 - a with the noise.":
        lambda z, z_0, eps, a, M: M * z + (1 - M) * (a * z_0 + (1 - a) * eps),
    "The two weights are exchanged: at a = 1 there is no noise.":
        lambda z, z_0, eps, a, M: M * z + (1 - M) * noisy(eps, z_0, a),
    "The mask is the wrong way round: inside goes on, outside is the original.":
        lambda z, z_0, eps, a, M: (1 - M) * z + M * noisy(z_0, eps, a),
}


@exercise
def latent_blend_function(keep_outside):
    """The reader's own keep_outside(z, z_0, eps, a, M)."""
    rng = np.random.default_rng(1)
    z, z_0, eps = rng.normal(size=(3, 4, 5, 6))
    M = (rng.random((5, 6)) < 0.5).astype(np.float32)
    hold(keep_outside, lambda z, z_0, eps, a, M: M * z + (1 - M) * noisy(z_0, eps, a),
         [(z, z_0, eps, a, M) for a in (1.0, 0.6, 0.1)], KEEPING_MISTAKES,
         "The inside should stay z, the outside become the original at this level of noise.")
    return "Inside the edit goes on, outside is the original, as noisy as everything else."


def guided(e_0, e_I, e_T, s_T, s_I, M):
    return e_0 + s_I * (e_I - e_0) + M * s_T * (e_T - e_I)


MASKING_MISTAKES = {
    "The mask is nowhere in it.": lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_T, s_I, 1),
    "The mask is on both directions; the picture should guide everywhere.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_T, M * s_I, M),
    "The mask is on the picture's direction; it belongs to the words'.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_T, M * s_I, 1),
    "The mask is on everything, so that outside nothing at all is predicted.":
        lambda e_0, e_I, e_T, s_T, s_I, M: M * guided(e_0, e_I, e_T, s_T, s_I, 1),
    "The mask is on e_T alone; it belongs to the difference e_T - e_I.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, M * e_T, s_T, s_I, 1),
    "The mask is the wrong way round: the words guide inside.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_T, s_I, 1 - M),
    "The two scales are exchanged: s_I goes with e_I - e_0, s_T with e_T - e_I.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_I, s_T, M),
    "A mask may be soft: use its values as they are.":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_0, e_I, e_T, s_T, s_I, M > 0.5),
    "The order of the arguments is guide(e_0, e_I, e_T, s_T, s_I, M).":
        lambda e_0, e_I, e_T, s_T, s_I, M: guided(e_T, e_I, e_0, s_T, s_I, M),
}


@exercise
def masked_guidance_function(guide):
    """The reader's own guide(e_0, e_I, e_T, s_T, s_I, M)."""
    rng = np.random.default_rng(2)
    rows, M = rng.normal(size=(3, 4, 5, 6)), rng.random((5, 6))
    hold(guide, guided, [(*rows, s_T, s_I, M) for s_T, s_I in ((7.5, 1.5), (3.0, 1.2))], MASKING_MISTAKES,
         "The mask belongs to one of the two directions of equation 3 only.")
    return "The picture guides everywhere, the words inside M."


@exercise
def keeps_more(kit, case, M, control, kept=1.5, lost=2.0, steps=10):
    """A control that, before any pixel blend, keeps more of the background and loses little of the edit. Both edits are
    made here, so that nothing but the control can make the difference."""
    control = _control(control)
    how = {"plan": "reference", "steps": steps, "progress": False}
    plain = kit.edit(case.image, case.instruction, **how)
    mine = kit.edit(case.image, case.instruction, mask=M, control=control, blend=False, **how)
    gain = background_psnr(case.image, mine, case.mask) - background_psnr(case.image, plain, case.mask)
    loss = edit_psnr(plain, case.truth, case.mask) - edit_psnr(mine, case.truth, case.mask)
    if not gain >= kept:
        raise NotYet(f"{gain:+.1f} dB of background (asked: {kept:+.1f} or more). Which control replaces what lies "
                     f"outside?{bounds(kit)}")
    if not loss <= lost:
        raise NotYet(f"{gain:+.1f} dB of background, but {-loss:+.1f} dB of the edit inside (asked: not under "
                     f"{-lost:+.1f}). The edit needs room, in space or in time.{bounds(kit)}")
    return f"{gain:+.1f} dB of background, {-loss:+.1f} dB of edit."


def _control(answer):
    """A list of controls, of which one at least acts before the last picture."""
    controls = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    if any(isinstance(one, type) for one in controls):
        raise NotYet("That is a kind of control; brackets make one of it, as in me.LatentBlend().")
    if not controls or not all(isinstance(one, Control) for one in controls):
        raise NotYet("Hand in the control itself, as in me.LatentBlend(dilate=1): the check makes the edit.")
    if all(isinstance(one, Blend) for one in controls):
        raise NotYet("Blend acts on the last picture, after what is judged here. Which control acts before?")
    return controls
