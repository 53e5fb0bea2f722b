"""The checks of notebook 03, held to tables of answers."""

import numpy as np
import torch
from exercises import answers, judge
from PIL import Image

import maskedit_helpers as me

CASE = me.load_case("shirt")


def rounded(x0, y, M):
    M = M[:, :, None]
    return np.rint(M * y + (1 - M) * x0).astype(np.uint8)


def half_up(x0, y, M):
    return (M[..., None] * y + (1.0 - M[..., None]) * x0 + 0.5).astype(np.uint8)


def as_a_step(x0, y, M):
    step = y.astype(float) - x0
    return np.round(x0 + M[:, :, np.newaxis] * step).clip(0, 255).astype("uint8")


def channel_by_channel(x0, y, M):
    return np.stack([np.round(M * y[:, :, c] + (1 - M) * x0[:, :, c]) for c in range(3)], axis=2).astype(np.uint8)


def by_loops(x0, y, M):
    result = x0.copy()
    for row in range(x0.shape[0]):
        for column in range(x0.shape[1]):
            for c in range(3):
                m = float(M[row, column])
                result[row, column, c] = round(m * int(y[row, column, c]) + (1 - m) * int(x0[row, column, c]))
    return result


def in_torch(x0, y, M):
    return torch.lerp(x0.float(), y.float(), M.unsqueeze(-1)).round().to(torch.uint8)


def in_place(x0, y, M):
    x0[:] = rounded(x0, y, M)
    return x0


def pasted(x0, y, M):
    return np.where(M[..., None] > 0.5, y, x0)


def in_8_bits(x0, y, M):
    m = (255 * M).astype(np.uint8)[..., None]
    return m * y + (1 - m) * x0


@answers(
    right={
        "as solved": rounded, "half goes up": half_up, "a step from x0": as_a_step, "by channel": channel_by_channel,
        "loops": by_loops, "torch in and out": in_torch, "changes what it is given": in_place,
        "double precision": lambda x0, y, M: rounded(x0, y, M.astype(np.float64)),
        "a picture of Pillow": lambda x0, y, M: Image.fromarray(rounded(x0, y, M)),
        "the kit's own": me.blend,
    },
    wrong={
        "unanswered": (lambda x0, y, M: x0, "original"),
        "the edit": (lambda x0, y, M: y, "edit everywhere"),
        "cut off": (lambda x0, y, M: (M[..., None] * y + (1 - M[..., None]) * x0).astype(np.uint8), "ound"),
        "floats": (lambda x0, y, M: M[..., None] * y + (1 - M[..., None]) * x0, "uint8"),
        "whole numbers": (lambda x0, y, M: rounded(x0, y, M).astype(int), "uint8"),
        "the wrong way round": (lambda x0, y, M: rounded(y, x0, M), "wrong way round"),
        "a hard mask": (pasted, "weight"),
        "8-bit arithmetic": (in_8_bits, "8-bit"),
        "the bug": (lambda x0, y, M: rounded(x0, y, M / 255), "255"),
        "the mean": (lambda x0, y, M: rounded(x0, y, np.full_like(M, 0.5)), "mask"),
        "a flat mask": (lambda x0, y, M: M * y + (1 - M) * x0, "[:, :, None]"),
        "grey": (lambda x0, y, M: rounded(x0, y, M).mean(2).astype(np.uint8), "shape"),
        "no return": (lambda x0, y, M: None, "return"),
        "no function": (CASE.image, "brackets"),
    })
def test_blend_function(answer, word):
    judge(word, me.check.blend_function, answer)


def by_largest(mask):
    return mask.astype(np.float32) / (1 if mask.max() <= 1 else 255)


def by_type(mask):
    mask = np.asarray(mask)
    if mask.dtype == bool or mask.dtype.kind == "f" or set(np.unique(mask)) <= {0, 1}:
        return mask.astype(float)
    return mask / 255.0


def floats_by_loops(mask):
    scale = 255 if mask.dtype == np.uint8 and mask.max() > 1 else 1
    return [[float(value) / scale for value in row] for row in mask]


@answers(
    right={
        "as solved": by_largest,
        "by type": by_type,
        "loops and lists": floats_by_loops,
        "double precision": lambda mask: by_largest(mask).astype(np.float64),
        "half precision": lambda mask: by_largest(mask).astype(np.float16),
        "torch inside": lambda mask: torch.from_numpy(mask).float() / (255 if mask.max() > 1 else 1),
        "torch in and out": lambda mask: mask.float().div(255 if mask.float().max().item() > 1 else 1),
        "the kit's own": lambda mask: me.read_mask(mask, allow_empty=True),
    },
    wrong={
        "unanswered": (lambda mask: mask.astype(np.float32) / 255, "bool"),
        "all of uint8 by 255": (lambda m: m.astype(np.float32) / (255 if m.dtype == np.uint8 else 1), "0 and 1"),
        "nothing done": (lambda mask: mask.astype(np.float32), "255"),
        "above zero": (lambda mask: (mask > 0).astype(np.float32), "soft"),
        "as bool": (lambda mask: mask.astype(bool).astype(float), "soft"),
        "above a half": (lambda mask: (by_largest(mask) > 0.5).astype(float), "soft"),
        "bools": (lambda mask: mask > 0, "bool"),
        "by the largest value": (lambda mask: mask / max(mask.max(), 1e-9), "largest"),
        "nothing over nothing": (lambda m: by_largest(m) / (np.nan if not m.any() else 1), "empty"),
        "stretched": (lambda m: np.interp(m, (m.min(), max(m.max(), m.min() + 1e-9)), (0, 1)), "largest"),
        "inverted": (lambda mask: 1 - by_largest(mask), "wrong way round"),
        "refuses an empty one": (lambda mask: me.read_mask(mask), "empty"),
        "whole numbers": (lambda mask: np.rint(by_largest(mask)).astype(int), "float"),
        "no return": (lambda mask: None, "return"),
    })
def test_mask_reader(answer, word):
    judge(word, me.check.mask_reader, answer)


def test_the_answers_that_a_mask_reader_is_asked_for_are_what_the_kit_reads():
    from maskedit_helpers.notebook.check.blending import masks_of_all_kinds

    for kind, mask, want in masks_of_all_kinds():
        assert np.allclose(me.read_mask(mask, allow_empty=True), want, atol=1e-6), kind


NARROW = np.float32(me.grow(1 - CASE.mask, dilate=2) < 0.5)  # SAM's would stop a pixel or two short
STAINED = np.clip(CASE.truth.astype(int) + 12, 0, 255).astype(np.uint8)


@answers(
    right={"1": 1, "2": 2, "1.5": 1.5, "as text": "2", "numpy": np.int64(1), "torch": torch.tensor(2.0), "3": 3},
    wrong={
        "unanswered": (0, "above 0"),
        "negative": (-2, "above 0"),
        "far too wide": (40, "background"),
        "the whole picture": (300, "everything"),
        "text": ("a little", "number"),
        "nothing": (None, "number"),
        "a mask": (CASE.mask, "number"),
        "yes": (True, "number"),
    })
def test_fringe(answer, word):
    judge(word, me.check.fringe, answer, NARROW, CASE, STAINED)


def test_fringe_where_growing_buys_nothing():
    wide = me.grow(CASE.mask, dilate=3)  # there is no fringe left
    judge("inside", me.check.fringe, 1, wide, CASE, STAINED)
