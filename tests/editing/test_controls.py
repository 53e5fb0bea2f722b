"""Controls: what each promises of the latents holds at every step. What all promise: test_control_contract.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

import maskedit_helpers as me
from maskedit_helpers.editing import latents, schedulers
from maskedit_helpers.editing.attention import cross_attentions
from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.blend import Blend
from maskedit_helpers.editing.controls.compose import compose
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.schedulers import SCHEDULERS, scheduler_named
from maskedit_helpers.errors import KitError

TEXT = "make the shirt red"


class Kit:
    def __init__(self):
        self.editor = tiny.editor()

    def edit(self, image=None, text=TEXT, **options):
        image = tiny.picture() if image is None else image
        return self.editor.edit(image, text, **{"steps": 4, "progress": False, **options})


@pytest.fixture
def kit():
    return Kit()


@pytest.fixture
def last_latents(kit):
    """The latents that the pipeline decodes, of each edit."""
    seen, vae = [], kit.editor.pipe.vae
    hook = vae.post_quant_conv.register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0] * vae.config.scaling_factor))
    yield seen
    hook.remove()


def spaced(scheduler, how):
    """The scheduler with its timesteps spread in that way, whatever the class's default."""
    config = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
    return type(scheduler).from_config({**config, "timestep_spacing": how, "steps_offset": 0})


def scaled_latent(pipe, picture):
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        return pipe.vae.encode(pixels).latent_dist.mode() * pipe.vae.config.scaling_factor


@pytest.mark.parametrize("name", SCHEDULERS)
def test_outside_the_mask_the_latents_are_the_originals_at_every_step(kit, last_latents, monkeypatch, name):
    """What the U-Net sees there is sqrt(a) z_0 + sqrt(1 - a) eps with the schedule's own a, to 1e-5."""
    pipe, M = kit.editor.pipe, tiny.half()
    whole = scheduler_named("ddim", spaced(pipe.scheduler, "trailing"))  # timesteps that are whole numbers
    monkeypatch.setattr(pipe, "scheduler", scheduler_named(name, whole))
    with me.watch(kit) as seen:
        kit.edit(mask=M, control=LatentBlend(), blend=False, seed=3)
    z_0 = scaled_latent(pipe, tiny.picture())[0]
    eps = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))[0]
    outside = torch.from_numpy(M.reshape(8, 8, 8, 8).min((1, 3)) == 0)
    assert 0 < outside.sum() < 64
    for step in seen.steps:
        a = whole.alphas_cumprod[round(step.t)] if step.t == round(step.t) else step.a
        wanted = a**0.5 * z_0 + (1 - a) ** 0.5 * eps
        assert (torch.from_numpy(step.latent) - wanted)[:, outside].abs().max() <= 1e-5
    assert (last_latents[-1][0] - z_0)[:, outside].abs().max() <= 1e-5
    assert (torch.from_numpy(seen.steps[-1].latent) - wanted)[:, ~outside].abs().max() > 1e-2


def test_only_the_window_is_replaced(kit):
    with me.watch(kit) as plain:
        kit.edit(scheduler="ddim", steps=10)
    with me.watch(kit) as late:
        kit.edit(scheduler="ddim", steps=10, mask=tiny.half(), control=LatentBlend(start=450, end=250), blend=False)
    for a, b in zip(plain.steps, late.steps):
        moved = np.abs(a.latent - b.latent).max()
        assert moved == 0 if a.t > 450 else moved > 1e-4
        if 250 <= a.t <= 450:
            inside_only = np.abs(a.latent - b.latent)[:, :, 0].max()
            assert moved > inside_only


def read(pipe, text):
    tokens = pipe.tokenizer([text], padding="max_length", max_length=24, return_tensors="pt").input_ids
    return pipe.text_encoder(tokens)[0]


def plain_loop(pipe, picture, s_T, s_I, steps, seed):
    """Equation 3 by hand, with diffusers' scheduler and nothing of the pipeline's call."""
    z_0 = scaled_latent(pipe, picture)
    seen = z_0 / pipe.vae.config.scaling_factor
    words = [read(pipe, text) for text in (TEXT, "")]
    generator = torch.Generator().manual_seed(seed)
    scheduler = scheduler_named("ddim", pipe.scheduler)
    scheduler.set_timesteps(steps)
    z = torch.randn(z_0.shape, generator=generator)
    for now in scheduler.timesteps:
        def eps(text, image):
            return pipe.unet(torch.cat([z, image], 1), now, encoder_hidden_states=text).sample
        t, i, u = eps(words[0], seen), eps(words[1], seen), eps(words[1], 0 * seen)
        z = scheduler.step(u + s_I * (i - u) + s_T * (t - i), now, z).prev_sample
    return z


@pytest.mark.parametrize(("M", "s_T"), [(1.0, 4.0), (0.0, 0.0)])
def test_guidance_mask_of_one_and_of_nothing(kit, last_latents, M, s_T):
    """Everywhere: the plain formula. Nowhere: the formula with s_T = 0."""
    with torch.inference_mode():
        wanted = plain_loop(kit.editor.pipe, tiny.picture(), s_T, 1.5, 4, 7)
    kit.edit(s_T=4.0, s_I=1.5, seed=7, scheduler="ddim", mask=np.full((64, 64), M, np.float32), control=GuidanceMask(),
             blend=False)
    torch.testing.assert_close(last_latents[-1], wanted, rtol=1e-5, atol=1e-5)


def test_guidance_mask_is_the_formula_at_every_step(kit):
    with me.watch(kit) as seen:
        kit.edit(s_T=4.0, s_I=1.7, mask=tiny.half(), control=GuidanceMask(), blend=False)
    M = tiny.half().reshape(8, 8, 8, 8).min((1, 3)) == 1
    for step in seen.steps:
        t, i, u = step.rows
        np.testing.assert_allclose(u + 1.7 * (i - u) + M * 4.0 * (t - i), step.guided, atol=2e-5)


def test_attention_that_reads_nothing_makes_the_row_with_text_the_one_without(kit):
    with me.watch(kit) as seen:
        kit.edit(mask=np.zeros((64, 64), np.float32), control=AttentionMask(), blend=False)
    with me.watch(kit) as partly:
        kit.edit(mask=tiny.half(), control=AttentionMask(), blend=False)
    for step, other in zip(seen.steps, partly.steps):
        np.testing.assert_allclose(step.rows[0], step.rows[1], atol=1e-6)
        assert np.abs(other.rows[0] - other.rows[1]).max() > 1e-5


def test_layers_of_attention_are_chosen(kit):
    unet = kit.editor.pipe.unet
    assert cross_attentions(unet) == [m for n, m in unet.named_modules() if n.endswith("attn2")]
    parts = [cross_attentions(unet, (part,)) for part in ("down", "mid", "up")]
    assert set(sum(parts, [])) == set(cross_attentions(unet)) and all(parts)


@pytest.mark.parametrize("name", ["ddim", "euler"])
def test_inversion_is_diffusers_own(kit, name):
    """Against DDIMInverseScheduler, driven by hand; in sigma space the same latents come out."""
    from diffusers import DDIMInverseScheduler

    pipe = kit.editor.pipe
    leading = spaced(pipe.scheduler, "leading")
    reference = DDIMInverseScheduler.from_config(leading.config, clip_sample=False, set_alpha_to_one=True)
    reference.set_timesteps(10)
    ours = scheduler_named(name, leading)
    ours.set_timesteps(10)
    usual, pipe.scheduler = pipe.scheduler, ours
    try:
        way = latents.invert(pipe, [tiny.picture()], [TEXT], 500)
    finally:
        pipe.scheduler = usual
    z = scaled_latent(pipe, tiny.picture())
    seen = z / pipe.vae.config.scaling_factor
    with torch.inference_mode():
        words = read(pipe, TEXT)
        for t in reference.timesteps:
            if t > 500:
                break
            prediction = pipe.unet(torch.cat([z, seen], 1), t, encoder_hidden_states=words).sample
            z = reference.step(prediction, t, z).prev_sample
            assert (way[float(t)] - z).abs().max() <= 1e-4
    assert list(way) == [float(t) for t in reference.timesteps if t <= 500]


def test_grounded_as_published_forgets_the_scale_and_corrected_minds_it(kit):
    """In sigma space, at t = 50 to 100, the inverted latents must be divided by sqrt(a)."""
    pipe, M, seen = kit.editor.pipe, tiny.half(), {}
    outside = M.reshape(8, 8, 8, 8).max((1, 3)) == 0
    for corrected in (False, True):
        with me.watch(kit) as trajectory:
            kit.edit(steps=100, mask=M, control=LatentBlend.grounded(corrected), blend=False, scheduler="euler")
        seen[corrected] = {round(step.t): step for step in trajectory.steps}
    euler = scheduler_named("euler", pipe.scheduler)
    euler.set_timesteps(100)
    usual, pipe.scheduler = pipe.scheduler, euler
    try:
        way = latents.invert(pipe, [tiny.picture()], [TEXT], 100)
    finally:
        pipe.scheduler = usual
    times = sorted(way)
    for earlier, t in zip(times[1:-2], times[2:-1]):
        at, before = seen[True][round(earlier)], seen[False][round(earlier)]
        np.testing.assert_allclose(at.latent[:, outside], way[earlier][0].numpy()[:, outside], atol=1e-4)
        # As published: the latent of the step before, and what the sampler divides for its scale was never there.
        np.testing.assert_allclose(before.latent[:, outside], way[t][0].numpy()[:, outside] * before.a**0.5, atol=1e-4)


def test_an_edit_after_a_controlled_one_is_a_fresh_processs(kit, tmp_path):
    kit.edit(mask=tiny.half(), control=[LatentBlend(source="inversion"), AttentionMask(), GuidanceMask(dilate=1)])
    here = kit.edit(seed=5)
    script = ("import sys; sys.path.insert(0, sys.argv[1]); import tiny; "
              f"y = tiny.editor().edit(tiny.picture(), {TEXT!r}, steps=4, seed=5, progress=False); "
              "sys.stdout.buffer.write(y.tobytes())")
    tests = str(Path(__file__).parents[1])
    fresh = subprocess.run([sys.executable, "-c", script, tests], capture_output=True, check=True)
    assert fresh.stdout == here.tobytes()


def test_the_plain_blend_is_the_equation(kit):
    x0, M = tiny.picture(), tiny.half()
    y = kit.edit(x0)
    assert (kit.edit(x0, mask=M) == me.blend(x0, y, M)).all()
    soft = kit.edit(x0, mask=M, control=Blend(dilate=2, feather=1.5))
    assert (soft == me.blend(x0, y, M, dilate=2, feather=1.5)).all()
    assert (kit.edit(x0, mask=M, control=Blend(), blend=False) == y).all()


@pytest.mark.parametrize(("control", "inverted"), [
    (None, 0), (GuidanceMask(), 0), (AttentionMask(), 0), (Crop(), 0), (LatentBlend(), 0),
    (LatentBlend(source="inversion"), 4), (LatentBlend(source="inversion", start=600), 3),
    (LatentBlend.grounded(), 1), ([Crop(), LatentBlend(source="inversion")], 4)], ids=str)
def test_rows_are_those_of_the_plain_edit_and_of_the_inversion(kit, control, inverted):
    """DDIM's four steps stand at t = 751, 501, 251 and 1; each costs three rows, and one more if it is inverted."""
    _, cost = kit.edit(mask=tiny.half(), control=control, report=True, scheduler="ddim")
    assert cost.unet_rows == 4 * 3 + inverted


def test_crop_edits_a_square_and_leaves_the_rest(kit):
    x0 = tiny.picture(120, 200)
    M = np.zeros((120, 200), np.float32)
    M[30:50, 150:180] = 1
    left, top, right, bottom = Crop(padding=0.5).region(M)
    assert right - left == bottom - top == 60 and left <= 150 and right >= 180 and top <= 30 and bottom >= 50
    y = kit.edit(x0, mask=M, control=Crop(padding=0.5), blend=False)
    outside = np.ones((120, 200), bool)
    outside[top:bottom, left:right] = False
    assert (y[outside] == x0[outside]).all() and (y[~outside] != x0[~outside]).any()
    # The region alone, edited as a picture of its own, is what was put there.
    alone = kit.edit(x0[top:bottom, left:right])
    assert (y[top:bottom, left:right] == alone).all()


@pytest.mark.parametrize(("rows", "columns", "padding"), [((0, 5), (0, 5), 1.0), ((100, 120), (190, 200), 0.25),
                                                          ((0, 120), (0, 200), 3.0), ((7, 8), (9, 10), 0.0)])
def test_regions_lie_in_the_picture_and_hold_the_mask(rows, columns, padding):
    M = np.zeros((120, 200), np.float32)
    M[slice(*rows), slice(*columns)] = 1
    left, top, right, bottom = Crop(padding=padding).region(M)
    assert 0 <= left < right <= 200 and 0 <= top < bottom <= 120
    assert M[top:bottom, left:right].sum() == M.sum() and min(right - left, bottom - top) >= 8


def test_cells_of_a_mask():
    M = torch.zeros(1, 16, 16)
    M[0, :4, 4:8], M[0, 13:, :] = 1, 1
    assert latents.to_cells(M, (4, 4))[0, 0].nonzero().tolist() == [[0, 1]]  # three quarters of a cell are not enough
    assert latents.to_cells(M, (4, 4), soft=True)[0, 0, :, 1].tolist() == [1, 0, 0, 0.75]
    assert latents.to_cells(M, (4, 4), dilate=1).sum() == 6  # three by two: the cell lies at the upper edge
    grown = [int(GuidanceMask(shrink=2).cells(M, (4, 4), t).sum()) for t in (1000, 500, 100)]
    assert grown == [12, 6, 1]


@pytest.mark.parametrize(("control", "says"), [
    ("latent", "is none"), ([LatentBlend(), LatentBlend(start=10)], "two controls of one kind"),
    ([LatentBlend(), GuidanceMask()], "adds nothing"), ([GuidanceMask(), None], "is none")])
def test_controls_that_make_no_sense_together(control, says):
    with pytest.raises(KitError, match=says):
        compose(control)


@pytest.mark.parametrize(("make", "says"), [
    (lambda: LatentBlend(start=1, end=100), "window"), (lambda: LatentBlend(start=1200), "window"),
    (lambda: LatentBlend(source="magic"), "source"), (lambda: LatentBlend(dilate=-1), "dilate"),
    (lambda: GuidanceMask(shrink=0.5), "shrink"), (lambda: AttentionMask(layers=()), "layers"),
    (lambda: AttentionMask(layers=("top",)), "layers"), (lambda: Crop(padding=-1), "padding")])
def test_options_that_make_no_sense(make, says):
    with pytest.raises(KitError, match=says):
        make()


def test_edits_that_say_no_where(kit):
    with pytest.raises(KitError, match="mask="):
        kit.edit(control=LatentBlend())
    with pytest.raises(KitError, match="nothing is selected"):
        kit.edit(mask=np.zeros((64, 64)), control=LatentBlend())
    with pytest.raises(KitError, match="Crop: the mask is empty"):
        kit.edit(mask=np.zeros((64, 64)), control=Crop(), blend=False)
    with pytest.raises(KitError, match="2 masks for 1 images"):
        kit.edit([tiny.picture()], [TEXT], mask=[tiny.half(), tiny.half()])
    with pytest.raises(KitError, match="scheduler 'best' is unknown"):
        kit.edit(scheduler="best")


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_keep_the_models_schedule_and_do_not_clip_latents(kit, name):
    own = kit.editor.pipe.scheduler
    other = scheduler_named(name, own)
    assert type(other).__name__ == SCHEDULERS[name]
    assert not other.config.get("clip_sample", False) and not other.config.get("thresholding", False)
    torch.testing.assert_close(other.alphas_cumprod, own.alphas_cumprod)
    assert schedulers.scheduler_named(name, other).config.prediction_type == own.config.prediction_type
