"""The checks of notebook 02, held to tables of answers."""

from types import SimpleNamespace

import numpy as np
import torch
from exercises import answers, judge, pocket

import maskedit_helpers as me
from maskedit_helpers.editing.plan import plan_named

CASE = me.load_case("shirt")
OUTSIDE = (CASE.mask <= 0.5)[:, :, None]


class Knobs:
    """A kit of one law: s_T brings the true edit inside, and s_T / s_I grey levels of stain outside."""

    size, editor = "pocket", SimpleNamespace(s_T=7.5, s_I=1.5)

    def edit(self, image, instruction, *, s_T=7.5, s_I=1.5, steps=None, progress=True):
        if not (s_T > 1 and s_I >= 1):
            raise me.KitError("all guidance would be off; use s_T > 1 and s_I >= 1")
        inside = min(s_T / 4, 1) * (CASE.truth.astype(float) - image)
        return np.clip(image + np.where(OUTSIDE, 4 * s_T / s_I, inside), 0, 255).astype(np.uint8)


def by_loops(e_0, e_I, e_T, s_T, s_I):
    guided = np.empty_like(e_0)
    for at in np.ndindex(e_0.shape):
        guided[at] = e_0[at] + s_I * (e_I[at] - e_0[at]) + s_T * (e_T[at] - e_I[at])
    return guided


def in_place(e_0, e_I, e_T, s_T, s_I):
    e_T -= e_I
    e_I -= e_0
    return e_0 + s_I * e_I + s_T * e_T


def in_single_precision(e_0, e_I, e_T, s_T, s_I):
    e_0, e_I, e_T = (np.float32(e) for e in (e_0, e_I, e_T))
    return e_0 + np.float32(s_I) * (e_I - e_0) + np.float32(s_T) * (e_T - e_I)


def in_torch(e_0, e_I, e_T, s_T, s_I):
    return torch.lerp(e_0, e_I, s_I) + e_T.sub(e_I).mul(s_T)


def with_grad(e_0, e_I, e_T, s_T, s_I):
    e_0, e_I, e_T = (torch.tensor(e, dtype=torch.float32, requires_grad=True) for e in (e_0, e_I, e_T))
    return e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I)


@answers(
    right={
        "as solved": lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I),
        "collected": lambda e_0, e_I, e_T, s_T, s_I: s_T * e_T + (s_I - s_T) * e_I + (1 - s_I) * e_0,
        "other names": lambda a, b, c, d, e: a + d * (c - b) + e * (b - a),
        "loops": by_loops,
        "changes what it is given": in_place,
        "single precision": in_single_precision,
        "half precision": lambda *all: in_single_precision(*all).astype(np.float16),
        "torch in and out": in_torch,
        "torch that learns": with_grad,
        "a list": lambda *all: by_loops(*all).tolist(),
    },
    wrong={
        "unanswered": (lambda e_0, e_I, e_T, s_T, s_I: e_T, "e_0 + s_I"),
        "scales exchanged": (lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_T * (e_I - e_0) + s_I * (e_T - e_I), "exchanged"),
        "without e_0": (lambda e_0, e_I, e_T, s_T, s_I: s_I * (e_I - e_0) + s_T * (e_T - e_I), "starts from e_0"),
        "one scale": (lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_T * (e_T - e_0), "one scale"),
        "from e_I": (lambda e_0, e_I, e_T, s_T, s_I: e_I + s_T * (e_T - e_I), "s_I"),
        "text from nothing": (lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_0), "e_T - e_I"),
        "backwards": (lambda e_0, e_I, e_T, s_T, s_I: e_0 + s_I * (e_0 - e_I) + s_T * (e_I - e_T), "sign"),
        "the pipeline's order": (lambda e_T, e_I, e_0, s_T, s_I: e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I), "order"),
        "a mean": (lambda e_0, e_I, e_T, s_T, s_I: (e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I)).mean(), "shape"),
        "no number": (lambda e_0, *rest: e_0 * np.nan, "nan"),
        "no return": (lambda *all: None, "return"),
        "no function": (np.zeros((4, 8, 8)), "brackets"),
        "scales forgotten": (lambda e_0, e_I, e_T: e_T, "TypeError"),
    })
def test_guidance_function(answer, word):
    judge(word, me.check.guidance_function, answer)


@answers(
    right={"180": 180, "180.0": 180.0, "as text": "180", "with spaces": " 180 ", "with its unit": "180 rows",
           "numpy": np.float64(180), "torch": torch.tensor([180.0])},
    wrong={
        "a row a step": (30, "three rows"),
        "a row a step and picture": (60, "three rows"),
        "one picture": (90, "pictures"),
        "two rows, as Stable Diffusion": (120, "Three rows"),
        "six": (6, "step"),
        "a sum": (35, "step"),
        "unfinished": ("3 * 30 * 2", "one number"),
        "nothing": (None, "number"),
        "a word": ("many", "number"),
        "as text": ("60", "three rows"),
    })
def test_unet_rows(answer, word):
    judge(word, me.check.unet_rows, answer, steps=30, pictures=2)


@answers(
    right={"1": 1, "1.0": 1.0, "text": "1.0", "a sentence": "s_I = 1", "numpy": np.float32(1),
           "torch": torch.tensor(1.0), "nearly": 0.1 + 0.2 + 0.7},
    wrong={
        "0": (0, "the weight of e_0 is 1"),
        "the default": (1.5, "-0.5"),
        "2": (2, "-1"),
        "minus one": ("-1", "the weight of e_0 is 2"),
        "s_T": ("s_T", "number"),
        "infinite": (float("inf"), "Collect"),
        "nothing": (None, "number"),
        "yes": (True, "number"),
    })
def test_weightless(answer, word):
    judge(word, me.check.weightless, answer)


@answers(
    right={
        "less text": dict(s_T=3.0, s_I=1.5),
        "less text alone": dict(s_T=4),
        "more picture": dict(s_I=2.5),
        "both": dict(s_T=5, s_I=2),
        "as text": {"s_T": "4", "s_I": "1.5"},
        "numpy": dict(s_T=np.float32(4), s_I=np.int64(2)),
        "the other order": dict(s_I=3, s_T=7.5),
    },
    wrong={
        "the same scales": (dict(s_T=7.5, s_I=1.5), "asked: +1"),
        "nothing set": ({}, "asked: +1"),
        "more text": (dict(s_T=15), "background"),
        "less picture": (dict(s_I=1.0), "background"),
        "hardly any text": (dict(s_T=1.2), "asked: 50%"),
        "guidance off": (dict(s_T=1, s_I=1), "s_T > 1"),
        "the blend": (me.blend(CASE.image, CASE.truth, CASE.mask), "dict(s_T"),
        "a mixture": (np.uint8(0.7 * CASE.truth + 0.3 * CASE.image), "dict(s_T"),
        "a mask": (dict(s_T=7.5, mask=CASE.mask), "only s_T and s_I"),
        "fewer steps": (dict(steps=2), "only s_T and s_I"),
        "a pair": ((4, 1.5), "dict(s_T"),
        "a word": (dict(s_T="gentle"), "number"),
    })
def test_gentler(answer, word):
    judge(word, me.check.gentler, Knobs(), CASE, answer)


def test_bounds_that_were_set_on_pocket_say_so_on_full():
    kit = Knobs()
    kit.size = "full"
    judge("pocket", me.check.gentler, kit, CASE, dict(s_T=15))
    judge("pocket", me.check.gentler, kit, CASE, dict(s_T=1.2))


def test_gentler_with_the_pocket_editor():
    kit = pocket()
    judge(None, me.check.gentler, kit, CASE, dict(s_T=kit.editor.s_T / 2), steps=4)
    judge("asked: +1", me.check.gentler, kit, CASE, dict(s_T=kit.editor.s_T * 2), steps=4)


class Plans:
    """A kit whose plans lose as pocket's did: inside without e_I, outside without e_0, sharpness in haste."""

    size = "pocket"

    def edit(self, image, instruction, *, plan, progress, report):
        from scipy.ndimage import gaussian_filter

        plan = plan_named(plan)
        first = plan.rows[0]
        made = 0.8 if "I" in first else 0.6
        change = made * (CASE.truth.astype(float) - image)
        y = np.clip(image + np.where(OUTSIDE, 10 if "0" in first else 14, change), 0, 255)
        if plan.steps < 3:
            y = gaussian_filter(y, (3, 3, 0))
        rows = plan.count() * (2 if plan.scheduler == "heun" else 1)
        return y.astype(np.uint8), SimpleNamespace(unet_rows=rows)


@answers(
    right={
        "as solved": me.Plan("dpm++", 4, ("TI0", "TI0", "T", "T")),
        "spread": me.Plan("dpm++", 4, ("TI0", "T")),
        "the model's own sampler": me.Plan(steps=4, rows=("TI0", "T")),
        "one step more": me.Plan("unipc", 5, ("TI0", "T", "T", "T", "T")),
        "exactly": me.Plan("dpm++", 4, ("TI0", "T"), exact=True),
    },
    wrong={
        "unanswered": (me.Plan("dpm++", 5, ("TI0",)), "15 rows"),
        "the reference": (me.Plan(), "60 rows"),
        "a sampler that asks twice": (me.Plan("heun", 4, ("TI0", "T")), "twice a step"),
        "without e_0": (me.Plan("dpm++", 4, ("TI",)), "holds on to the picture"),
        "without e_I": (me.Plan("dpm++", 4, ("T0",)), "words"),
        "in haste": (me.Plan("dpm++", 2), "may"),
        "the student": (me.Plan(steps=4, rows=("T",), distilled=True), "student"),
        "a name": ("fast", "me.Plan"),
        "rows alone": (("TI0", "T"), "me.Plan"),
        "nothing": (None, "me.Plan"),
    })
def test_thrifty(answer, word):
    judge(word, me.check.thrifty, Plans(), CASE, answer)
