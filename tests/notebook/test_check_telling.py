"""The checks of notebook 08, held to tables of answers."""

import numpy as np
import torch
from exercises import answers, judge

import maskedit_helpers as me
from maskedit_helpers.editing.controls.mask_aware import MaskAware

CASE = me.load_case("shirt")


def fresh(weight, extra):
    return np.zeros((len(weight), extra, *weight.shape[2:]))


def by_the_library(weight, extra):
    """What a convolution with more channels really needs: held against torch's own."""
    wide = torch.nn.Conv2d(weight.shape[1] + extra, len(weight), weight.shape[2:])
    with torch.no_grad():
        wide.weight.zero_()
        wide.weight[:, :weight.shape[1]] = torch.as_tensor(weight)
    return wide.weight


def placed(weight, extra):
    wide = np.zeros((len(weight), weight.shape[1] + extra, *weight.shape[2:]))
    for o, i in np.ndindex(weight.shape[:2]):
        wide[o, i] = weight[o, i]
    return wide


@answers(
    right={
        "as solved": lambda weight, extra: np.concatenate([weight, fresh(weight, extra)], axis=1),
        "padded": lambda weight, extra: np.pad(weight, ((0, 0), (0, extra), (0, 0), (0, 0))),
        "torch": by_the_library,
        "cat": lambda weight, extra: torch.cat([weight, weight.new_zeros(len(weight), extra, 3, 3)], 1),
        "loops": placed,
        "single precision": lambda weight, extra: np.float32(placed(weight, extra)),
    },
    wrong={
        "unanswered": (lambda weight, extra: weight, "no channel more"),
        "in front": (lambda weight, extra: np.concatenate([fresh(weight, extra), weight], axis=1), "first"),
        "ones": (lambda weight, extra: np.concatenate([weight, fresh(weight, extra) + 1], axis=1), "Weights of one"),
        "means": (lambda weight, extra: np.concatenate(
            [weight, np.repeat(weight.mean(1, keepdims=True), extra, 1)], axis=1), "average"),
        "copies": (lambda weight, extra: np.concatenate([weight, weight[:, :extra]], axis=1), "copies"),
        "all zero": (lambda weight, extra: 0 * placed(weight, extra), "lost"),
        "the other axis": (lambda weight, extra: np.pad(weight, ((0, extra), (0, 0), (0, 0), (0, 0))), "gives"),
        "one channel": (lambda weight, extra: placed(weight, 1), "One channel"),
        "at random": (lambda weight, extra: np.concatenate(
            [weight, np.random.default_rng(0).normal(size=fresh(weight, extra).shape)], axis=1), "largest difference"),
        "no return": (lambda weight, extra: None, "return"),
        "no function": (np.zeros((2, 3)), "brackets"),
    })
def test_widening_function(answer, word):
    judge(word, me.check.widening_function, answer)


def penalty_by_loops(z0_hat, z, rest):
    total = cells = 0
    for row, column in np.argwhere(rest == 1):
        for channel in range(len(z)):
            total += (z0_hat[channel, row, column] - z[channel, row, column]) ** 2
            cells += 1
    return total / cells


@answers(
    right={
        "as solved": lambda z0_hat, z, rest: (rest * np.square(z0_hat - z)).sum() / (len(z) * rest.sum()),
        "chosen": lambda z0_hat, z, rest: np.square(z0_hat - z)[:, rest == 1].mean(),
        "loops": penalty_by_loops,
        "torch": lambda z0_hat, z, rest: torch.nn.functional.mse_loss(z0_hat[:, rest.bool()], z[:, rest.bool()]),
        "as the lesson's": lambda z0_hat, z, rest: (
            rest * (z0_hat[None] - z[None]).square()).sum() / (z[None].shape[1] * rest.sum()),
        "an array of one": lambda *all: np.array([penalty_by_loops(*all)]),
    },
    wrong={
        "unanswered": (lambda z0_hat, z, rest: np.square(z0_hat - z).mean(), "no part"),
        "over all cells": (lambda z0_hat, z, rest: (rest * np.square(z0_hat - z)).mean(), "all cells"),
        "inside": (lambda z0_hat, z, rest: np.square(z0_hat - z)[:, rest == 0].mean(), "inside"),
        "without channels": (lambda z0_hat, z, rest: (rest * np.square(z0_hat - z)).sum() / rest.sum(), "channels"),
        "a sum": (lambda z0_hat, z, rest: (rest * np.square(z0_hat - z)).sum(), "sum"),
        "sizes": (lambda z0_hat, z, rest: np.abs(z0_hat - z)[:, rest == 1].mean(), "squares"),
        "a root": (lambda z0_hat, z, rest: np.sqrt(penalty_by_loops(z0_hat, z, rest)), "root"),
        "towards zero": (lambda z0_hat, z, rest: np.square(z0_hat)[:, rest == 1].mean(), "zero"),
        "squared last": (
            lambda z0_hat, z, rest: (rest * (z0_hat - z)).sum() ** 2 / (len(z) * rest.sum()), "cancel"),
        "a map": (lambda z0_hat, z, rest: rest * np.square(z0_hat - z), "one number"),
        "no return": (lambda *all: None, "return"),
    })
def test_penalty_function(answer, word):
    judge(word, me.check.penalty_function, answer)


@answers(
    right={
        "as solved": 12 * (640 + 320 * 3 * 3), "a number": 42_240, "text": "42240", "float": 42240.0,
        "as the library counts": sum(weight.numel() for weight in (
            torch.nn.Conv2d(320, 12, 3, bias=False).weight, torch.nn.Conv2d(12, 640, 1, bias=False).weight)),
    },
    wrong={
        "unanswered": (640 * 320 * 9, "itself"),
        "kernels of one": (12 * (640 + 320), "1 x 1"),
        "B alone": (12 * 640, "both"),
        "A alone": (12 * 320 * 9, "both"),
        "B A": (12 * 640 * 320 * 9, "never kept"),
        "bytes": (2 * 12 * (640 + 320 * 9), "bytes"),
        "a guess": (1000, "columns"),
        "nothing": (None, "number"),
    })
def test_adapter_size(answer, word):
    judge(word, me.check.adapter_size, answer, out=640, into=320, kernel=3, rank=12)


class Obedient:
    """A kit whose mask-aware editor paints purple whatever thing lies more than half under the mask."""

    size = "pocket"

    def edit(self, image, instruction, *, mask, control, blend, progress):
        assert instruction == "make it purple" and isinstance(control, MaskAware) and not blend
        y = image.copy()
        for name in ("shirt", "ball", "hat", "tree"):
            thing = CASE.parts[name] > 0.5
            if (mask[thing] > 0.5).mean() > 0.5:
                y[thing] = 130, 58, 174
        return y


@answers(
    right={
        "as solved": CASE.parts["ball"],
        "bool": CASE.parts["ball"] > 0.5,
        "of 0 and 255": np.uint8(255 * CASE.parts["ball"]),
        "grown": me.grow(CASE.parts["ball"], dilate=2),
        "a box": np.pad(np.ones((26, 26)), ((98, 4), (14, 88))),
        "most of it": CASE.parts["ball"] * (np.arange(128) > 16),
    },
    wrong={
        "unanswered": (np.ones_like(CASE.mask), "too"),
        "the shirt": (CASE.mask, "say ball"),
        "the wrong way round": (1 - CASE.parts["ball"], "say ball"),
        "ball and hat": (np.maximum(CASE.parts["ball"], CASE.parts["hat"]), "the hat"),
        "nothing": (np.zeros_like(CASE.mask), "no pixel"),
        "none": (None, "the mask itself"),
        "a picture": (CASE.image, "colour"),
        "too small": (np.ones((64, 64)), "pixels"),
        "a name": ("ball", "the mask itself"),
    })
def test_told_where(answer, word):
    judge(word, me.check.told_where, Obedient(), CASE, answer, "ball")
