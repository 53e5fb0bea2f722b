"""Watching an edit: what is seen is what the pipeline did, and nothing stays behind."""

import numpy as np
import pytest
import tiny

from maskedit_helpers.watching.trajectory import watch


class Kit:
    def __init__(self):
        self.editor = tiny.editor()


@pytest.mark.parametrize("scheduler", ["EulerAncestralDiscreteScheduler", "DDIMScheduler", "PNDMScheduler"])
def test_the_three_rows_make_the_guided_one(scheduler, monkeypatch):
    import diffusers

    kit = Kit()
    pipe = kit.editor.pipe
    monkeypatch.setattr(pipe, "scheduler", getattr(diffusers, scheduler).from_config(pipe.scheduler.config))
    x0, options = tiny.picture(), dict(s_T=4.0, s_I=1.7, steps=5, progress=False)
    plain = kit.editor.edit(x0, "make the shirt red", **options)
    with watch(kit) as seen:
        watched = kit.editor.edit(x0, "make the shirt red", **options)
    assert (plain == watched).all()
    assert len(seen) >= 5
    for step in seen.steps:
        t, i, u = step.rows
        np.testing.assert_allclose(u + 1.7 * (i - u) + 4.0 * (t - i), step.guided, atol=2e-5)
    assert "step" not in vars(pipe.scheduler) and not pipe.unet._forward_hooks


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_a_guess_is_the_schedulers_own(kind, monkeypatch):
    from diffusers import DDIMScheduler

    kit = Kit()
    pipe = kit.editor.pipe
    ddim = DDIMScheduler.from_config(pipe.scheduler.config, prediction_type=kind, clip_sample=False)
    monkeypatch.setattr(pipe, "scheduler", ddim)
    with watch(kit) as seen:
        kit.editor.edit(tiny.picture(), "make the shirt red", steps=4, progress=False)
    import torch

    step = seen.steps[1]
    wanted = ddim.step(torch.from_numpy(step.guided), int(step.t), torch.from_numpy(step.latent)).pred_original_sample
    picture = seen.decode(wanted.numpy())
    assert np.abs(picture.astype(int) - seen.guess(1)).max() <= 1
    assert picture.shape == (64, 64, 3)


def test_of_a_batch_the_first_is_watched():
    kit = Kit()
    pictures = [tiny.picture(seed=1), tiny.picture(seed=2)]
    with watch(kit) as both:
        kit.editor.edit(pictures, ["make the shirt red"] * 2, steps=2, progress=False)
    with watch(kit) as alone:
        kit.editor.edit(pictures[0], "make the shirt red", steps=2, progress=False)
    np.testing.assert_allclose(both.steps[0].latent, alone.steps[0].latent, atol=1e-6)
    np.testing.assert_allclose(both.steps[1].rows, alone.steps[1].rows, atol=1e-4)


def test_a_failing_edit_leaves_nothing_behind():
    kit = Kit()
    with pytest.raises(RuntimeError), watch(kit):
        raise RuntimeError
    assert "step" not in vars(kit.editor.pipe.scheduler) and not kit.editor.pipe.unet._forward_hooks
