"""Windows that end early, on every sampler: what was put in is what the sampler goes on from."""

import warnings

import numpy as np
import pytest
import tiny
import torch

import maskedit_helpers as me
from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.blend import Blend
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.latents import kept
from maskedit_helpers.editing.schedulers import SCHEDULERS, scheduler_named

TEXT, X0 = "make the shirt red", tiny.picture()
M = np.zeros((64, 64), np.float32)
M[:, :32] = 1
CONTROLS = [LatentBlend(end=300), LatentBlend(end=300, soft=True, shrink=1),
            LatentBlend(start=800, end=300, source="inversion"), LatentBlend.grounded(),
            [Crop(), LatentBlend(end=300), AttentionMask()], [LatentBlend(end=300), GuidanceMask()]]


class Kit:
    def __init__(self):
        self.editor = tiny.editor()

    def edit(self, control, **options):
        return self.editor.edit(X0, TEXT, mask=M, control=control, **{"steps": 5, "progress": False, **options})


def trailing(pipe):
    """The model's scheduler with timesteps that are whole numbers for every sampler."""
    config = {key: value for key, value in pipe.scheduler.config.items() if not key.startswith("_")}
    return type(pipe.scheduler).from_config({**config, "timestep_spacing": "trailing", "steps_offset": 0})


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_window_on_every_sampler(name):
    """A picture comes out, changed inside and the original outside, and nothing stays in the pipeline."""
    kit = Kit()
    pipe = kit.editor.pipe
    processors, scheduler = dict(pipe.unet.attn_processors), pipe.scheduler
    for control in CONTROLS:
        y = kit.edit(control, scheduler=name)
        assert (y[M == 0] == X0[M == 0]).all() and (y[M == 1] != X0[M == 1]).any(), control
    assert pipe.unet.attn_processors == processors and pipe.scheduler is scheduler
    assert not pipe.unet._forward_hooks and not pipe.unet._forward_pre_hooks


@pytest.mark.parametrize("name", ["ddim", "euler", "heun", "dpm++", "unipc"])
def test_after_the_window_the_sampler_goes_on_from_what_was_put_in(name, monkeypatch):
    """With a model that always means the same clean latent c, a sampler that keeps no noise predictions of the past
    moves (z - signal c) / noise not at all: after the window it must be, outside the mask, what was put in last."""
    kit, c = Kit(), 3.0
    pipe = kit.editor.pipe
    monkeypatch.setattr(pipe, "scheduler", trailing(pipe))

    def meaning_c(sample, t, **options):
        a = kept(pipe.scheduler, t)
        return ((sample[:, :4] - a**0.5 * c) / (1 - a) ** 0.5,)

    monkeypatch.setattr(pipe.unet, "forward", meaning_c)
    with me.watch(kit) as seen:
        kit.edit(LatentBlend(end=300), blend=False, steps=10, scheduler=name)
    moving = [(step.latent[:, :, 4:] - step.a**0.5 * c) / (1 - step.a) ** 0.5 for step in seen.steps]
    inside = [step for step, t in enumerate(s.t for s in seen.steps) if t >= 300]
    assert 0 < len(inside) < len(moving) - 1
    put_in = moving[inside[-1]]
    assert np.abs(moving[inside[0]] - put_in).max() > 0.5  # within the window it is another at each step
    for after in moving[inside[-1] + 1:]:
        np.testing.assert_allclose(after, put_in, atol=2e-3)


@pytest.mark.parametrize("control", [LatentBlend(end=300), LatentBlend(end=300, soft=True),
                                     LatentBlend(start=800, end=300, source="inversion"), LatentBlend.grounded()],
                         ids=str)
def test_unipc_remembers_the_latents_that_were_put_in(control, monkeypatch):
    """At every step its memory of the sample it starts from is what the U-Net saw, where the mask is nothing."""
    kit = Kit()
    pipe = kit.editor.pipe
    unipc = scheduler_named("unipc", trailing(pipe))
    monkeypatch.setattr(pipe, "scheduler", unipc)
    remembered, step = [], unipc.step

    def stepping(model_output, t, sample, **options):
        answer = step(model_output, t, sample, **options)
        remembered.append((float(t), sample, unipc.last_sample))
        return answer

    monkeypatch.setattr(unipc, "step", stepping)
    steps = 100 if control.as_published else 10
    kit.edit(control, blend=False, steps=steps)
    # The latents of t in the window were put in; as published, those of the step after.
    times = [t for t, _, _ in remembered]
    for (t, sample, last), before in zip(remembered[1:], times):
        if control.end <= (before if control.as_published else t) <= control.start:
            assert (sample - last)[..., 4:].abs().max() <= 1e-5
            assert (sample - last)[..., :4].abs().max() > 1e-5  # inside it corrects itself as ever
    assert type(unipc).multistep_uni_c_bh_update and "multistep_uni_c_bh_update" not in vars(unipc)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_more_steps_than_timesteps_are_refused_with_the_largest(name):
    kit, most = Kit(), []
    with pytest.raises(me.KitError, match=r"steps is 5000; this model and scheduler have (999|1000) at most") as said:
        kit.edit(Blend(), steps=5000, scheduler=name)
    most = int(str(said.value).split(" have ")[1].split()[0])
    with pytest.raises(me.KitError, match=f"have {most} at most"):
        kit.edit(Blend(), steps=most + 1, scheduler=name)
    scheduler = scheduler_named(name, kit.editor.pipe.scheduler)
    scheduler.set_timesteps(most)
    z = torch.randn(1, 4, 1, 1, generator=torch.Generator().manual_seed(0)) * scheduler.init_noise_sigma
    with warnings.catch_warnings(action="ignore"):
        for t in scheduler.timesteps[:50]:  # and that many it can take
            z = scheduler.step(0 * z, t, scheduler.scale_model_input(z, t)).prev_sample
    assert torch.isfinite(z).all() and len(set(scheduler.timesteps.tolist())) >= most - 1
