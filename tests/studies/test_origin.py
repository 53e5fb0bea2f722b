"""Whatever could change a row changes its run's origin, in the place that bears its name; use alone changes nothing."""
import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch

import maskedit_helpers
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.controls.table import presets
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose
from maskedit_helpers.studies.origin import CODE, CONDITIONING, WORDS, origin
from maskedit_helpers.training.vocabulary import build_tokenizer

SETTINGS = {"s_T": 3.0, "s_I": 1.2, "plan": "reference"}


@pytest.fixture
def kit(pocket, monkeypatch):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    return Kit(choose("pocket"))


def of(kit, seed=0, settings=SETTINGS, controls=presets(), words=False):
    return origin(kit, seed, settings, controls, words)


def negate(module):
    """The same sum of magnitudes."""
    with torch.no_grad():
        next(p for p in module.parameters() if p.any()).neg_()


def euler(kit):
    from diffusers import EulerDiscreteScheduler

    kit.editor.pipe.scheduler = EulerDiscreteScheduler.from_config(kit.editor.pipe.scheduler.config)


CHANGES = {
    "U-Net": (lambda kit: negate(kit.editor.pipe.unet), "editor"),
    "VAE": (lambda kit: negate(kit.editor.pipe.vae), "editor"),
    "text encoder": (lambda kit: negate(kit.editor.pipe.text_encoder), "editor"),
    "scale of latents": (lambda kit: kit.editor.pipe.vae.register_to_config(scaling_factor=1.5), "editor"),
    "sampler": (euler, "editor"),
    "noise schedule": (lambda kit: kit.editor.pipe.scheduler.register_to_config(beta_end=0.02), "editor"),
    "tokenizer": (lambda kit: setattr(kit.editor.pipe, "tokenizer", build_tokenizer(["other", "words"], 24)), "editor"),
    "SAM": (lambda kit: negate(kit.sam.predictor.model), "SAM"),
    "SAM's mean colour": (lambda kit: kit.sam.predictor.model.pixel_mean.add_(1), "SAM"),
    "SAM's heads": (lambda kit: setattr(kit.sam.predictor.model.image_encoder.blocks[0].attn, "num_heads", 3), "SAM"),
    "CLIP": (lambda kit: negate(kit.clip.model), "CLIP"),
    "CLIP's heads": (lambda kit: setattr(kit.clip.model.transformer.resblocks[0].attn, "num_heads", 3), "CLIP"),
    "CLIP's tokenizer": (lambda kit: setattr(kit.clip, "tokenizer", build_tokenizer(["other", "words"], 77)), "CLIP"),
    "device": (lambda kit: setattr(kit, "device", "cuda"), "device"),
    "working size": (lambda kit: setattr(kit.editor, "long_side", 128), "settings"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_shows_where_it_belongs(kit, what):
    change, name = CHANGES[what]
    before = of(kit)
    change(kit)
    after = of(kit)
    assert {each for each in before if after[each] != before[each]} == {name}


def test_settings_scenes_and_controls_count(kit):
    before = of(kit)
    for options, name in (({"seed": 1}, "seed"), ({"settings": {**SETTINGS, "s_T": 3.5}}, "settings"),
                          ({"controls": {**presets(), "latent": LatentBlend(end=1)}}, "controls")):
        after = of(kit, **options)
        assert {each for each in before if after[each] != before[each]} == {name}


@pytest.mark.parametrize(("file", "name"), [
    ("picturebook.drawings", "drawing_code"), ("editing.controls.compose", "editing_code"),
    ("pictures.blend", "editing_code"), ("editing.controls.latent_blend", "controls"),
    ("metrics.truth", "scoring_code"), ("metrics.metric", "scoring_code"),
    ("metrics.measure", "scoring_code"), ("studies.measuring", "scoring_code"), ("masks.grounding", "words")])
def test_code_counts(kit, monkeypatch, tmp_path, file, name):
    from importlib import import_module

    before, module = of(kit, words=True), import_module(f"maskedit_helpers.{file}")
    (other := tmp_path / "other.py").write_bytes(open(module.__file__, "rb").read() + b"\n# another\n")
    monkeypatch.setattr(module, "__file__", str(other))
    after = of(kit, words=True)
    assert {each for each in before if after[each] != before[each]} == {name}


# What is loaded, where it lies, who may say what: no row's values come from it.
ASIDE = {"devices", "errors", "fingerprint", "loading", "places", "written", "editing.forecast", "figures.marks",
         "figures.show", "kit.domain", "kit.networks", "kit.pocket", "kit.weights", "masks.grounding_report",
         "masks.relevance", "masks.scissors", "metrics.columns", "metrics.tables", "studies.intervals",
         "studies.origin", "training.workers"}
BY_OTHER_NAMES = ("downloads", "editing.controls", "picturebook")  # none; "controls"; "drawing_code"


def imported(module):
    """The kit's modules that one of them imports, also within its functions."""
    place, folder = f"maskedit_helpers.{module}".split("."), Path(maskedit_helpers.__file__).parent
    for node in ast.walk(ast.parse((folder / f"{module.replace('.', '/')}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = [*place[1:-node.level], *filter(None, (node.module or "").split("."))]
            for names in (above, *([*above, alias.name] for alias in node.names)):
                if folder.joinpath(*names).with_suffix(".py").is_file():
                    yield ".".join(names)


def test_all_code_that_a_row_runs_through_counts():
    reached, further = set(), ["studies.measuring", "kit.kit"]
    while further:
        if (module := further.pop()) not in reached:
            reached.add(module)
            further += imported(module)
    counted = {*WORDS, *CONDITIONING, *(file for files in CODE.values() for file in files)}
    left_out = {module for module in reached - counted - ASIDE if not module.startswith(BY_OTHER_NAMES)}
    assert not left_out, "name them in studies/origin.py, or in ASIDE here"
    assert len(reached) > 40 and not counted & ASIDE


def test_another_process_and_use_change_nothing(kit):
    before = of(kit, words=True)
    kit.edit(tiny.picture(), "make the dog red", steps=1, progress=False)
    kit.segment(tiny.picture(), box=(8, 8, 40, 40))
    kit.clip.images([np.zeros((9, 9, 3), np.uint8)])
    kit.clip.texts(["a dog"])
    assert of(kit, words=True) == before == of(Kit(kit.choice), words=True)


def test_full_asks_its_detector_only_where_words_are_used(kit):
    text = kit.editor.pipe.text_encoder
    full = SimpleNamespace(size="full", device="cpu", editor=kit.editor, sam=kit.sam, clip=kit.clip)
    assert "words" not in of(full)  # and it has no detector
    full.detector = SimpleNamespace(model=text)
    before = of(full, words=True)["words"]
    assert before != of(kit, words=True)["words"]
    negate(text)
    assert of(full, words=True)["words"] != before
