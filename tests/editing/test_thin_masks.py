"""Masks smaller than a latent cell: said in words, and what the words advise works."""

import warnings

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.editing import latents
from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend

X0 = tiny.picture()


def thin(size=64):
    M = np.zeros((size, size), np.float32)
    M[18:22, 27:31] = 1  # four pixels of a cell's eight
    return M


def steered(control, M=None, x0=X0):
    """(the latents that are decoded, what was warned of)"""
    editor, seen = tiny.editor(), []
    vae = editor.pipe.vae
    hook = vae.post_quant_conv.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            editor.edit(x0, "make the shirt red", mask=thin() if M is None else M, control=control, blend=False,
                        steps=4, progress=False)
    finally:
        hook.remove()
    return seen[-1], [str(one.message) for one in caught if "latent cell" in str(one.message)]


@pytest.mark.parametrize("control", [LatentBlend(), LatentBlend(end=200), LatentBlend(shrink=1), GuidanceMask(),
                                     AttentionMask(), [LatentBlend(), AttentionMask()]], ids=str)
def test_a_control_that_would_do_nothing_says_so(control):
    _, said = steered(control)
    kinds = [type(one).__name__ for one in (control if isinstance(control, list) else [control])]
    assert [line.split(":")[0] for line in said] == kinds
    assert all("give it dilate=1" in line and "Crop()" in line and "\n" not in line for line in said)
    assert all(("soft=True" in line) == (not line.startswith("LatentBlend")) for line in said)


@pytest.mark.parametrize("control", [
    LatentBlend(dilate=1), LatentBlend(dilate=1, end=200), GuidanceMask(dilate=1), GuidanceMask(soft=True),
    AttentionMask(dilate=1), AttentionMask(soft=True), [Crop(), LatentBlend()], [Crop(), GuidanceMask()],
    [Crop(), AttentionMask()], GuidanceMask(shrink=1)], ids=str)
def test_what_it_advises_works(control):
    """It warns no more, and the control acts: the latents are no longer those of the control that does nothing."""
    now, said = steered(control)
    assert said == []
    bare = [type(one)() for one in (control if isinstance(control, list) else [control])]
    if any(isinstance(one, Crop) for one in bare):
        left, top, right, bottom = bare[0].region(thin())
        square = X0[top:bottom, left:right]
        nothing, _ = steered(bare[1], np.zeros(square.shape[:2], np.float32), square)
    else:
        nothing, _ = steered(bare)
    assert (now - nothing).abs().max() > 1e-3


@pytest.mark.parametrize("control", [LatentBlend(), GuidanceMask(), AttentionMask()], ids=str)
def test_nothing_is_said_of_a_mask_with_cells_or_of_one_that_is_meant_to_be_empty(control):
    M = np.zeros((64, 64), np.float32)
    assert steered(control, M)[1] == []
    M[8:16, 8:16] = 1
    assert steered(control, M)[1] == []


def test_a_thin_mask_is_grown_from_the_cells_that_it_touches():
    M = torch.zeros(3, 16, 16)
    M[0, 6:9, 1] = 1  # across two cells of four pixels
    M[1, 4:8, 4:8] = 1  # a whole cell
    M[2, 9, 9], M[2, 0, 0] = 1, 0.2  # a grey speck beside it
    cells = [latents.to_cells(M, (4, 4), dilate=d)[:, 0] for d in (0, 1, 2)]
    assert [one.sum((1, 2)).tolist() for one in cells] == [[0, 1, 0], [2, 9, 1], [8, 16, 9]]
    assert cells[1][0].nonzero().tolist() == [[1, 0], [2, 0]] and cells[1][2].nonzero().tolist() == [[2, 2]]


def test_a_mask_that_is_made_smaller_loses_no_thin_line():
    """A line one pixel wide in a picture four times the model's size: the nearest pixels alone would miss it."""
    M = np.zeros((256, 256), np.float32)
    M[100:150, 65] = 1
    small = latents.fit_mask(M, (64, 64, 3))
    assert small.shape == (64, 64) and small.dtype == np.float32 and small.mean() == pytest.approx(M.mean())
    assert small[25:37, 16].min() == 0.25 and small[:, :16].max() == 0
    _, said = steered(LatentBlend(), M, tiny.picture(256, 256))
    assert len(said) == 1
    assert steered(LatentBlend(dilate=1), M, tiny.picture(256, 256))[1] == []
    np.testing.assert_array_equal(latents.fit_mask(thin(), (64, 64)), thin())
    np.testing.assert_array_equal(latents.fit_mask(thin(), (128, 128)), thin().repeat(2, 0).repeat(2, 1))
