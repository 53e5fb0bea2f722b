"""Attention maps: the shares that torch's own attention applies, of a step's own calls only, where they belong."""

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.editing.attention import cross_attentions, processed
from maskedit_helpers.editing.controls.attention_mask import AttentionMask
from maskedit_helpers.editing.controls.crop import Crop
from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.latent_blend import LatentBlend
from maskedit_helpers.editing.meter import EditReport
from maskedit_helpers.errors import KitError
from maskedit_helpers.watching.attention_maps import attention_maps

TEXT = "make the shirt red"
EVERYTHING = np.ones((64, 64), np.float32)


class Kit:
    def __init__(self):
        self.editor = tiny.editor()

    def edit(self, image=None, text=TEXT, **options):
        image = tiny.picture() if image is None else image
        return self.editor.edit(image, text, **{"steps": 3, "progress": False, **options})


@pytest.fixture
def kit():
    return Kit()


def maps_of(kit, picture=None, **options):
    return attention_maps(kit, tiny.picture() if picture is None else picture, TEXT,
                          **{"steps": 3, "progress": False, **options})


def same(maps, others, atol=1e-6):
    assert list(maps) == list(others) == TEXT.split()
    for word in maps:
        np.testing.assert_allclose(maps[word], others[word], atol=atol)


def test_attention_maps_are_the_shares_of_each_word(kit):
    """Against the weights that torch's own attention applies: read off with values that are one for one token only."""
    pipe, steps = kit.editor.pipe, 3
    maps = attention_maps(kit, tiny.picture(), TEXT, steps=steps, progress=False)
    assert list(maps) == TEXT.split() and all(m.shape == (64, 64) and m.dtype == np.float32 for m in maps.values())
    total, layers = {}, cross_attentions(pipe.unet)

    class Reading:
        def __init__(self, inner):
            self.inner = inner

        def __call__(self, attn, hidden, encoder_hidden_states=None, *more, **options):
            heads = lambda x: x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)  # noqa: E731
            q, k = heads(attn.to_q(hidden[:1])), heads(attn.to_k(encoder_hidden_states[:1]))
            one = torch.eye(k.shape[2])[None, None].expand(1, attn.heads, -1, -1)
            shares = torch.nn.functional.scaled_dot_product_attention(q, k, one).mean((0, 1))
            total.setdefault(len(shares), []).append(shares)
            return self.inner(attn, hidden, encoder_hidden_states, *more, **options)

    with processed(layers, Reading):
        kit.edit(steps=steps)
    count = sum(map(len, total.values()))
    assert count == steps * len(layers)
    mean = {n: sum(s[:, 4].mean() for s in shares) for n, shares in total.items()}  # "red" is the fourth token
    assert maps["red"].mean() == pytest.approx(float(sum(mean.values())) / count, rel=0.05)
    assert not pipe.unet._forward_pre_hooks and all(type(layer.processor) is not Reading for layer in layers)


@pytest.mark.parametrize("control", [
    AttentionMask(), AttentionMask(layers=("down",)), GuidanceMask(), LatentBlend(source="inversion"),
    [LatentBlend(source="inversion"), AttentionMask()]], ids=str)
def test_a_mask_of_everything_changes_no_map(kit, control):
    """Masking asks each layer twice and an inversion once a step: neither is a step's own call."""
    plain = maps_of(kit, scheduler="ddim")
    same(maps_of(kit, scheduler="ddim", mask=EVERYTHING, control=control), plain)


def test_a_crops_map_lies_in_its_square_and_is_that_of_the_square_alone(kit):
    x0, M = tiny.picture(120, 200), np.zeros((120, 200), np.float32)
    M[30:50, 150:180] = 1
    crop = Crop(padding=0.5)
    left, top, right, bottom = crop.region(M)
    maps = maps_of(kit, x0, mask=M, control=[crop, AttentionMask()])
    alone = maps_of(kit, x0[top:bottom, left:right], mask=M[top:bottom, left:right], control=AttentionMask())
    same({word: whole[top:bottom, left:right] for word, whole in maps.items()}, alone)
    for whole in maps.values():
        assert whole.shape == (120, 200) and whole.dtype == np.float32
        outside = whole.copy()
        outside[top:bottom, left:right] = 0
        assert not outside.any() and whole.any()


def test_the_edits_report_comes_with_the_maps(kit):
    maps, report = maps_of(kit, report=True)
    assert isinstance(report, EditReport) and report.unet_rows == 9
    same(maps, maps_of(kit))


def test_what_has_no_maps_is_refused(kit):
    with pytest.raises(KitError, match="one picture"):
        attention_maps(kit, [tiny.picture()], [TEXT])
    for parts in ((), "top", ("mid", "top")):
        with pytest.raises(KitError, match="parts .*give some of"):
            maps_of(kit, parts=parts)
    assert not kit.editor.pipe.unet._forward_pre_hooks
