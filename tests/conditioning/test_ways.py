"""The four ways to tell a U-Net where: nothing changes before training, and nothing is lost of a mask."""

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.conditioning.network import Conditioned, widen
from maskedit_helpers.conditioning.ways import WAYS, seen_by, way_named
from maskedit_helpers.errors import KitError

each_way = pytest.mark.parametrize("name", WAYS)
GENERATOR = torch.Generator().manual_seed(3)
SAMPLE, WORDS = torch.randn(4, 8, 8, 8, generator=GENERATOR), torch.randn(4, 24, 16, generator=GENERATOR)
T = torch.tensor([10, 300, 600, 999])


def masks():
    return torch.from_numpy(np.stack([tiny.half(), 1 - tiny.half(), np.ones((64, 64), np.float32), tiny.half().T]))


def answer(network, where):
    with torch.no_grad():
        return network(SAMPLE, T, WORDS, where)


def stirred(network):
    """Of a network all that is trained, moved a little: as if it had learnt something."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn_like(weight)
    return network.eval()


@each_way
@pytest.mark.parametrize("rank", [None, 2], ids=["whole", "lora"])
def test_at_the_start_it_is_the_plain_editor_bit_for_bit(name, rank):
    unet, way = tiny.pipe().unet, WAYS[name]
    network = Conditioned(unet, way, rank).eval()
    where = seen_by(way, tiny.pipe(), masks(), (8, 8))
    with torch.no_grad():
        plain = unet(SAMPLE, T, WORDS).sample
    assert torch.equal(answer(network, where), plain)
    assert not torch.equal(answer(stirred(network), where), plain)
    assert unet.conv_in.weight.shape[1] == 8  # the plain one is left alone


@each_way
def test_what_is_trained_hears_of_the_mask(name):
    """From the first step on a gradient reaches every weight that reads the mask, or the gate before it."""
    way = WAYS[name]
    network = Conditioned(tiny.pipe().unet, way, rank=2)
    network(SAMPLE, T, WORDS, seen_by(way, tiny.pipe(), masks(), (8, 8))).square().sum().backward()
    if way.channels:
        assert (network.unet.conv_in.weight.grad[:, 8:].abs().amax((0, 2, 3)) > 0).all()
    if way.tokens:
        assert all(reader.gate.grad.abs() > 0 for reader in network.tokens.readers)
    frozen = {name for name, weight in network.unet.named_parameters() if not weight.requires_grad}
    assert "conv_out.weight" in frozen and not any("lora" in name for name in frozen)


@each_way
def test_each_picture_is_told_its_own_mask(name):
    way = WAYS[name]
    network = stirred(Conditioned(tiny.pipe().unet, way))
    where = seen_by(way, tiny.pipe(), masks(), (8, 8))
    together = answer(network, where)
    other = answer(network, where[[0, 1, 2, 0]])
    apart = (together - other).abs().amax((1, 2, 3))
    assert apart[:3].max() < 1e-5 < 5e-5 < apart[3]


def test_widening_keeps_weights_and_bias():
    conv = torch.nn.Conv2d(8, 5, 3, padding=1)
    weight, bias = conv.weight.detach().clone(), conv.bias.detach().clone()
    widen(conv, 4)
    assert torch.equal(conv.weight[:, :8], weight) and torch.equal(conv.bias, bias)
    assert conv.weight.shape == (5, 12, 3, 3) and not conv.weight[:, 8:].any() and conv.in_channels == 12


def test_a_part_thinner_than_a_cell_is_still_there():
    """A line of one pixel: every cell that it crosses knows, in proportion; the nearest pixel of a cell may miss it."""
    M = torch.zeros(1, 64, 64)
    M[:, :, 13] = 1
    cells = seen_by(WAYS["channel"], tiny.pipe(), M, (8, 8))
    assert torch.equal(cells[0, 0], torch.where(torch.arange(8) == 1, 1 / 8, 0.0).expand(8, 8))
    assert not torch.nn.functional.interpolate(M[None], (8, 8), mode="nearest").any()


def test_encoded_is_the_vaes_mean_of_a_black_and_white_picture():
    M = masks()
    found = seen_by(WAYS["encoded"], tiny.pipe(), M, (8, 8))
    with torch.no_grad():
        pictures = (2 * M - 1)[:, None].repeat(1, 3, 1, 1)
        expected = tiny.pipe().vae.encode(pictures).latent_dist.mode()
    assert torch.allclose(found, expected, atol=1e-4) and found.shape == (4, 4, 8, 8)


def test_a_way_that_is_none():
    with pytest.raises(KitError, match="sideways.*channel, encoded, tokens, both"):
        way_named("sideways")
