"""The task "edits": scenes that no model has seen, edited with one control and one kind of mask, and measured.

Before the blend: background_psnr, edit_psnr_before, edit_success. After it: all the rest. Beside them mask_iou, of the
mask that was used with the true one, and clip_image, how alike CLIP finds original and result.
"""

import warnings
from functools import cache

from ...editing.controls.blend import Blend
from ...editing.controls.latent_blend import LatentBlend
from ...editing.controls.table import named
from ...editing.plan import plan_named
from ...errors import KitError
from ...metrics.truth import mask_iou
from ...pictures.blend import blend
from ...pictures.images import WHITE
from ..evaluate import check_run, held_out_pairs
from ..measuring import Measuring, it
from ..origin import control_origin, origin
from ..scoreboard import CHUNK, SEED
from ..sources import check_source
from .tasks import Task

DEFAULTS = {
    "models": "pocket",  # or "full"
    "scenes": 30,
    "seed": 0,  # which scenes
    "control": "blend",  # a name as for --control, or out of PUBLISHED
    "mask": "click",  # see studies/sources.py
    "words": "named",  # or "it": the instruction doesn't name the thing
    "plan": "fast",
    "steps": 0,  # 0 for the plan's own
    "s_T": 0.0,  # 0 for the kit's own
    "s_I": 0.0,
    "edit_seed": SEED,
}
PUBLISHED = {  # Grounded-Instruct-Pix2Pix (Shagidanov et al. 2024): its setting, and the window that it advises else
    "grounded": LatentBlend.grounded(corrected=True),
    "grounded:300-200": LatentBlend(start=300, end=200, source="inversion", soft=True),
}


def check(settings):
    """Raise KitError for what can't be measured."""
    if settings["models"] not in ("pocket", "full"):
        raise KitError(f"models {settings['models']!r} are unknown; use \"pocket\" or \"full\"")
    check_run(settings["scenes"], settings["seed"], None)
    check_source(settings["mask"])
    plan_named(settings["plan"], settings["steps"] or None).check_controls([control_of(settings)])
    if settings["words"] not in ("named", "it"):
        raise KitError(f'words {settings["words"]!r} are unknown; use "named" or "it"')


def control_of(settings):
    """The control of a cell."""
    name = settings["control"]
    return PUBLISHED.get(name) or named([name])[name]


def depends(settings):
    """What the rows hang on beside the settings: weights and code, see `studies.origin`."""
    run = _origin(settings["models"], settings["plan"], settings["mask"] == "words")
    return {**run, "control": _of_control(settings["models"], settings["control"])}


@cache
def _origin(models, plan, words):
    """What all rows of a plan depend on."""
    run = origin(the_kit(models), 0, _options(DEFAULTS | {"models": models, "plan": plan}), {}, words)
    return {name: value for name, value in run.items() if name not in ("seed", "controls")}


@cache
def _of_control(models, name):
    return control_origin(the_kit(models), control_of({"control": name}))


def run(settings, control=None):
    """Rows of a cell, one a scene: {"scene", metrics}.

    control : in place of the one that the settings name
    """
    kit, control = the_kit(settings["models"]), control or control_of(settings)
    measuring = _measuring(settings["models"], tuple(_options(settings).items()))
    pairs, rows = _pairs(settings["scenes"], settings["seed"]), []
    for some in (pairs[i:i + CHUNK] for i in range(0, len(pairs), CHUNK)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful mask shows in mask_iou
            masks = [measuring.mask(pair, settings["mask"]) for pair in some]
        words = [it(pair) if settings["words"] == "it" else pair.instruction for pair in some]
        for pair, M, y in zip(some, masks, _edited(measuring, some, words, masks, control)):
            y_tilde = blend(pair.before, y, M) if (M > WHITE).any() else pair.before
            before, after = kit.clip.images([pair.before, y_tilde])
            rows.append({"scene": pair.seed, **measuring.scores(pair, M, y), "mask_iou": mask_iou(M, pair.mask),
                         "clip_image": float(before @ after)})
    return rows


def _options(settings):
    """Those of `kit.edit`."""
    editor = the_kit(settings["models"]).editor
    scales = {name: settings[name] or getattr(editor, name) for name in ("s_T", "s_I")}
    return {**scales, "plan": settings["plan"], "steps": settings["steps"] or None, "seed": settings["edit_seed"]}


def _edited(measuring, pairs, words, masks, control):
    """The edits before the blend. What the plain editor makes of a scene hangs on no mask, and is made once."""
    if control != Blend():
        return [y for y, _, _ in measuring.edits(pairs, words, masks, control)]
    made = _PLAIN.setdefault(repr((measuring.kit.size, measuring.settings)), {})
    keys = [(pair.seed, text) for pair, text in zip(pairs, words)]
    if not made.keys() >= set(keys):
        everywhere = [measuring.mask(pair, "everywhere") for pair in pairs]
        made.update(zip(keys, (y for y, _, _ in measuring.edits(pairs, words, everywhere, control))))
    return [made[key] for key in keys]


_PLAIN = {}


@cache
def the_kit(models):
    """The process's kit."""
    from ...kit.kit import Kit
    from ...kit.weights import choose

    return Kit(choose(models))


@cache
def _measuring(models, options):
    return Measuring(the_kit(models), dict(options))


@cache
def _pairs(scenes, seed):
    return list(held_out_pairs(scenes, seed))


TASK = Task(run, DEFAULTS, check, depends)
