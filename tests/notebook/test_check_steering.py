"""The checks of notebook 05, held to tables of answers."""

import numpy as np
import torch
from exercises import answers, judge, pocket

import maskedit_helpers as me
from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.compose import compose
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend

CASE = me.load_case("shirt")


def kept_by_loops(z, z_0, eps, a, M):
    result = np.array(z)
    for row, column in np.argwhere(M == 0):
        result[:, row, column] = a**0.5 * z_0[:, row, column] + (1 - a) ** 0.5 * eps[:, row, column]
    return result


def kept_in_place(z, z_0, eps, a, M):
    z_0 *= np.sqrt(a)
    z_0 += np.sqrt(1 - a) * eps
    z[:, M == 0] = z_0[:, M == 0]
    return z


def kept_in_torch(z, z_0, eps, a, M):
    return torch.lerp(torch.sqrt(a) * z_0 + torch.sqrt(1 - a) * eps, z, M.to(z))


def noisy(z_0, eps, a):
    return np.sqrt(a) * z_0 + np.sqrt(1 - a) * eps


@answers(
    right={
        "as solved": lambda z, z_0, eps, a, M: M * z + (1 - M) * noisy(z_0, eps, a),
        "where": lambda z, z_0, eps, a, M: np.where(M > 0.5, z, noisy(z_0, eps, a)),
        "powers": lambda z, z_0, eps, a, M: M[None] * z + (1 - M[None]) * (a**0.5 * z_0 + (1 - a) ** 0.5 * eps),
        "loops": kept_by_loops,
        "changes what it is given": kept_in_place,
        "torch in and out": kept_in_torch,
        "single precision": lambda z, z_0, eps, a, M: np.float32(M * z + (1 - M) * noisy(z_0, eps, a)),
        "a list": lambda *all: kept_by_loops(*all).tolist(),
    },
    wrong={
        "unanswered": (lambda z, z_0, eps, a, M: M * z + (1 - M) * z_0, "noise"),
        "scaled and without noise": (lambda z, z_0, eps, a, M: M * z + (1 - M) * np.sqrt(a) * z_0, "noise"),
        "without roots": (lambda z, z_0, eps, a, M: M * z + (1 - M) * (a * z_0 + (1 - a) * eps), "root"),
        "weights exchanged": (lambda z, z_0, eps, a, M: M * z + (1 - M) * noisy(eps, z_0, a), "exchanged"),
        "noise on top": (lambda z, z_0, eps, a, M: M * z + (1 - M) * (z_0 + np.sqrt(1 - a) * eps), "outside"),
        "the wrong way round": (lambda z, z_0, eps, a, M: (1 - M) * z + M * noisy(z_0, eps, a), "wrong way round"),
        "nothing kept": (lambda z, z_0, eps, a, M: z, "outside"),
        "everything kept": (lambda z, z_0, eps, a, M: noisy(z_0, eps, a), "inside"),
        "half and half": (lambda z, z_0, eps, a, M: z / 2 + noisy(z_0, eps, a) / 2, "inside"),
        "one channel": (lambda z, z_0, eps, a, M: (M * z + (1 - M) * noisy(z_0, eps, a))[0], "shape"),
        "no number": (lambda z, z_0, eps, a, M: z * np.nan, "nan"),
        "no number outside": (lambda z, z_0, eps, a, M: np.where(M > 0.5, z, np.nan), "nan"),
        "no return": (lambda *all: None, "return"),
        "no function": (me.LatentBlend(), "brackets"),
    })
def test_latent_blend_function(answer, word):
    judge(word, me.check.latent_blend_function, answer)


def masked_by_loops(e_0, e_I, e_T, s_T, s_I, M):
    result = np.empty_like(e_0)
    for c, row, column in np.ndindex(e_0.shape):
        at = c, row, column
        result[at] = e_0[at] + s_I * (e_I[at] - e_0[at]) + M[row, column] * s_T * (e_T[at] - e_I[at])
    return result


def masked_in_place(e_0, e_I, e_T, s_T, s_I, M):
    e_T -= e_I
    e_T *= s_T * M
    return e_0 + s_I * (e_I - e_0) + e_T


@answers(
    right={
        "as solved": lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + M * s_T * (e_T - e_I),
        "one more axis": lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + s_T * M[None] * (e_T - e_I),
        "e_T replaced, as the kit": lambda e_0, e_I, e_T, s_T, s_I, M: (
            e_0 + s_I * (e_I - e_0) + s_T * ((e_I + M * (e_T - e_I)) - e_I)),
        "a mixture of two": lambda e_0, e_I, e_T, s_T, s_I, M: (
            M * (e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I)) + (1 - M) * (e_0 + s_I * (e_I - e_0))),
        "loops": masked_by_loops,
        "changes what it is given": masked_in_place,
        "single precision": lambda *all: np.float32(masked_by_loops(*all)),
        "torch in and out": lambda e_0, e_I, e_T, s_T, s_I, M: (
            torch.lerp(e_0, e_I, s_I).addcmul(M.expand_as(e_T), e_T - e_I, value=float(s_T))),
    },
    wrong={
        "unanswered": (lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I), "nowhere"),
        "on both": (lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + M * (s_I * (e_I - e_0) + s_T * (e_T - e_I)), "both"),
        "on the picture's": (
            lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + M * s_I * (e_I - e_0) + s_T * (e_T - e_I), "picture"),
        "on everything": (
            lambda e_0, e_I, e_T, s_T, s_I, M: M * (e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I)), "everything"),
        "on e_T only": (
            lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + s_T * (M * e_T - e_I), "e_T - e_I"),
        "the wrong way round": (
            lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + (1 - M) * s_T * (e_T - e_I), "way round"),
        "scales exchanged": (
            lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_T * (e_I - e_0) + M * s_I * (e_T - e_I), "exchanged"),
        "a hard mask": (
            lambda e_0, e_I, e_T, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + (M > 0.5) * s_T * (e_T - e_I), "soft"),
        "the pipeline's order": (
            lambda e_T, e_I, e_0, s_T, s_I, M: e_0 + s_I * (e_I - e_0) + M * s_T * (e_T - e_I), "order"),
        "no number": (lambda *all: np.full((4, 5, 6), np.nan), "nan"),
        "no mask": (lambda e_0, e_I, e_T, s_T, s_I: e_0, "TypeError"),
        "no return": (lambda *all: None, "return"),
    })
def test_masked_guidance_function(answer, word):
    judge(word, me.check.masked_guidance_function, answer)


class Scoreboard:
    """A kit whose controls do what the pocket editor's did, measured at 10 steps: of the stain outside, the share that
    is left, and of the edit inside, the share that is made."""

    size = "pocket"
    LEFT = {LatentBlend: (0.6, 1.0), GuidanceMask: (0.94, 1.0), AttentionMask: (0.92, 1.0), Crop: (0.66, 0.5)}

    def edit(self, image, instruction, *, mask=None, control=None, blend=True, plan=None, steps=20, progress=True):
        assert mask is None or not blend  # what is judged is what lies before the pixel blend
        left, made = 0.9 if mask is None else 0.9, 1.0
        if mask is not None:
            for one in compose(control):
                stain, edit = self.LEFT.get(type(one), (1.0, 1.0))
                left, made = left * stain, made * edit * (0.5 if one == LatentBlend() else 1)
        change = 0.85 * made * (CASE.truth.astype(float) - image)
        return np.clip(image + np.where(CASE.mask[..., None] > 0.5, change, 20 * left), 0, 255).astype(np.uint8)


@answers(
    right={
        "a cell of room": me.LatentBlend(dilate=1),
        "two cells": me.LatentBlend(dilate=2),
        "a window": me.LatentBlend(start=700, dilate=1),
        "in a list": [me.LatentBlend(dilate=1)],
        "two at once": [me.LatentBlend(dilate=1, end=200), me.GuidanceMask(dilate=1)],
        "with a blend that is left out": (me.LatentBlend(dilate=1), me.Blend(feather=1)),
    },
    wrong={
        "unanswered": (me.GuidanceMask(), "asked: +1.5"),
        "attention": (me.AttentionMask(dilate=1), "asked: +1.5"),
        "no room": (me.LatentBlend(), "inside"),
        "a crop": (me.Crop(), "inside"),
        "the blend itself": (me.Blend(), "last picture"),
        "blended pixels": (me.blend(CASE.image, CASE.truth, CASE.mask), "control"),
        "a mixture": (np.uint8(0.7 * CASE.truth + 0.3 * CASE.image), "control"),
        "a class": (me.LatentBlend, "brackets"),
        "a name": ("latent", "control"),
        "nothing": (None, "control"),
        "two of a kind": ([me.LatentBlend(), me.LatentBlend(dilate=1)], "one kind"),
        "an empty list": ([], "control"),
    })
def test_keeps_more(answer, word):
    judge(word, me.check.keeps_more, Scoreboard(), CASE, CASE.mask, answer)


def test_keeps_more_with_the_pocket_editor():
    kit, M = pocket(), me.grow(CASE.mask, dilate=1)
    judge(None, me.check.keeps_more, kit, CASE, M, me.LatentBlend(dilate=1), steps=4)
    judge("last picture", me.check.keeps_more, kit, CASE, M, me.Blend(), steps=4)
