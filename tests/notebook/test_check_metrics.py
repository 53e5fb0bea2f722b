"""The checks of notebook 04, held to tables of answers."""

import math

import numpy as np
import torch
from exercises import answers, judge
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

import maskedit_helpers as me

CASE = me.load_case("shirt")
INSIDE = CASE.mask[:, :, None] > 0.5


def squares(x0, y):
    return (y.astype(float) - x0) ** 2


def psnr(mse, peak=255):
    return 10 * np.log10(peak**2 / mse)


def psnr_by_loops(x0, y, M):
    total = count = 0
    for row, column in zip(*np.nonzero(M == 0)):
        for c in range(3):
            total += (int(x0[row, column, c]) - int(y[row, column, c])) ** 2
            count += 1
    return 10 * math.log10(255**2 / (total / count))


def psnr_in_torch(x0, y, M):
    mse = ((x0.float() - y.float())[M < 0.5] ** 2).mean()
    return 20 * torch.log10(255 / mse.sqrt())


def psnr_in_place(x0, y, M):
    x0, y = x0.astype(np.float32), y.astype(np.float32)
    y -= x0
    y[M > 0.5] = 0
    return psnr((y**2).sum() / (3 * (M <= 0.5).sum()))


@answers(
    right={
        "as solved": lambda x0, y, M: psnr(squares(x0, y)[M <= 0.5].mean()),
        "20 log of the root": lambda x0, y, M: 20 * np.log10(255 / np.sqrt(squares(x0, y)[M < 0.5].mean())),
        "natural logarithm, converted": lambda x0, y, M: 10 * math.log(255**2 / squares(x0, y)[M == 0].mean(), 10),
        "weights": lambda x0, y, M: psnr(((1 - M)[..., None] * squares(x0, y)).sum() / (3 * (1 - M).sum())),
        "values from 0 to 1": lambda x0, y, M: psnr(squares(x0 / 255, y / 255)[M == 0].mean(), peak=1),
        "scikit-image": lambda x0, y, M: peak_signal_noise_ratio(x0[M == 0], y[M == 0], data_range=255),
        "loops": psnr_by_loops,
        "torch in and out": psnr_in_torch,
        "single precision": psnr_in_place,
        "in a list": lambda x0, y, M: [psnr(squares(x0, y)[M <= 0.5].mean())],
        "the kit's own": me.background_psnr,
    },
    wrong={
        "unanswered": (lambda x0, y, M: 0.0, "log10"),
        "everywhere": (lambda x0, y, M: psnr(squares(x0, y).mean()), "whole picture"),
        "inside": (lambda x0, y, M: psnr(squares(x0, y)[M > 0.5].mean()), "inside"),
        "PIE-Bench's": (lambda x0, y, M: psnr((squares(x0, y) * (1 - M)[..., None]).mean()), "PIE-Bench"),
        "8-bit differences": (lambda x0, y, M: psnr(((y - x0)[M <= 0.5].astype(float) ** 2).mean()), "wrap"),
        "8-bit squares": (lambda x0, y, M: psnr(((y - x0)[M <= 0.5] ** 2).mean()), "wrap"),
        "natural logarithm": (lambda x0, y, M: 10 * np.log(255**2 / squares(x0, y)[M <= 0.5].mean()), "natural"),
        "bel": (lambda x0, y, M: np.log10(255**2 / squares(x0, y)[M <= 0.5].mean()), "10 times"),
        "20 log of squares": (lambda x0, y, M: 20 * np.log10(255**2 / squares(x0, y)[M <= 0.5].mean()), "twice"),
        "peak of 1": (lambda x0, y, M: psnr(squares(x0, y)[M <= 0.5].mean(), peak=1), "255"),
        "255 without its square": (lambda x0, y, M: 10 * np.log10(255 / squares(x0, y)[M <= 0.5].mean()), "255²"),
        "the sum": (lambda x0, y, M: psnr(squares(x0, y)[M <= 0.5].sum()), "sum"),
        "summed over colours": (lambda x0, y, M: psnr(squares(x0, y).sum(2)[M <= 0.5].mean()), "colours"),
        "absolute errors": (lambda x0, y, M: psnr(np.sqrt(squares(x0, y))[M <= 0.5].mean()), "square"),
        "mean of three": (lambda x0, y, M: psnr(squares(x0, y)[M <= 0.5].mean(0)).mean(), "colours"),
        "the error": (lambda x0, y, M: squares(x0, y)[M <= 0.5].mean(), "MSE"),
        "upside down": (lambda x0, y, M: -psnr(squares(x0, y)[M <= 0.5].mean()), "sign"),
        "no number": (lambda x0, y, M: np.nan, "nan"),
        "no return": (lambda x0, y, M: print(end=""), "return"),
    })
def test_psnr_function(answer, word):
    judge(word, me.check.psnr_function, answer)


def changed(x0, y, threshold):
    return np.abs(y.astype(float) - x0).mean(axis=2) > threshold


def share(a, b):
    return (a & b).sum() / (a | b).sum()


def change_by_loops(x0, y, M, threshold):
    both = either = 0
    for row, column in np.ndindex(M.shape):
        moved = sum(abs(int(a) - int(b)) for a, b in zip(x0[row, column], y[row, column])) / 3 > threshold
        both += moved and M[row, column] > 0.5
        either += moved or M[row, column] > 0.5
    return both / either


def change_in_torch(x0, y, M, threshold):
    moved = (x0.float() - y.float()).abs().mean(dim=-1) > threshold
    return torch.logical_and(moved, M.bool()).sum().item() / torch.logical_or(moved, M.bool()).sum().item()


@answers(
    right={
        "as solved": lambda x0, y, M, threshold: share(changed(x0, y, threshold), M > 0.5),
        "16 bits": lambda x0, y, M, s: share(np.abs(np.int16(x0) - np.int16(y)).mean(2) > s, M.astype(bool)),
        "sums against three thresholds": lambda x0, y, M, s: share(np.abs(np.int16(x0) - y).sum(2) > 3 * s, M == 1),
        "single precision": lambda x0, y, M, s: share(np.abs(np.float32(x0) - np.float32(y)).mean(2) > s, M > 0),
        "greater minus less": lambda x0, y, M, s: share((np.maximum(x0, y) - np.minimum(x0, y)).mean(2) > s, M > 0.5),
        "loops": change_by_loops,
        "torch in and out": change_in_torch,
        "the kit's own": me.change_iou,
    },
    wrong={
        "unanswered": (lambda x0, y, M, threshold: 0.0, "is right where"),
        "not under": (lambda x0, y, M, s: share(np.abs(np.float64(y) - x0).mean(2) >= s, M > 0.5), "exactly"),
        "8 bits": (lambda x0, y, M, s: share(np.abs(y - x0).mean(2) > s, M > 0.5), "wrap"),
        "sums": (lambda x0, y, M, s: share(np.abs(np.float64(y) - x0).sum(2) > s, M > 0.5), "mean over"),
        "greatest of three": (lambda x0, y, M, s: share(np.abs(np.float64(y) - x0).max(2) > s, M > 0.5), "mean over"),
        "red only": (lambda x0, y, M, s: share(np.abs(np.float64(y) - x0)[..., 0] > s, M > 0.5), "mean over"),
        "mean before size": (lambda x0, y, M, s: share(np.abs((np.float64(y) - x0).mean(2)) > s, M > 0.5), "absolute"),
        "signed": (lambda x0, y, M, s: share((np.float64(y) - x0).mean(2) > s, M > 0.5), "absolute"),
        "no threshold": (lambda x0, y, M, s: share(changed(x0, y, 0), M > 0.5), "threshold"),
        "always 20": (lambda x0, y, M, s: share(changed(x0, y, 20), M > 0.5), "threshold"),
        "a moving one": (lambda x0, y, M, s: me.change_iou(x0, y, M, "seeds"), "threshold"),
        "inside only": (lambda x0, y, M, s: changed(x0, y, s)[M > 0.5].mean(), "either"),
        "of the change": (lambda x0, y, M, s: (M > 0.5)[changed(x0, y, s)].mean(), "either"),
        "upside down": (lambda x0, y, M, s: 1 / share(changed(x0, y, s), M > 0.5), "exchanged"),
        "Dice": (lambda x0, y, M, s: 2 / (1 / share(changed(x0, y, s), M > 0.5) + 1), "Dice"),
        "inverted": (lambda x0, y, M, s: share(changed(x0, y, s), M <= 0.5), "wrong way round"),
        "no number": (lambda x0, y, M, s: np.nan, "nan"),
        "three arguments": (lambda x0, y, M: share(changed(x0, y, 20), M > 0.5), "TypeError"),
    })
def test_change_function(answer, word):
    judge(word, me.check.change_function, answer)


NOISE = np.random.default_rng(0).integers(0, 256, CASE.image.shape, dtype=np.uint8)
TILE = np.indices(CASE.mask.shape).sum(0)[..., None] // 8 % 2 * np.uint8([0, 90, 255])
Y = np.clip(0.8 * CASE.truth + 0.2 * CASE.image + 15, 0, 255).astype(np.uint8)


def inside(picture):
    return np.where(INSIDE, picture, CASE.image).astype(np.uint8)


@answers(
    right={
        "did nothing": CASE.image,
        "a copy": CASE.image.copy(),
        "noise": inside(NOISE),
        "black": inside(0),
        "green": inside(np.uint8([40, 200, 60])),
        "a darker shirt": inside(CASE.image // 2),
        "a pattern": inside(TILE),
        "a picture of Pillow": Image.fromarray(CASE.image),
        "floats": CASE.image / 255,
        "one axis more": CASE.image[None],
    },
    wrong={
        "the edit": (Y, "background"),
        "the blend": (inside(Y), "asked"),
        "the true edit inside": (inside(CASE.truth), "asked"),
        "half the edit": (inside(0.3 * CASE.image + 0.7 * Y), "asked"),
        "flat red": (inside(np.uint8([190, 42, 48])), "asked"),
        "noise everywhere": (NOISE, "background"),
        "one row outside": (np.concatenate([CASE.image[:1] // 2, CASE.image[1:]]), "background"),
        "a cut": (CASE.image[:64], "128x64"),
        "a number": (float("inf"), "picture"),
        "a mask": (CASE.mask, "mask"),
        "nothing": (None, "picture"),
    })
def test_fooled(answer, word):
    judge(word, me.check.fooled, answer, CASE, Y)


def unit(v):
    return v / np.linalg.norm(v)


def direction(f0, f1, g0, g1):
    moved, asked = unit(f1) - unit(f0), unit(g1) - unit(g0)
    return unit(moved) @ unit(asked)


def direction_by_loops(*features):
    f0, f1, g0, g1 = ([x / math.sqrt(sum(x * x for x in v)) for x in v] for v in features)
    moved, asked = [b - a for a, b in zip(f0, f1)], [b - a for a, b in zip(g0, g1)]
    dot = sum(a * b for a, b in zip(moved, asked))
    return dot / math.sqrt(sum(a * a for a in moved)) / math.sqrt(sum(a * a for a in asked))


def direction_in_torch(*features):
    from torch.nn import functional as F

    f0, f1, g0, g1 = (F.normalize(v, dim=0) for v in features)
    return F.cosine_similarity(f1 - f0, g1 - g0, dim=0)


def direction_in_place(f0, f1, g0, g1):
    for v in (f0, f1, g0, g1):
        v /= np.linalg.norm(v)
    return unit(f1 - f0) @ unit(g1 - g0)


@answers(
    right={
        "as solved": direction, "loops": direction_by_loops, "torch in and out": direction_in_torch,
        "changes what it is given": direction_in_place,
        "single precision": lambda *v: direction(*(np.float32(x) for x in v)),
        "an array of one": lambda *v: np.atleast_2d(direction(*v)),
        "scipy": lambda f0, f1, g0, g1: 1 - __import__("scipy.spatial").spatial.distance.cosine(
            unit(f1) - unit(f0), unit(g1) - unit(g0)),
        "both turned": lambda f0, f1, g0, g1: direction(f1, f0, g1, g0),
    },
    wrong={
        "unanswered": (lambda *v: 0.0, "is right where"),
        "lengths kept": (lambda f0, f1, g0, g1: unit(f1 - f0) @ unit(g1 - g0), "length 1"),
        "lengths of the differences kept": (
            lambda f0, f1, g0, g1: (unit(f1) - unit(f0)) @ (unit(g1) - unit(g0)), "difference"),
        "no lengths at all": (lambda f0, f1, g0, g1: (f1 - f0) @ (g1 - g0), "length 1"),
        "the score": (lambda f0, f1, g0, g1: unit(f1) @ unit(g1), "subtract"),
        "the pictures alone": (lambda f0, f1, g0, g1: unit(f0) @ unit(f1), "caption"),
        "one turned": (lambda f0, f1, g0, g1: direction(f1, f0, g0, g1), "sign"),
        "percent": (lambda *v: 100 * direction(*v), "100"),
        "a distance": (lambda *v: 1 - direction(*v), "1 minus"),
        "arguments in another order": (lambda f0, g0, f1, g1: direction(f0, f1, g0, g1), "order"),
        "no number": (lambda *v: np.nan, "nan"),
        "a vector": (lambda f0, f1, g0, g1: (f1 - f0) * (g1 - g0), "one number"),
    })
def test_direction_function(answer, word):
    judge(word, me.check.direction_function, answer)
