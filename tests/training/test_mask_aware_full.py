"""The full editor learns to read masks by the same code: stand-ins of small width; true size with `-m fullsize`."""

import copy

import full
import numpy as np
import pytest
import tiny
import torch

import maskedit_helpers as me
from maskedit_helpers.conditioning.network import Conditioned
from maskedit_helpers.conditioning.ways import WAYS
from maskedit_helpers.kit import weights
from maskedit_helpers.training.mask_aware.run import train_mask_aware
from maskedit_helpers.training.pairs_with_masks.build import build_pairs

# What timbrooks/instruct-pix2pix's unet/config.json says.
TRUE_SIZE = {**full.UNET, "cross_attention_dim": 768, "attention_head_dim": 8, "layers_per_block": 2,
             "block_out_channels": (320, 640, 1280, 1280), "norm_num_groups": 32}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder as the fetched checkpoint's, of small width."""
    folder = tmp_path_factory.mktemp("instruct-pix2pix")
    full.instruct_pix2pix().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_from_built_pairs_to_an_edit(tmp_path, monkeypatch, published, way):
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [published])
    monkeypatch.setattr(weights, "FULL_LONG_SIDE", 64)  # else minutes go by encoding
    monkeypatch.setattr("maskedit_helpers.training.mask_aware.part.MaskAwarePart.preview", lambda part, modules: None)
    build_pairs(tmp_path / "pairs", 4, masks="box", preset="none", workers=0, progress=False)
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    folder = train_mask_aware(way, rank=2, steps=2, batch=2, device="cpu", size="full", built=tmp_path / "pairs")
    assert folder == tmp_path / "models/full/mask_aware" / way
    kit = me.Kit(weights.Choice("full", "cpu", "normal", "sam_vit_b", ""))
    x0, M = tiny.picture(), tiny.half()
    plain, aware = (kit.edit(x0, "make the dog red", mask=M, control=control, steps=2, progress=False, blend=False)
                    for control in (None, me.MaskAware(way)))
    assert aware.shape == x0.shape and np.abs(aware.astype(int) - plain).max() > 0


@pytest.mark.fullsize
@pytest.mark.parametrize("way", ["channel", "both"])
def test_one_step_of_true_size(way):
    """860 million parameters: at the start the plain editor's answer, then one step of the adapters."""
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(**TRUE_SIZE).eval()
    assert abs(sum(weight.numel() for weight in unet.parameters()) - 859.5e6) < 1e5
    network = Conditioned(unet, WAYS[way], rank=16)
    sample, words, where = torch.randn(1, 8, 16, 16), torch.randn(1, 77, 768), torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        assert torch.equal(network(sample, torch.tensor([500]), words, where), unet(sample, 500, words).sample)
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    assert 16e6 < sum(weight.numel() for weight in trained) < 22e6
    optimizer, before = torch.optim.AdamW(trained, lr=1e-4), copy.deepcopy(network.state_dict())
    loss = network(sample, torch.tensor([500]), words, where).square().mean()
    loss.backward()
    optimizer.step()
    assert any(not torch.equal(weight, before[name]) for name, weight in network.state_dict().items())
    assert network(sample, torch.tensor([500]), words, where).square().mean() < loss
