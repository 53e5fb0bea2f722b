"""How far an edit goes against how much of the picture it keeps, as CLIP sees both: a cell of InstructPix2Pix's curve.

Brooks, Holynski, Efros, "InstructPix2Pix", CVPR 2023, figure 8: CLIP image similarity, the cosine of the features of
original and edit, against CLIP text-image direction similarity, `metrics.clip.clip_direction`. Text guidance s_T is
held, image guidance s_I goes from 1.0 to 2.2. No masks: it is the plain edit.
"""

from functools import lru_cache
from types import SimpleNamespace

from ...errors import KitError
from ...metrics.clip import clip_direction
from ..sweep.tasks import Task

CLIPS = {"vit_b_32": "ViT-B/32, LAION-2B's weights", "vit_l_14": "ViT-L/14, OpenAI's weights"}
TOGETHER = 4  # pictures that a pocket editor edits at once; of full size one


def run(settings):
    """A row for each picture: scene, clip_image and clip_direction in [-1, 1], and what it was measured with."""
    kit, pairs = _kit(settings["models"], settings["clip"]), _pairs(settings)
    together = TOGETHER if kit.size == "pocket" else 1
    facts = facts_of(kit, settings)
    return [row | facts for i in range(0, len(pairs), together)
            for row in _rows(kit, settings, pairs[i:i + together], i)]


def _rows(kit, settings, pairs, first):
    seeds = [settings["edit_seed"] + first + i for i in range(len(pairs))]
    edits = kit.edit([pair.before for pair in pairs], [pair.instruction for pair in pairs], s_T=settings["s_T"],
                     s_I=settings["s_I"], plan=plan_of(settings), seed=seeds, anyway=True, progress=False)
    before, after = (kit.clip.images(pictures) for pictures in ([pair.before for pair in pairs], edits))
    rows = []
    for pair, f_0, f_1 in zip(pairs, before, after):
        g_0, g_1 = kit.clip.texts(list(pair.captions))
        rows.append({"scene": pair.name, "clip_image": float(f_0 @ f_1), "clip_direction": clip_direction(
            f_0, f_1, g_0, g_1)})
    return rows


def plan_of(settings):
    """How the settings have an edit computed: a Plan."""
    from ...editing.plan import plan_named

    return plan_named(settings["plan"], settings["steps"] or None, settings["scheduler"] or None)


def facts_of(kit, settings):
    """What a row was measured with, in words and numbers, as the run had it."""
    plan = plan_of(settings)
    sampler = kit.editor.pipe.scheduler if plan.scheduler is None else _scheduler(kit, plan.scheduler)
    clip = "pocket's own" if kit.size == "pocket" else CLIPS[settings["clip"]]
    side = kit.clip.model.visual.image_size
    return {"sampler": type(sampler).__name__, "sampler_steps": plan.steps, "rows": " ".join(dict.fromkeys(plan.rows)),
            "side": kit.editor.long_side, "clip_model": clip, "clip_side": side[0] if isinstance(side, tuple) else side}


def check(settings):
    """Refuse, before the work, what can't be."""
    plan_of(settings)
    if settings["models"] not in ("pocket", "full"):
        raise KitError(f"models {settings['models']!r}: take pocket or full")
    if settings["clip"] not in CLIPS:
        raise KitError(f"clip {settings['clip']!r}: take {' or '.join(CLIPS)}")
    if settings["scenes"] < 1 or settings["seed"] < 0 or settings["edit_seed"] < 0:
        raise KitError("scenes must be 1 or more, seed and edit_seed 0 or more")
    if settings["s_T"] <= 1 or settings["s_I"] < 1:
        raise KitError(f"s_T is {settings['s_T']:g} and s_I {settings['s_I']:g}: give s_T > 1 and s_I >= 1, where the "
                       "pipeline guides at all")


def depends(settings):
    """Fingerprints of the models and of the code."""
    return dict(_depends(settings["models"], settings["clip"], settings["pairs"]))


@lru_cache(maxsize=2)
def _depends(models, clip, pairs):
    from importlib import import_module

    from ...fingerprint import fingerprint
    from ..origin import CODE, weights

    code = [import_module(f"maskedit_helpers.{name}") for name in (
        *CODE["editing_code"], "masks.clip", "metrics.clip", "studies.reproduce.clip_curve")]
    found = {**weights(_kit(models, clip), ("editor", "CLIP")), "code": fingerprint(code)}
    if pairs:
        from ...training.pairs_with_masks.reading import read_pairs

        return found | {"pairs": fingerprint(read_pairs(pairs).names)}
    from ...picturebook.pairs import drawing_code

    return found | {"drawing_code": drawing_code()}


@lru_cache(maxsize=1)
def _kit(models, clip):
    from ...kit.kit import Kit
    from ...kit.weights import choose

    return Kit(choose(models, clip=clip))


def _pairs(settings):
    return _drawn(settings["scenes"], settings["seed"]) if not settings["pairs"] else _built(
        settings["pairs"], settings["scenes"])


@lru_cache(maxsize=1)
def _drawn(scenes, seed):
    from ..evaluate import held_out_pairs

    return [SimpleNamespace(name=str(pair.seed), before=pair.before, instruction=pair.instruction,
                            captions=pair.captions) for pair in held_out_pairs(scenes, seed)]


def _built(folder, scenes):
    """Pairs of `maskedit pairs build`, the first that have captions."""
    from ...training.pairs_with_masks.reading import read_pairs

    found = []
    for pair in read_pairs(folder):
        if all(pair["captions"]):
            found.append(SimpleNamespace(name=pair["id"], before=pair["before"], instruction=pair["instruction"],
                                         captions=pair["captions"]))
        if len(found) == scenes:
            return found
    raise KitError(f"{folder} has {len(found)} pairs with captions, and {scenes} are asked for; build more, or ask for "
                   "fewer scenes")


def _scheduler(kit, name):
    from ...editing.schedulers import scheduler_named

    return scheduler_named(name, kit.editor.pipe.scheduler)


TASK = Task(run, {"models": "pocket", "clip": "vit_l_14", "pairs": "", "scenes": 40, "seed": 0, "s_T": 7.5, "s_I": 1.5,
                  "plan": "exact", "scheduler": "", "steps": 0, "edit_seed": 0}, check, depends)
