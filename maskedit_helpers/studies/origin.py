"""What the rows of a scoreboard depend on: weights, settings and code. Rows are put together only where all agree."""
import json
from importlib import import_module

from ..editing.controls.base import Control
from ..editing.plan import plan_named
from ..fingerprint import fingerprint
from ..picturebook.pairs import drawing_code

CODE = {  # what is done with a scene, by the files that do it
    "editing_code": ("answering", "editing.attention", "editing.controls.base", "editing.controls.compose",
                     "editing.distilled", "editing.editor", "editing.latents", "editing.meter", "editing.plan",
                     "editing.remembered", "editing.rows", "editing.schedulers", "kit.kit", "masks.border",
                     "masks.grabcut", "masks.sam", "masks.segment", "native", "pictures.blend", "pictures.images",
                     "pictures.pixels", "pictures.prompts", "recorded"),
    "scoring_code": ("masks.clip", "metrics.clip", "metrics.measure", "metrics.metric", "metrics.pixels",
                     "metrics.truth", "studies.evaluate", "studies.measuring", "studies.sources",
                     "training.mask_aware.it"),
}
CONDITIONING = ("conditioning.files", "conditioning.learned", "conditioning.network", "conditioning.tokens",
                "conditioning.ways")
WORDS = ("language.adjectives", "language.chunks", "language.clauses", "language.doubts", "language.english",
         "language.phrases", "language.tagging", "language.tokens", "language.words", "masks.border", "masks.detector",
         "masks.grabcut", "masks.grounding", "masks.segment", "pictures.crops")


def origin(kit, seed, settings, controls, words):
    """The run that `rows.Rows` keeps.

    Parameters
    ----------
    kit : Kit; all of it is loaded
    seed : int, which scenes
    settings : dict, options of `kit.edit`, the plan among them
    controls : {name: control}
    words : bool, whether masks come from words too, for which full has a detector

    Returns
    -------
    dict, as JSON holds it.
    """
    plan = plan_named(settings["plan"])
    run = {"models": kit.size, "device": kit.device, "seed": seed,
           "settings": {**settings, "plan": repr(plan), "long_side": kit.editor.long_side}, **weights(kit),
           **({"student": fingerprint(kit.editor.student)} if plan.distilled else {}),
           "drawing_code": drawing_code(),
           **{name: _code(files) for name, files in CODE.items()},
           "controls": {name: control_origin(kit, control) for name, control in controls.items()}}
    if words:
        run["words"] = fingerprint(_code(WORDS), _part(kit.detector.model) if kit.size == "full" else None)
    return run


def control_origin(kit, control):
    """What the rows of a control depend on by themselves: its settings, its code, its weights."""
    return [repr(control), _source(control), *_learned(kit, control)]


def weights(kit, of=("editor", "SAM", "CLIP")):
    """Fingerprints of the bytes of their weights, of their settings and tokenizers, by those names; only what is asked
    for is loaded."""
    found = {"editor": _editor, "SAM": _sam, "CLIP": _clip}
    return {name: found[name](kit) for name in of}


def _editor(kit):
    parts = kit.editor.pipe.components
    return fingerprint({name: _part(part) for name, part in parts.items() if part is not None})


def _sam(kit):
    sam = kit.sam.predictor.model
    return fingerprint(sam, _numbers(sam), sam.mask_threshold)


def _clip(kit):
    clip = kit.clip
    return fingerprint(clip.model, (_numbers(clip.model), clip.model.visual.preprocess_cfg), _tokenizer(clip.tokenizer))


def _part(part):
    """A model with its weights, a tokenizer or a scheduler, as something that has a fingerprint."""
    if hasattr(part, "backend_tokenizer"):
        return _tokenizer(part)
    config = getattr(part, "config", part)
    settings = config.to_dict() if hasattr(config, "to_dict") else dict(config)
    settings = {name: value for name, value in settings.items() if name[0] != "_" and name != "transformers_version"}
    return [part if hasattr(part, "state_dict") else None, json.dumps(settings, sort_keys=True, default=repr)]


def _numbers(model):
    """What the weights of a model without a config do not show: the heads of its attention, its windows and strides."""
    return {name: {key: value for key, value in vars(part).items() if key[0] != "_" and _plain(value)}
            for name, part in model.named_modules()}


def _plain(value):
    """No bool, which may say what this machine can do."""
    return all(type(one) in (int, float) for one in (value if isinstance(value, tuple) else (value,)))


def _tokenizer(tokenizer):
    """How texts become tokens. Not how they are cut and filled up: that changes with each use."""
    length = getattr(tokenizer, "context_length", None) or tokenizer.model_max_length
    tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # open_clip's around transformers'
    if not hasattr(tokenizer, "backend_tokenizer"):  # open_clip's own, the same everywhere
        return [type(tokenizer).__name__, length]
    rules = json.loads(tokenizer.backend_tokenizer.to_str())
    return [length, {name: rule for name, rule in rules.items() if name not in ("truncation", "padding")}]


def _code(files):
    return fingerprint([import_module(f"maskedit_helpers.{name}") for name in files])


def _learned(kit, control):
    """Of a control that brings weights of its own: those, and the code that puts them to use."""
    if control.weights:
        yield fingerprint(kit.editor.learned(control.way, kit.editor.pipe.unet).source, _code(CONDITIONING))


def _source(control):
    """Of a control's own file and of those it is made from: a new one leaves the others' rows as they are."""
    return fingerprint([import_module(kind.__module__) for kind in type(control).__mro__ if issubclass(kind, Control)])
