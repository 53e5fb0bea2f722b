"""Checks of notebook 02 InstructPix2Pix. Rows of the U-Net: e_T (text and picture), e_I (picture), e_0 (neither)."""

import numpy as np

from ...editing.plan import Plan
from ...metrics.pixels import background_psnr, change_map
from ...metrics.truth import edit_psnr
from .answers import bounds, number
from .functions import hold
from .verdict import NotYet, exercise


def guided(e_0, e_I, e_T, s_T, s_I):
    """Equation 3, as diffusers groups it."""
    return s_T * e_T + (s_I - s_T) * e_I + (1 - s_I) * e_0


GUIDANCE_MISTAKES = {
    "The two scales are exchanged: s_I goes with e_I - e_0, s_T with e_T - e_I.":
        lambda e_0, e_I, e_T, s_T, s_I: guided(e_0, e_I, e_T, s_I, s_T),
    "The walk starts from e_0: add it.": lambda e_0, e_I, e_T, s_T, s_I: guided(e_0, e_I, e_T, s_T, s_I) - e_0,
    "That has one scale, for text and picture together; split the way at e_I.":
        lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_T * (e_T - e_0),
    "s_I has no part in it: begin at e_0, and go s_I times the way to e_I.":
        lambda e_0, e_I, e_T, s_T, s_I: e_I + s_T * (e_T - e_I),
    "The text's direction is e_T - e_I: what the text adds to the picture.":
        lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_0),
    "Both differences have the wrong sign: they lead away from picture and text.":
        lambda e_0, e_I, e_T, s_T, s_I: 2 * e_0 - guided(e_0, e_I, e_T, s_T, s_I),
    "The order of the arguments is guide(e_0, e_I, e_T, s_T, s_I).":
        lambda e_0, e_I, e_T, s_T, s_I: guided(e_T, e_I, e_0, s_T, s_I),
}


@exercise
def guidance_function(guide):
    """The reader's own guide(e_0, e_I, e_T, s_T, s_I), equation 3 of the paper."""
    rows = np.random.default_rng(0).normal(size=(3, 4, 8, 8))
    hold(guide, guided, [(*rows, s_T, s_I) for s_T, s_I in ((7.5, 1.5), (3.0, 1.2), (1.0, 1.0))], GUIDANCE_MISTAKES,
         "Equation 3 is e_0 + s_I (e_I - e_0) + s_T (e_T - e_I).")
    return "The two differences are two directions, and each scale is how far to walk along one."


@exercise
def unet_rows(answer, steps, pictures):
    """Rows that go through the U-Net in an edit of some pictures."""
    rows = number(answer)
    if rows == 3 * steps:
        raise NotYet("That is for one of the pictures.")
    if rows == 2 * steps * pictures:
        raise NotYet("Two rows a step is Stable Diffusion. Three rows here: which is the third?")
    if rows in (steps, steps * pictures):
        raise NotYet("Each step asks for three rows a picture: with text and picture, with the picture only, with "
                     "neither.")
    if rows != 3 * steps * pictures:
        raise NotYet("How many rows does a step need for one picture? Then count steps and pictures.")
    return "Three rows a step and picture: that is what an edit costs."


@exercise
def weightless(answer):
    """The image guidance at which the unconditional row has no weight."""
    s_I = number(answer)
    if abs(s_I - 1) > 1e-6:
        told = f"At s_I = {s_I:g} the weight of e_0 is {1 - s_I:g}. " if np.isfinite(s_I) else ""
        raise NotYet(f"{told}Collect the terms with e_0 in e_0 + s_I (e_I - e_0) + s_T (e_T - e_I). When do they "
                     "cancel?")
    return "At s_I = 1 the row e_0 cancels: that pass could be saved."


@exercise
def gentler(kit, case, scales, steps=None):
    """Guidance that bleeds less than the kit's own, by a decibel or more, and still changes the inside at least half as
    much. Both edits are made here, so that nothing but the two scales can make the difference."""
    scales = _scales(scales)
    x0, inside = case.image, case.mask > 0.5
    y = gentle = kit.edit(x0, case.instruction, steps=steps, progress=False)
    own = {"s_T": kit.editor.s_T, "s_I": kit.editor.s_I}
    if own | scales != own:
        gentle = kit.edit(x0, case.instruction, steps=steps, progress=False, **scales)
    kept = background_psnr(x0, gentle, case.mask) - background_psnr(x0, y, case.mask)
    share = change_map(x0, gentle)[inside].mean() / change_map(x0, y)[inside].mean()
    if not kept >= 1:
        raise NotYet(f"{kept:+.1f} dB in the background (asked: +1). Which scale pulls towards the picture, and which "
                     f"away from it?{bounds(kit)}")
    if not share >= 0.5:
        raise NotYet(f"{share:.0%} of the change is left inside (asked: 50%). Not so far.{bounds(kit)}")
    truer = edit_psnr(gentle, case.truth, case.mask) - edit_psnr(y, case.truth, case.mask)
    return (f"{kept:+.1f} dB in the background, {share:.0%} of the change inside, and there the edit comes "
            f"{abs(truer):.1f} dB {'nearer to' if truer > 0 else 'farther from'} the true one.")


def _scales(answer):
    """{"s_T": float, "s_I": float}, or one of the two."""
    if not isinstance(answer, dict):
        raise NotYet("Hand in the two scales, as dict(s_T=5, s_I=1.5): the check makes the edit itself.")
    if strange := set(answer) - {"s_T", "s_I"}:
        raise NotYet(f"{sorted(map(str, strange))[0]} is no guidance; this exercise turns only s_T and s_I.")
    return {name: number(value) for name, value in answer.items()}


@exercise
def thrifty(kit, case, plan, most=8, lost=0.5, spilt=1.0, softer=0.1):
    """A plan of few rows beside the reference: how much of the edit inside, of the background and of the sharpness is
    left. Both edits are made here, so that nothing but the plan can make the difference."""
    _check_thrifty(plan, most)
    told = {"image": case.image, "instruction": case.instruction, "progress": False, "report": True}
    mine, spent = kit.edit(plan=plan, **told)
    if spent.unet_rows > most:
        raise NotYet(f"The U-Net was asked {spent.unet_rows} rows (asked: at most {most}); some samplers ask twice a "
                     "step.")
    y, _ = kit.edit(plan="reference", **told)
    edit = edit_psnr(mine, case.truth, case.mask) - edit_psnr(y, case.truth, case.mask)
    kept = background_psnr(case.image, mine, case.mask) - background_psnr(case.image, y, case.mask)
    sharp = _sharpness(mine, case.mask) / _sharpness(y, case.mask) - 1
    said = f"{spent.unet_rows} rows: {edit:+.1f} dB inside, {kept:+.1f} dB in the background, sharpness {sharp:+.0%}"
    if not edit >= -lost:
        raise NotYet(f"{said}. Inside it may lose {lost:g} dB: are the words strong enough?{bounds(kit)}")
    if not kept >= -spilt:
        raise NotYet(f"{said}. The background may lose {spilt:g} dB: which row holds on to the picture?{bounds(kit)}")
    if not abs(sharp) <= softer:
        raise NotYet(f"{said}. Sharpness may change by {softer:.0%}: a score that blur has won does not count."
                     f"{bounds(kit)}")
    return f"{said}."


def _check_thrifty(plan, most):
    if not isinstance(plan, Plan):
        raise NotYet('Hand in a plan, as me.Plan("dpm++", 5, ("TI0", "T")): the check makes the edits.')
    if plan.distilled:
        raise NotYet("The student was taught it; find a plan that asks the pocket editor itself.")
    if plan.count() > most:
        raise NotYet(f"That plan asks {plan.count()} rows (asked: at most {most}). Which steps can do without "
                     "guidance, and how many steps are needed?")


def _sharpness(picture, mask):
    """The mean slope of the grey picture inside the mask."""
    return np.hypot(*np.gradient(picture.mean(axis=2)))[mask > 0.5].mean()
