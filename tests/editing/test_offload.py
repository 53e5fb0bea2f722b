"""memory="low": each part rests on the CPU and is moved only while it works, by accelerate's own hooks."""

import copy

import numpy as np
import pytest
import tiny
import torch
from accelerate import cpu_offload_with_hook

from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.editor import Editor
from maskedit_helpers.editing.meter import Meter
from maskedit_helpers.kit import weights
from maskedit_helpers.masks.relevance import relevance
from maskedit_helpers.watching.trajectory import watch

TEXT = "make the shirt red"


class Kit:
    def __init__(self, pipe):
        self.editor = Editor(pipe, tiny.LONG_SIDE)

    def edit(self, **options):
        return self.editor.edit(tiny.picture(), TEXT, steps=2, progress=False, **options)


def resting(device):
    """A pipeline whose parts rest on the CPU and will work on that device."""
    pipe = copy.deepcopy(tiny.pipe())
    for part in (pipe.text_encoder, pipe.unet, pipe.vae):
        cpu_offload_with_hook(part, torch.device(device))
    assert pipe.device.type == "cpu" and pipe._execution_device.type == torch.device(device).type
    return pipe


def placed(device):
    """A kit as `memory="low"` places it; "cpu" is never offloaded, "cpu:0" is, by hooks that move nothing."""
    pipe = copy.deepcopy(tiny.pipe())
    weights._place(pipe, weights.Choice("full", device, "low", "sam_vit_b", ""))
    assert all(hasattr(part, "_hf_hook") == (device != "cpu") for part in (pipe.text_encoder, pipe.unet, pipe.vae))
    return Kit(pipe)


@pytest.fixture
def low():
    return placed("cpu:0")


@pytest.mark.parametrize("control", [None, LatentBlend(source="inversion"), [GuidanceMask(), AttentionMask()], Crop()],
                         ids=str)
def test_an_edit_whose_parts_are_offloaded_is_the_same(low, control):
    M = np.zeros((64, 64), np.float32)
    M[:, :32] = 1
    moved, hook = [], low.editor.pipe.vae._hf_hook
    usual = hook.pre_forward
    hook.pre_forward = lambda *args, **options: (moved.append(True), usual(*args, **options))[1]
    options = {} if control is None else {"mask": M, "control": control}
    y = low.edit(**options)
    assert moved and np.abs(y.astype(int) - placed("cpu").edit(**options)).max() <= 1


def test_a_trajectory_and_a_relevance_map_are_the_same(low):
    seen = []
    for kit in (low, placed("cpu")):
        with watch(kit) as trajectory:
            kit.edit()
        seen.append((trajectory.guess(0), relevance(kit, tiny.picture(), TEXT, noises=1)))
    assert np.abs(seen[0][0].astype(int) - seen[1][0]).max() <= 1
    np.testing.assert_allclose(seen[0][1], seen[1][1], atol=1e-3)


def test_a_guess_is_decoded_where_the_vae_works(monkeypatch):
    """The "meta" device stands for the GPU: what is not moved there with the VAE fails, as it would on a GPU."""
    pipe, seen, freed = resting("meta"), [], []
    monkeypatch.setattr(pipe.image_processor, "postprocess",
                        lambda z, output_type: (seen.append(z.device.type), np.zeros((1, 64, 64, 3)))[1])
    monkeypatch.setattr(pipe, "maybe_free_model_hooks", lambda: freed.append(True))
    with watch(Kit(pipe)) as trajectory:
        pass
    for _ in range(2):  # the first moves it, the second finds it there
        trajectory.decode(np.zeros((4, 8, 8), np.float32))
    assert seen == ["meta"] * 2 and freed == [True] * 2 and pipe.vae.device.type == "meta"


def test_the_meter_waits_for_the_gpu_on_which_the_parts_work(monkeypatch):
    pipe, asked = resting("cuda:0"), []
    for name, answer in (("synchronize", None), ("reset_peak_memory_stats", None), ("max_memory_allocated", 3 * 2**20)):
        monkeypatch.setattr(torch.cuda, name, lambda device, name=name, answer=answer: (
            asked.append((name, torch.device(device).type)), answer)[1])
    with Meter(pipe) as meter:
        meter.start_batch()
        meter.end_batch()
    assert meter.report().peak_memory_mb == 3
    assert asked == [("reset_peak_memory_stats", "cuda"), ("synchronize", "cuda"), ("synchronize", "cuda"),
                     ("max_memory_allocated", "cuda")]
