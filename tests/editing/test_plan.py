"""Plans: what is asked is counted, what is left out is what the formula says, and nothing stays behind."""

from itertools import product

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers import native
from maskedit_helpers.editing import distilled as distilling
from maskedit_helpers.editing.controls.table import presets
from maskedit_helpers.editing.distilled import TAUGHT, WIDTH
from maskedit_helpers.editing.editor import Editor
from maskedit_helpers.editing.plan import PLANS, Plan, plan_named
from maskedit_helpers.editing.schedulers import SCHEDULERS, scheduler_named
from maskedit_helpers.errors import KitError
from maskedit_helpers.training.fast import build_student
from maskedit_helpers.watching.trajectory import watch

TEXT = "make the shirt red"
THREE_ROWS = [name for name, plan in PLANS.items() if not plan.distilled]


class Kit:
    def __init__(self):
        self.editor = tiny.editor()
        self.edit = self.editor.edit


@pytest.fixture
def kit():
    return Kit()


@pytest.fixture
def v_predicting():
    """A kit whose model predicts v, as pocket's does."""
    import copy

    kit = Kit()
    kit.editor = Editor(copy.copy(tiny.pipe()), tiny.LONG_SIDE)
    kit.editor.pipe.scheduler = type(kit.editor.pipe.scheduler).from_config(
        kit.editor.pipe.scheduler.config, prediction_type="v_prediction")
    kit.edit = kit.editor.edit
    return kit


def seen(kit, **options):
    """The steps of an edit, and its report."""
    with watch(kit) as trajectory:
        _, report = kit.edit(tiny.picture(), TEXT, progress=False, report=True, **options)
    return trajectory.steps, report


def test_the_reference_is_the_stock_pipeline_bit_for_bit(kit):
    from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline
    from PIL import Image

    stock = Pipeline(**kit.editor.pipe.components, requires_safety_checker=False)
    stock.set_progress_bar_config(disable=True)
    for steps in (3, 20):
        theirs = stock(TEXT, Image.fromarray(tiny.picture()), num_inference_steps=steps, guidance_scale=4.0,
                       image_guidance_scale=1.5, generator=torch.Generator().manual_seed(7), output_type="np").images[0]
        ours = kit.edit(tiny.picture(), TEXT, s_T=4.0, s_I=1.5, seed=7, plan="reference", progress=False,
                        steps=None if steps == 20 else steps)
        assert np.array_equal(ours, np.rint(theirs * 255))


@pytest.mark.parametrize("s_T, s_I, rows", [(3.0, 1.0, 2), (2.0, 2.0, 2), (3.0, 1.5, 3)])
def test_a_row_without_weight_is_not_asked_and_not_missed(v_predicting, s_T, s_I, rows):
    all_three, _ = seen(v_predicting, s_T=s_T, s_I=s_I, steps=4, scheduler="ddim")
    exact, report = seen(v_predicting, s_T=s_T, s_I=s_I, steps=4, scheduler="ddim", plan="exact")
    assert report.unet_rows == 4 * rows
    for one, other in zip(all_three, exact, strict=True):
        assert np.abs(one.guided - other.guided).max() < 1e-5


def test_after_the_cut_off_only_the_text_row_counts(kit):
    steps, report = seen(kit, plan=Plan("ddim", 4, ("TI0", "T")))
    assert report.unet_rows == 2 * 3 + 2
    for step in steps[:2]:
        e_T, e_I, e_0 = step.rows
        assert np.abs(e_T - e_I).max() > 1e-4
        assert np.allclose(step.guided, e_0 + 1.5 * (e_I - e_0) + 7.5 * (e_T - e_I), atol=1e-5)
    for step in steps[2:]:
        assert np.array_equal(step.guided, step.rows[0])


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_what_is_reused_is_exact_where_nothing_changed(kind, kit, v_predicting, monkeypatch):
    """A U-Net whose rows differ by the same noise at every step, said as noise or in v."""
    kit = kit if kind == "epsilon" else v_predicting
    pipe = kit.editor.pipe
    apart = torch.randn((3, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    text = pipe._encode_prompt([TEXT], "cpu", 1, False)[0]

    def forward(sample, t, encoder_hidden_states, **options):
        which = [0 if torch.allclose(words, text, atol=1e-4) else 1 if picture.any() else 2
                 for words, picture in zip(encoder_hidden_states, sample[:, 4:])]
        scale = 1.0 if kind == "epsilon" else 1 / pipe.scheduler.alphas_cumprod[int(t)] ** 0.5
        return (0.1 * sample[:, :4] + apart[which] * scale,)

    monkeypatch.setattr(pipe.unet, "forward", forward)
    answers = [seen(kit, plan=Plan("ddim", 5, rows, reuse=True))
               for rows in (("TI0",), ("TI0", "TI", "T", "T0", "T"))]
    assert [report.unet_rows for _, report in answers] == [15, 9]
    for one, other in zip(answers[0][0], answers[1][0], strict=True):
        assert np.allclose(one.guided, other.guided, atol=1e-4)
    cut, _ = seen(kit, plan=Plan("ddim", 5, ("TI0", "TI", "T", "T0", "T")))
    assert not np.allclose(cut[-1].guided, answers[0][0][-1].guided, atol=1e-2)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_rows_are_counted_on_every_sampler(kit, scheduler):
    theirs = scheduler_named(scheduler, kit.editor.pipe.scheduler)
    theirs.set_timesteps(6)
    calls = len(theirs.timesteps)  # some ask more often than once a step
    steps, report = seen(kit, plan=Plan(scheduler, 6, ("TI0", "TI", "T"), reuse=True))
    assert len(steps) == calls
    assert report.unet_rows == sum(3 - call * 3 // calls for call in range(calls))


@pytest.mark.parametrize("plan, name", list(product(THREE_ROWS, presets())))
def test_every_control_works_with_every_plan_of_three_rows(kit, plan, name):
    control, M = presets()[name], tiny.half()
    pictures = [tiny.picture(), tiny.picture(seed=1)]
    how = dict(control=control, plan=plan, steps=4, progress=False)
    y, report = kit.edit(pictures, [TEXT] * 2, mask=[M, M], report=True, **how)
    assert all(np.array_equal(one[M == 0], x[M == 0]) for one, x in zip(y, pictures))
    alone = kit.edit(pictures[1], TEXT, mask=M, **how)
    assert np.abs(alone.astype(int) - y[1]).max() <= 1
    plan = plan_named(plan, 4)
    inverted = report.unet_rows - 2 * sum(  # a control's own inversion asks one row more
        len(set(plan.rows[i * len(plan.rows) // 4]) | set(control.rows)) for i in range(4))
    assert inverted == 0 if getattr(control, "source", "noise") == "noise" else inverted > 0


def test_a_control_that_works_on_rows_has_them_asked(kit):
    """GuidanceMask outside the mask: the row with text counts nowhere there, whatever a plan leaves out."""
    how = dict(mask=np.zeros((64, 64), np.float32), blend=False, control=presets()["guidance"])
    steps, report = seen(kit, plan=Plan("ddim", 4, ("TI0", "T")), **how)
    assert report.unet_rows == 2 * 3 + 2 * 2
    other, _ = seen(kit, plan=Plan("ddim", 4, ("TI0", "TI")), **how)
    for one, same in zip(steps, other, strict=True):
        assert np.array_equal(one.guided, same.guided)
    with_text, _ = seen(kit, plan=Plan("ddim", 4, ("TI0", "T")), **how | {"mask": np.ones((64, 64), np.float32)})
    assert not np.allclose(with_text[-1].guided, steps[-1].guided)


def test_other_steps_stretch_a_plan(kit):
    plan = Plan("ddim", 4, ("TI0", "TI", "T", "T"))
    for steps in (1, 2, 4, 6, 13):
        _, report = seen(kit, plan=plan, steps=steps)
        assert report.unet_rows == plan_named(plan, steps).count()
        assert report.plan == plan_named(plan, steps)
    assert plan_named(plan, 8).count() == 2 * plan.count()


@pytest.mark.parametrize("make, says", [
    (lambda: Plan(rows=()), "give a tuple"), (lambda: Plan(rows="TI0"), "give a tuple"),
    (lambda: Plan(rows=("TI0", "I")), "rows 'I'"), (lambda: Plan(rows=("I0T",)), "rows 'I0T'"),
    (lambda: Plan("dpm", 5), "scheduler 'dpm' is unknown"), (lambda: Plan(steps=0), "steps is 0"),
    (lambda: Plan(steps=True), "steps is True"), (lambda: plan_named("quick"), "plan 'quick' is unknown"),
    (lambda: plan_named("fast", steps=2.5), "steps is 2.5"),
    (lambda: Plan(rows=("TI",), distilled=True), "a distilled plan answers"),
])
def test_plans_that_make_no_sense_are_refused(make, says):
    with pytest.raises(KitError, match=says):
        make()


def test_the_plan_is_refused_before_the_work(kit, monkeypatch):
    monkeypatch.setattr(type(kit.editor.pipe), "__call__", lambda *a, **k: 1 / 0)
    for options, says in (({"plan": "quick"}, "unknown"), ({"plan": "distilled"}, "no distilled model")):
        with pytest.raises(KitError, match=says):
            kit.edit(tiny.picture(), TEXT, **options)


def test_the_processors_own_form_is_taken_off_again(kit, monkeypatch):
    models = kit.editor.pipe.unet, kit.editor.pipe.vae
    before = [(weight, weight.data_ptr(), weight.stride(), weight.clone()) for one in models
              for weight in one.parameters()]
    inside = []
    hook = kit.editor.pipe.unet.register_forward_hook(lambda unet, inputs, output: inside.append(
        (unet.conv_in.weight.is_contiguous(memory_format=torch.channels_last), output[0].dtype)))
    plan = Plan("ddim", 3, native=True)
    usual = kit.edit(tiny.picture(), TEXT, plan=Plan("ddim", 3), progress=False)
    quick = kit.edit(tiny.picture(), TEXT, plan=plan, progress=False)
    monkeypatch.setattr(native, "native_bf16", lambda device: True)  # any CPU can, if slowly
    short = kit.edit(tiny.picture(), TEXT, plan=plan, progress=False)
    hook.remove()
    assert [last for last, _ in inside[::3]] == [False, True, True]
    assert inside[-1][1] == torch.bfloat16 and inside[0][1] == torch.float32
    assert np.abs(quick.astype(int) - usual).max() <= 1
    assert 0 < np.abs(short.astype(int) - usual).max() < 40 and np.abs(short.astype(int) - usual).mean() < 3
    assert all(weight.data_ptr() == where and weight.stride() == stride and torch.equal(weight, data)
               for weight, where, stride, data in before)
    assert np.array_equal(kit.edit(tiny.picture(), TEXT, plan=Plan("ddim", 3), progress=False), usual)


def test_other_weights_are_not_mistaken_for_those_that_were_laid_out(kit):
    plan, weight = Plan("ddim", 2, native=True), kit.editor.pipe.unet.conv_in.weight
    before = kit.edit(tiny.picture(), TEXT, plan=plan, progress=False)
    with torch.no_grad():
        weight.mul_(2)
    changed = kit.edit(tiny.picture(), TEXT, plan=plan, progress=False)
    with torch.no_grad():
        weight.div_(2)
    assert not np.array_equal(before, changed)
    assert np.array_equal(kit.edit(tiny.picture(), TEXT, plan=plan, progress=False), before)


def test_a_picture_is_encoded_once_and_words_are_read_once(kit, monkeypatch):
    pipe, encoded, read = kit.editor.pipe, [], []
    hooks = [pipe.vae.encoder.register_forward_hook(lambda *all: encoded.append(1)),
             pipe.text_encoder.register_forward_hook(lambda *all: read.append(1))]
    how = dict(steps=1, progress=False)
    first = kit.edit(tiny.picture(), TEXT, **how)
    texts = len(read)
    again = kit.edit(tiny.picture(), TEXT, **how)
    assert (len(encoded), len(read)) == (1, texts) and np.array_equal(first, again)
    kit.edit(tiny.picture(), "make the dog red", **how)
    assert len(encoded) == 1 and len(read) > texts
    kit.edit(tiny.picture(seed=1), TEXT, **how)
    assert len(encoded) == 2
    with torch.no_grad():  # another VAE in the same place
        pipe.vae.quant_conv.bias.add_(1)
    other = kit.edit(tiny.picture(), TEXT, **how)
    with torch.no_grad():
        pipe.vae.quant_conv.bias.sub_(1)
    for hook in hooks:
        hook.remove()
    assert len(encoded) == 3 and not np.array_equal(other, first)


@pytest.fixture
def distilled():
    """A kit with a student that begins as its teacher."""
    kit, pipe = Kit(), tiny.pipe()
    kit.editor = Editor(pipe, tiny.LONG_SIDE, s_T=3.0, s_I=1.2, student=lambda: build_student(pipe.unet).eval())
    kit.edit = kit.editor.edit
    return kit


def test_a_student_begins_as_the_row_with_text_and_asks_one_row(distilled):
    plan = Plan("ddim", 4, distilled=True)
    y, report = distilled.edit(tiny.picture(), TEXT, plan=plan, report=True, progress=False)
    assert report.unet_rows == 4
    assert np.array_equal(y, distilled.edit(tiny.picture(), TEXT, plan=Plan("ddim", 4, ("T",)), progress=False))
    steps, _ = seen(distilled, plan=plan)
    assert len(steps) == 4 and all(np.array_equal(step.guided, step.rows[k]) for step in steps for k in range(3))


def test_a_student_hears_both_scales_and_no_guidance_where_it_is_cut_off(distilled):
    student, heard = distilled.editor.student, []
    with torch.no_grad():
        student.time_embedding.cond_proj.weight.normal_(generator=torch.Generator().manual_seed(0))
    hook = student.time_embedding.cond_proj.register_forward_pre_hook(lambda module, given: heard.append(given[0]))
    pictures = [distilled.edit(tiny.picture(), TEXT, s_T=s_T, s_I=s_I, plan="distilled", progress=False)
                for s_T, s_I in ((3.0, 1.2), (5.0, 1.2), (3.0, 1.6))]
    assert all(given.shape == (1, WIDTH) for given in heard)
    assert not any(np.array_equal(one, other) for one, other in zip(pictures, pictures[1:] + pictures[:1]))
    heard.clear()
    distilled.edit(tiny.picture(), TEXT, plan=Plan("ddim", 4, ("TI0", "T"), distilled=True), progress=False)
    hook.remove()
    one = torch.ones(1)
    usual, off = distilling.told(3 * one, 1.2 * one), distilling.told(one, one)
    assert [torch.equal(given, usual) for given in heard] == [True, True, False, False]
    assert all(torch.equal(given, off) for given in heard[2:])


@pytest.mark.parametrize("name", presets())
def test_a_distilled_plan_takes_a_control_or_names_it(distilled, name):
    control, M, x0 = presets()[name], tiny.half(), tiny.picture()
    how = dict(mask=M, control=control, plan="distilled", progress=False)
    if set(control.rows) - {"T"} or control.weights:
        with pytest.raises(KitError, match=type(control).__name__):
            distilled.edit(x0, TEXT, **how)
    else:
        assert np.array_equal(distilled.edit(x0, TEXT, **how)[M == 0], x0[M == 0])


def test_an_inversion_beside_a_student_asks_the_editor_itself(distilled):
    """It goes without guidance, which a student is told; so a student that answers nonsense doesn't reach it."""
    from maskedit_helpers.editing.controls.latent_blend import LatentBlend

    def inverted(**plan):
        with watch(distilled) as seen:  # the last latents of a mask of nothing are the inverted ones'
            distilled.edit(tiny.picture(), TEXT, mask=np.zeros((64, 64), np.float32), blend=False, progress=False,
                           control=LatentBlend(source="inversion"), plan=Plan("ddim", 4, **plan))
        return seen.steps[-1].latent

    with torch.no_grad():
        distilled.editor.student.conv_out.weight.zero_()
    assert np.allclose(inverted(distilled=True), inverted(), atol=1e-5)


@pytest.mark.parametrize("name", TAUGHT)
def test_scales_that_a_student_never_saw_are_refused(distilled, name):
    with pytest.raises(KitError, match=f"{name} is 30"):
        distilled.edit(tiny.picture(), TEXT, plan="distilled", **{name: 30.0})


def test_nothing_stands_in_after_an_edit_or_after_one_that_failed(distilled, monkeypatch):
    pipe = distilled.editor.pipe
    distilled.edit(tiny.picture(), TEXT, plan="distilled", progress=False)
    monkeypatch.setattr(distilling, "told", lambda *scales: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        distilled.edit(tiny.picture(), TEXT, plan="distilled", progress=False)
    assert "forward" not in vars(pipe.unet)
    assert not pipe.unet._forward_hooks and not pipe.unet._forward_pre_hooks and not pipe.vae.decoder._forward_pre_hooks
