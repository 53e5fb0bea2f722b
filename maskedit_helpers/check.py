"""Kind answers to exercises: `me.check.NAME(answer)` says "Right" or "Not yet" and why, and never stops a notebook.

What a function should give is held against the kit's own verbs on random pictures, an own mask or picture against
the known truth of the drawn scene.
"""

import functools
import os

import numpy as np

from .errors import KitError


class Verdict:
    """Whether an answer is right, and what to say; shows itself as the last line of a cell."""

    def __init__(self, right, words):
        self.right, self.words = bool(right), words

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"✓ Right. {self.words}" if self.right else f"○ Not yet. {self.words}"


def exercise(ask):
    """A check out of a function that returns (right, words if it is, words if not)."""

    @functools.wraps(ask)
    def check(*answer, **more):
        try:
            right, praise, hint = ask(*answer, **more)
            verdict = Verdict(right, praise if right else hint)
        except Exception as error:  # a reader's own code may fail in any way; the notebook goes on
            verdict = Verdict(False, f"It stopped with {type(error).__name__}: {error}")
        expected = os.environ.get("MASKEDIT_EXPECT")  # the tests: "right" for solutions, "not yet" for the rest
        if expected and verdict.right != (expected == "right"):
            raise AssertionError(f"{ask.__name__} should have been {expected}: {verdict!r}")
        return verdict

    return check


# 00 start here


@exercise
def another_case(name, x0, y_tilde, mask):
    """Another case than the shirt was edited and blended."""
    x0, y_tilde, outside = np.asarray(x0), np.asarray(y_tilde), np.asarray(mask) <= 0.5
    if name == "shirt":
        return False, "", "Set my_case to another name than \"shirt\"; me.case_names() lists them."
    if x0.shape != y_tilde.shape or (x0 == y_tilde).all():
        return False, "", "my_y_tilde is still the original: edit it, then blend."
    return ((x0 == y_tilde)[outside].all(), f"Outside the mask all {outside.sum()} pixels are the original's.",
            "Pixels outside the mask have changed: blend with the mask of this very picture.")


@exercise
def own_instruction(kit, instruction, case):
    """An instruction of the reader's own, in words that the editor knows."""
    import warnings

    with warnings.catch_warnings(record=True) as strange:
        warnings.simplefilter("always")
        kit.editor.check_instruction(instruction)
    if strange:
        return False, "", str(strange[0].message)
    return instruction.strip() != case.instruction, "Every word is known.", "That is the case's own instruction."


@exercise
def tells_of_the_wall(name):
    """Which figure says that what lies outside the mask was left alone."""
    if name in ("background_psnr", "background_ssim"):
        return True, "It looks at the pixels outside the mask only; infinite means bit for bit the same.", ""
    return False, "", "Look for the figure that is computed outside the mask only."


# 01 masks with SAM


@exercise
def mask_of(part, mask, case, at_least=0.75):
    """The mask covers the part of that name in a drawn case."""
    from .metrics import mask_iou

    iou = mask_iou(mask, case.parts[part])
    return (iou >= at_least, f"IoU with the true {part}: {iou:.2f}.",
            f"IoU with the true {part} is {iou:.2f}, and {at_least:.2f} is asked for.")


@exercise
def iou_function(iou):
    """The reader's own iou(a, b) of two bool masks."""
    from .metrics import mask_iou

    rng = np.random.default_rng(0)
    for share in (0.2, 0.5, 0.8):
        a, b = rng.random((2, 9, 7)) < share
        got, want = float(iou(a, b)), mask_iou(a, b)
        if abs(got - want) > 1e-6:
            return False, "", f"For two masks with {(a & b).sum()} pixels in both and {(a | b).sum()} in either, " \
                              f"{want:.4f} is right and yours gives {got:.4f}."
    return True, "Intersection over union.", ""


@exercise
def encoded_once(answer):
    """How often the encoder runs for ten clicks on one picture."""
    return answer == 1, "The embedding is kept; each click runs only the small decoder.", \
        "The picture does not change between clicks. What has to be computed anew?"


# 02 InstructPix2Pix


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
    from .metrics import background_psnr, change_map

    kept = background_psnr(x0, gentle, mask) - background_psnr(x0, y, mask)
    inside = np.asarray(mask) > 0.5
    share = change_map(x0, gentle)[inside].mean() / change_map(x0, y)[inside].mean()
    return (kept >= 1 and share >= 0.5, f"{kept:+.1f} dB in the background, {share:.0%} of the change inside.",
            f"{kept:+.1f} dB in the background (asked: +1), {share:.0%} of the change inside (asked: 50%).")


# 03 the blending equation


@exercise
def blend_function(blend):
    """The reader's own blend(x0, y, M) of uint8 pictures and a float mask (H, W)."""
    from .blend import blend as reference

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
    from .blend import blend
    from .metrics import background_psnr, edit_psnr

    plain = blend(case.image, y, kit_mask)
    grown = blend(case.image, y, kit_mask, dilate=dilate)
    better = edit_psnr(grown, case.truth, case.mask) - edit_psnr(plain, case.truth, case.mask)
    kept = background_psnr(case.image, grown, case.mask)
    if dilate <= 0:
        return False, "", "Choose a number of pixels above 0."
    return (better > 0 and kept >= 30, f"{better:+.1f} dB inside, and the background keeps {kept:.1f} dB.",
            f"{better:+.1f} dB inside (asked: more than 0), and the background keeps {kept:.1f} dB (asked: 30).")


# 04 metrics


@exercise
def psnr_function(background_psnr):
    """The reader's own background_psnr(x0, y, M)."""
    from .metrics import background_psnr as reference

    rng = np.random.default_rng(0)
    M = np.zeros((12, 10), np.float32)
    M[3:8, 2:7] = 1
    for noise in (1, 5, 40):
        x0 = rng.integers(40, 200, (12, 10, 3)).astype(np.uint8)
        y = (x0 + rng.integers(-noise, noise + 1, x0.shape)).astype(np.uint8)
        got, want = float(background_psnr(x0, y, M)), reference(x0, y, M)
        if abs(got - want) > 1e-3:
            return False, "", f"{want:.3f} dB is right where yours gives {got:.3f}. Average over the pixels outside " \
                              "M only, in float."
    return True, "10 log10(255² / MSE), outside the mask only.", ""


@exercise
def change_function(change_iou):
    """The reader's own change_iou(x0, y, M, threshold)."""
    from .metrics import change_iou as reference

    rng = np.random.default_rng(0)
    x0, y = rng.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    y = np.where(rng.random((12, 10, 1)) < 0.5, y, x0)
    M = np.zeros((12, 10), np.float32)
    M[2:9, 1:7] = 1
    for threshold in (5, 20, 80):
        got, want = float(change_iou(x0, y, M, threshold)), reference(x0, y, M, threshold)
        if abs(got - want) > 1e-6:
            return False, "", f"At threshold {threshold}, {want:.4f} is right where yours gives {got:.4f}. Mind that " \
                              "uint8 differences wrap around."
    return True, "The change map, a threshold, intersection over union.", ""


@exercise
def fooled(x0, picture, mask):
    """A picture with a perfect background that did nothing that was asked."""
    from .metrics import background_psnr, change_iou

    kept, changed = background_psnr(x0, picture, mask), change_iou(x0, picture, mask)
    return (kept == float("inf") and changed < 0.05,
            "A perfect background, and nothing was done: one figure alone can be had for nothing.",
            f"Background {kept:.1f} dB (asked: infinite), change IoU {changed:.2f} (asked: near 0).")


@exercise
def direction_function(direction):
    """The reader's own direction(i0, i1, t0, t1) of CLIP features."""
    from .metrics import clip_direction

    rng = np.random.default_rng(0)
    for _ in range(3):
        i0, i1, t0, t1 = rng.normal(size=(4, 16)) * rng.uniform(0.5, 3, (4, 1))
        got, want = float(direction(i0, i1, t0, t1)), clip_direction(i0, i1, t0, t1)
        if abs(got - want) > 1e-6:
            return False, "", f"{want:.4f} is right where yours gives {got:.4f}. Each feature becomes length 1 " \
                              "before it is subtracted."
    return True, "Did the picture move the way its caption did?", ""


def __getattr__(name):
    raise KitError(f"there is no check {name!r}; copy the line from the notebook as it stands")
