"""What was learnt: in a pipeline it answers as it did in training, leaves nothing behind, and lies on the disk in the
library's own form."""

import json

import numpy as np
import pytest
import tiny
import torch
from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline
from safetensors.torch import load_file
from test_ways import SAMPLE, WORDS, T, answer, each_way, masks, stirred

from maskedit_helpers.conditioning.files import ADAPTERS, MASK, SETTINGS, WHOLE, fill, load, save
from maskedit_helpers.conditioning.learned import Learned
from maskedit_helpers.conditioning.network import Conditioned
from maskedit_helpers.conditioning.ways import WAYS, seen_by

each_size = pytest.mark.parametrize("rank", [None, 3], ids=["whole", "lora"])


def in_pipeline(learned, M):
    pipe = tiny.pipe()
    with learned.told(pipe, M), torch.no_grad():
        return pipe.unet(SAMPLE, T, WORDS).sample


@each_way
@each_size
def test_in_a_pipeline_it_answers_as_in_training(name, rank):
    """Training asks adapters beside their layers, an edit the sum: peft's own answer is the reference."""
    network = stirred(Conditioned(tiny.pipe().unet, WAYS[name], rank))
    expected = answer(network, seen_by(WAYS[name], tiny.pipe(), masks(), (8, 8)))
    with torch.no_grad():
        plain = tiny.pipe().unet(SAMPLE, T, WORDS).sample
    assert torch.allclose(in_pipeline(Learned.of(network), masks()), expected, atol=2e-5)
    assert (expected - plain).abs().max() > 1e-3
    with torch.no_grad():
        assert torch.equal(tiny.pipe().unet(SAMPLE, T, WORDS).sample, plain)  # as if nothing had been


@each_way
def test_every_row_of_a_picture_sees_its_mask(name):
    """Three rows a picture, as the pipeline brings them, against each row alone."""
    learned = Learned.of(stirred(Conditioned(tiny.pipe().unet, WAYS[name])))
    pipe, M = tiny.pipe(), masks()[:2]
    rows = [0, 1, 0, 1, 0, 1]
    with torch.no_grad():
        with learned.told(pipe, M):
            together = pipe.unet(SAMPLE[rows], T[rows], WORDS[rows]).sample
        for i, row in enumerate(rows):
            with learned.told(pipe, M[row:row + 1]):
                alone = pipe.unet(SAMPLE[row:row + 1], T[row:row + 1], WORDS[row:row + 1]).sample
            assert torch.allclose(together[i], alone[0], atol=1e-5)


@each_way
@each_size
def test_a_folder_gives_back_what_was_saved(tmp_path, name, rank):
    network = stirred(Conditioned(tiny.pipe().unet, WAYS[name], rank))
    save(network, tmp_path, {"way": name, "note": 1})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((SETTINGS, MASK, ADAPTERS if rank else WHOLE))
    assert json.loads((tmp_path / SETTINGS).read_text()) == {"way": name, "note": 1, "rank": rank}
    numbers = torch.random.get_rng_state()
    again = load(tmp_path, tiny.pipe().unet)
    assert torch.equal(torch.random.get_rng_state(), numbers)  # who loads draws no numbers
    halves = 5e-3  # weights are kept as float16
    assert torch.allclose(in_pipeline(again, masks()), in_pipeline(Learned.of(network), masks()), atol=halves)
    assert not any(weight.requires_grad for weight in again.weights.values())


def test_the_library_reads_the_adapters(tmp_path):
    """`load_lora_weights` of a stock pipeline, fused by the library, against the weights that the kit adds up."""
    network = stirred(Conditioned(tiny.pipe().unet, WAYS["channel"], rank=3))
    save(network, tmp_path, {"way": "channel"})
    stock = Pipeline(**{**tiny.pipe().components, "unet": Conditioned(tiny.pipe().unet, WAYS["tokens"]).unet},
                     requires_safety_checker=False)
    for module in stock.unet.modules():  # the copy's layers ask as the library's own do
        if hasattr(module, "set_processor"):
            module.set_processor(module.processor.inner if hasattr(module.processor, "inner") else module.processor)
    stock.load_lora_weights(tmp_path, weight_name=ADAPTERS)
    stock.fuse_lora()
    stock.unload_lora_weights()
    fused, ours = dict(stock.unet.named_parameters()), load(tmp_path, tiny.pipe().unet).weights
    adapted = [name for name in ours if not name.startswith("conv_in")]
    assert len(adapted) > 20
    for name in adapted:
        assert torch.allclose(fused[name], ours[name], atol=1e-3), name
    assert any(not torch.equal(ours[name], dict(tiny.pipe().unet.named_parameters())[name]) for name in adapted)
    assert all("lora" in name for name in load_file(tmp_path / ADAPTERS))  # else the library refuses the file


def test_both_may_begin_as_the_channel_alone(tmp_path):
    """Its tokens are fresh, and shut: it answers as the channel did."""
    channel = stirred(Conditioned(tiny.pipe().unet, WAYS["channel"], rank=3))
    save(channel, tmp_path, {"way": "channel"})
    both = Conditioned(tiny.pipe().unet, WAYS["both"], rank=3).eval()
    fill(both, tmp_path)
    alone = load(tmp_path, tiny.pipe().unet)
    assert torch.allclose(in_pipeline(Learned.of(both), masks()), in_pipeline(alone, masks()), atol=1e-5)


def test_a_training_without_adapters_leaves_none_of_the_one_before(tmp_path):
    unet = tiny.pipe().unet
    for rank in (3, None):
        save(Conditioned(unet, WAYS["channel"], rank), tmp_path, {"way": "channel"})
    assert not (tmp_path / ADAPTERS).exists() and (tmp_path / WHOLE).exists()


def test_channels_last_is_kept_where_it_was(tmp_path):
    """A weight takes the memory's order of the one whose place it takes, and answers the same."""
    learned, pipe = Learned.of(stirred(Conditioned(tiny.pipe().unet, WAYS["channel"]))), tiny.pipe()
    usual = in_pipeline(learned, masks())
    weight = pipe.unet.conv_out.weight
    data = weight.data
    weight.data = data.contiguous(memory_format=torch.channels_last)
    try:
        with learned.told(pipe, masks()), torch.no_grad():
            assert weight.data.is_contiguous(memory_format=torch.channels_last)
            assert np.allclose(pipe.unet(SAMPLE, T, WORDS).sample, usual, atol=1e-5)
    finally:
        weight.data = data
