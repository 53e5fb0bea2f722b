"""InstructPix2Pix: the guidance formula, one generator per picture, settings that silently do nothing."""

import copy
import math

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.blend import Blend
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.editor import BATCH, Editor
from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures import images as reading
from maskedit_helpers.pictures.images import write_png

TEXT = "turn the dog into a robot"


@pytest.fixture
def editor():
    return tiny.editor()


def edit(editor, image, text=TEXT, **options):
    return editor.edit(image, text, **{"steps": 2, "progress": False, **options})


@pytest.mark.parametrize("s_T, s_I", [(7.5, 1.5), (3.0, 1.0), (2.0, 2.0)])
def test_guidance_is_the_papers_equation_three(editor, monkeypatch, s_T, s_I):
    rows, guided = [], []

    def watch(unet, args, kwargs, output):
        rows.append((args[0], kwargs["encoder_hidden_states"], output[0]))

    step = editor.pipe.scheduler.step
    monkeypatch.setattr(editor.pipe.scheduler, "step",
                        lambda noise, *a, **k: (guided.append(noise), step(noise, *a, **k))[1])
    hook = editor.pipe.unet.register_forward_hook(watch, with_kwargs=True)
    try:
        edit(editor, tiny.picture(), s_T=s_T, s_I=s_I)
    finally:
        hook.remove()
    assert len(guided) == 2
    for (latents, words, (t, i, u)), noise in zip(rows, guided):
        # Which row is which: only the first sees the text, only the first two see the picture.
        assert torch.equal(words[1], words[2]) and not torch.equal(words[0], words[1])
        picture = latents[:, 4:]
        assert torch.equal(picture[0], picture[1]) and picture[0].any() and not picture[2].any()
        torch.testing.assert_close(noise[0], u + s_I * (i - u) + s_T * (t - i))
        by_weights = s_T * t + (s_I - s_T) * i + (1 - s_I) * u
        torch.testing.assert_close(noise[0], by_weights, rtol=1e-4, atol=1e-5)


def test_picture_in_a_batch_equals_the_picture_alone(editor):
    shapes = [(64, 64)] * BATCH + [(40, 64), (64, 64)]
    pictures = [tiny.picture(*shape, seed=n) for n, shape in enumerate(shapes)]
    texts = ["make the shirt red", TEXT, "turn the car blue", "make a dog", TEXT, "make the car red"]
    seeds = list(range(6))
    together = edit(editor, pictures, texts, seed=seeds)
    for picture, text, seed, result in zip(pictures, texts, seeds, together):
        alone = edit(editor, picture, text, seed=seed)
        assert alone.shape == result.shape == picture.shape
        assert np.abs(alone.astype(int) - result).max() <= 1  # a batch may add up in another order


@pytest.mark.parametrize("control", [None, Crop(), [LatentBlend(soft=True), Blend(feather=2)]])
def test_what_a_person_has_is_read_once_at_the_door(editor, monkeypatch, tmp_path, control):
    M = np.zeros((48, 72), np.float32)
    M[10:30, 20:50] = 1
    write_png(tmp_path / "x0.png", tiny.picture(48, 72))
    write_png(tmp_path / "M.png", M)
    read, raw_pixels = [], reading.raw_pixels
    monkeypatch.setattr(reading, "raw_pixels", lambda source, name: read.append(source) or raw_pixels(source, name))
    editor.edit(tmp_path / "x0.png", "make the dog red", mask=tmp_path / "M.png", control=control, steps=2,
                progress=False)
    assert read == [tmp_path / "x0.png", tmp_path / "M.png"]


def test_seed_decides_the_noise(editor):
    picture = tiny.picture()
    assert np.array_equal(edit(editor, picture, seed=3), edit(editor, picture, seed=3))
    assert not np.array_equal(edit(editor, picture, seed=3), edit(editor, picture, seed=4))
    one, two = edit(editor, [picture, picture], [TEXT, TEXT], seed=3)
    assert np.abs(one.astype(int) - two).max() <= 1


@pytest.mark.parametrize("height, width", [(64, 64), (50, 71), (128, 30), (17, 17)])
def test_result_has_the_size_of_the_picture(editor, height, width):
    result = edit(editor, tiny.picture(height, width), steps=1)
    assert result.shape == (height, width, 3) and result.dtype == np.uint8


def test_report_counts_rows_and_times_stages(editor):
    pictures = [tiny.picture(seed=n) for n in range(BATCH + 1)]
    _, report = edit(editor, pictures, [TEXT] * len(pictures), steps=2, report=True)
    assert report.unet_rows == 3 * 2 * len(pictures)
    assert set(report.seconds) == {"encode", "denoise", "decode"} and min(report.seconds.values()) > 0
    assert report.peak_memory_mb is None or report.peak_memory_mb > 1
    assert not editor.pipe.unet._forward_pre_hooks and not editor.pipe.vae.decoder._forward_pre_hooks


@pytest.mark.parametrize("options, says", [
    ({"s_T": 1.0}, "guidance"), ({"s_T": 0.5}, "guidance"), ({"s_T": math.nan}, "guidance"),
    ({"s_I": 0.9}, "guidance"), ({"steps": 0}, "steps"), ({"steps": 2.5}, "steps"),
    ({"seed": -1}, "seed"), ({"seed": 1.5}, "seed"), ({"seed": [1, 2]}, "seeds"),
    ({"text": "\x00\x1b"}, "empty"), ({"text": "\u200b \u00a0\ufeff"}, "empty"), ({"steps": 1001}, "999 at most"),
    ({"text": ""}, "empty"), ({"text": "  \n"}, "empty"), ({"text": None}, "empty"),
    ({"text": "red " * 30}, "32 tokens and the model reads 24"), ({"text": [TEXT]}, "paired"),
])
def test_settings_that_make_no_sense_are_refused(editor, options, says):
    with pytest.raises(KitError, match=says):
        edit(editor, tiny.picture(), **options)


def test_lists_are_paired_one_to_one(editor):
    two = [tiny.picture(), tiny.picture()]
    for images, texts in ((two, [TEXT]), (two, TEXT), ([], [])):
        with pytest.raises(KitError, match="one"):
            edit(editor, images, texts)


@pytest.mark.parametrize("control", [None, Blend(feather=1), LatentBlend(), [GuidanceMask(), AttentionMask()], Crop(),
                                     [Crop(), LatentBlend(source="inversion")]], ids=str)
def test_in_a_list_of_masks_none_is_everywhere(editor, control):
    pictures, texts, M = [tiny.picture(seed=1), tiny.picture(seed=2)], [TEXT, "make the shirt red"], np.zeros((64, 64))
    M[:, :40] = 1
    for masks in ([None, M], [M, None]):
        together = edit(editor, pictures, texts, mask=masks, control=control)
        for picture, text, mask, y in zip(pictures, texts, masks, together):
            alone = edit(editor, picture, text, mask=mask, control=None if mask is None else control)
            assert np.abs(alone.astype(int) - y).max() <= 2
    plain = edit(editor, pictures, texts)
    assert all(np.array_equal(a, b) for a, b in zip(plain, edit(editor, pictures, texts, mask=[None, None])))
    if control is not None:
        with pytest.raises(KitError, match="needs to know where"):
            edit(editor, pictures, texts, mask=[None, None], control=control)


@pytest.mark.parametrize("how, says", [
    ({"feather": math.inf}, "feather is inf"), ({"dilate": math.nan}, "dilate is nan"),
    ({"feather": 65}, "0 to 64 pixels"), ({"mode": "magic"}, "mode")])
def test_a_blend_that_cannot_be_is_refused_before_the_work(editor, monkeypatch, how, says):
    monkeypatch.setattr(type(editor), "_edit_all", None)  # calling it would be another error
    with pytest.raises(KitError, match=says):
        edit(editor, tiny.picture(), mask=np.ones((64, 64)), control=Blend(**how))


def test_the_default_guidance_is_the_editors_own():
    editor = Editor(tiny.pipe(), tiny.LONG_SIDE, s_T=1.0)
    with pytest.raises(KitError, match="s_T is 1 and s_I is 1.5"):
        edit(editor, tiny.picture())


def test_longest_instruction_that_fits_is_taken(editor):
    assert edit(editor, tiny.picture(), "red " * 22, steps=1).shape == (64, 64, 3)


def test_words_pocket_was_not_taught_are_named(editor):
    with pytest.warns(UserWarning, match="not taught: spaceship, purple;"):
        edit(editor, tiny.picture(), "turn the spaceship purple", steps=1)
    assert "shirt" in editor.words_known() and "spaceship" not in editor.words_known()


def test_result_that_is_no_picture_is_an_error(editor):
    pipe = copy.copy(editor.pipe)
    pipe.vae = copy.deepcopy(pipe.vae)
    torch.nn.init.constant_(pipe.vae.decoder.conv_out.bias, math.nan)
    with pytest.raises(KitError, match="NaN"):
        edit(Editor(pipe, tiny.LONG_SIDE), tiny.picture(), steps=1)


def test_picture_blanked_by_the_safety_checker_is_an_error(editor, monkeypatch):
    monkeypatch.setattr(type(editor.pipe), "run_safety_checker", lambda self, x, device, dtype: (x, [True]))
    with pytest.raises(KitError, match="safety checker"):
        edit(editor, tiny.picture(), steps=1)
