"""What every control promises, the ones of the table and any that comes: a control must pass all of this.

    M = 1 everywhere is the plain edit; outside M the result is the original, bit for bit; the pipeline is left as it
    was; a batch is what each picture alone would be; every scheduler is one it works with; equal settings are equal.

A new control stands here by itself, as it stands on the command line and on the scoreboard: see CONTRIBUTING.md.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import numpy as np
import pytest
import tiny

from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.controls.table import kinds, presets
from maskedit_helpers.editing.schedulers import SCHEDULERS

TEXT, X0 = "make the shirt red", tiny.picture()
# Settings without a name in the table, and controls together, keep the same promises.
FURTHER = {str(control): control for control in [
    LatentBlend(source="inversion"), LatentBlend(soft=True, shrink=2), GuidanceMask(soft=True, dilate=1),
    AttentionMask(layers=("down",)), LatentBlend.grounded(), LatentBlend.grounded(corrected=True),
    [Crop(), LatentBlend(), AttentionMask()]]}
each = pytest.mark.parametrize("control", presets().values(), ids=presets())
each_and_further = pytest.mark.parametrize("control", {**presets(), **FURTHER}.values(), ids={**presets(), **FURTHER})


def edit(image=X0, text=TEXT, **options):
    return tiny.editor().edit(image, text, **{"steps": 4, "progress": False, **options})


@pytest.fixture
def last_latents():
    """The latents that the pipeline decodes, of each edit."""
    seen, vae = [], tiny.pipe().vae
    hook = vae.post_quant_conv.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].clone()))
    yield seen
    hook.remove()


def state(pipe):
    """All of a pipeline that a control could forget to put back, and nothing that an edit changes by itself."""
    def own(thing):  # attributes set on the object hide those of its class
        return {name: value for name, value in vars(thing).items() if callable(value) and not name.startswith("_")}

    parts = {name: part for name, part in pipe.components.items() if part is not None}
    modules = [(name, module) for name, part in parts.items() if hasattr(part, "modules") for module in part.modules()]
    return {
        "parts": {name: id(part) for name, part in parts.items()},
        "methods": [own(thing) for thing in (pipe, *parts.values())],
        "scheduler": dict(pipe.scheduler.config),
        "processors": dict(pipe.unet.attn_processors),
        "hooks": [(name, dict(module._forward_hooks), dict(module._forward_pre_hooks), dict(module._backward_hooks))
                  for name, module in modules],
        "weights": [(name, id(value), value._version) for name, module in modules
                    for value in module.parameters(recurse=False)],
        "modes": [module.training for _, module in modules],
    }


@each
@pytest.mark.parametrize("name", ["ddim", "euler_a"])
@pytest.mark.parametrize("shape", [(64, 64), (40, 64)], ids=["square", "wide"])
def test_a_mask_of_everything_is_the_plain_edit(control, name, shape, last_latents):
    x0, everything = tiny.picture(*shape), np.ones(shape, np.float32)
    plain = edit(x0, scheduler=name)
    same = edit(x0, scheduler=name, mask=everything, control=control, blend=False)
    assert (last_latents[0] - last_latents[1]).abs().max() <= 1e-5
    assert (plain == same).all()
    assert (edit(x0, scheduler=name, mask=everything, control=control) == plain).all()  # blended too


@each_and_further
def test_nothing_stays_in_the_pipeline(control):
    pipe = tiny.pipe()
    before, plain = state(pipe), edit(seed=5)
    edit(mask=tiny.half(), control=control, scheduler="unipc")
    edit(mask=tiny.half(), control=control)
    assert state(pipe) == before
    assert (edit(seed=5) == plain).all()


@each_and_further
def test_an_edit_that_fails_leaves_nothing_behind(control, monkeypatch):
    pipe = tiny.pipe()
    before = state(pipe)

    def fails(*inputs, **options):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(pipe.scheduler, "step", fails)  # in the midst of it
        with pytest.raises(ZeroDivisionError):
            edit(mask=tiny.half(), control=control)
    with monkeypatch.context() as patch:
        patch.setattr(pipe, "image_processor", None)  # as it begins, or before
        with pytest.raises(AttributeError):
            edit(mask=tiny.half(), control=control, scheduler="euler")
    assert state(pipe) == before


@each_and_further
def test_outside_the_mask_nothing_changes_and_a_batch_is_what_each_alone_is(control):
    pictures, masks = [tiny.picture(seed=1), tiny.picture(seed=2)], [tiny.half(), tiny.half()[:, ::-1]]
    texts = [TEXT, "turn the dog into a robot"]
    together = edit(pictures, texts, mask=masks, control=control, seed=[3, 4])
    for x0, text, M, seed, y in zip(pictures, texts, masks, (3, 4), together):
        assert (y[M == 0] == x0[M == 0]).all() and (y[M == 1] != x0[M == 1]).any()
        alone = edit(x0, text, mask=M, control=control, seed=seed)
        assert np.abs(alone.astype(int) - y).max() <= 2


@each
def test_it_works_with_every_scheduler(control):
    M = tiny.half()
    for name in SCHEDULERS:
        y = edit(mask=M, control=control, scheduler=name, steps=3)
        assert (y[M == 0] == X0[M == 0]).all() and (y[M == 1] != X0[M == 1]).any(), name


@each
def test_equal_settings_are_equal_and_said(control):
    again = eval(repr(control), {kind.__name__: kind for kind in kinds()})
    assert again == control and hash(again) == hash(control) and repr(again) == repr(control)
    assert pickle.loads(pickle.dumps(control)) == control  # worker processes are sent them
    assert all(f"{field.name}={getattr(control, field.name)!r}" in repr(control) for field in fields(control))
    for field in fields(control):
        with pytest.raises(FrozenInstanceError):
            setattr(control, field.name, None)


def test_names_and_settings_are_each_ones_own():
    assert len(presets()) == sum(len(kind.presets) for kind in kinds())  # two of one name would hide each other
    assert len(set(presets().values())) == len(presets())
    assert all(name == name.lower() and "," not in name and " " not in name and name != "all" for name in presets())


NEW = '''"""Two controls that came: one that keeps the promises, and one that forgets to put the U-Net back."""
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from .base import Control


@dataclass(frozen=True)
class Newcomer(Control):
    presets: ClassVar = {"newcomer": {}}


@dataclass(frozen=True)
class Forgetful(Control):
    presets: ClassVar = {"forgetful": {}}

    @contextmanager
    def attached(self, pipe, batch):
        pipe.unet.register_forward_hook(lambda unet, inputs, output: None)
        yield {}
'''
PLUGIN = """import gc
import maskedit_helpers.editing.controls as controls
gc.disable()  # two processes that live for seconds, most of which are imports
controls.__path__.append({folder!r})
"""
SEEN = """import plugin
from maskedit_helpers.cli.app import app
from maskedit_helpers.editing.controls.table import named
from typer.testing import CliRunner
for command in ("edit", "evaluate"):
    print("newcomer" in CliRunner().invoke(app, [command, "--help"]).stdout)
print("newcomer" in named("all"))  # as the scoreboard asks
"""


def test_a_new_control_in_one_file_is_found_everywhere_and_held_to_the_promises(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "newcomer.py").write_text(NEW)
    (tmp_path / "plugin.py").write_text(PLUGIN.format(folder=str(tmp_path / "new")))
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    seen = subprocess.run([sys.executable, "-c", SEEN], env=env, capture_output=True, text=True)
    assert seen.stdout.split() == ["True"] * 3, seen.stderr
    tests = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "plugin", "-p", "no:cacheprovider", "-p", "no:xdist",
             "-k", "newcomer or forgetful and nothing_stays", Path(__file__)]
    said = subprocess.run(tests, env=env, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout
    lines = [line.split(" - ")[0] for line in said.splitlines() if line.startswith(("PASSED", "FAILED"))]
    assert sum(line.startswith("PASSED") and "newcomer" in line for line in lines) == 9, said
    assert [line.split("::")[1] for line in lines if line.startswith("FAILED")] == [
        "test_nothing_stays_in_the_pipeline[forgetful]"], said
