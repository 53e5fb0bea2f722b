"""Tiny random models out of the libraries' own classes: everything but the weights' sense is real.

`save_pocket(folder)` writes them as the pocket weights lie on disk.
"""

import functools
import json

import numpy as np
import torch
from safetensors.torch import save_file

from maskedit_helpers.kit.networks import SAM_CONFIG, build_sam
from maskedit_helpers.training.vocabulary import build_tokenizer

WORDS = "turn make the a shirt dog car into red blue leather robot playful glowing hovercraft person".split()
SAM = {**SAM_CONFIG, "image_size": 64, "width": 16, "depth": 1, "heads": 2, "window": 4, "global_blocks": [0],
       "decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2, "decoder_mlp": 32, "mask_channels": 4}
CLIP = {"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 700, "width": 64, "heads": 1, "layers": 1}}
LONG_SIDE = 64


@functools.cache
def tokenizer():
    return build_tokenizer(WORDS, 24)


@functools.cache
def pipe():
    from diffusers import (
        AutoencoderKL,
        EulerAncestralDiscreteScheduler,
        StableDiffusionInstructPix2PixPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), down_block_types=("DownEncoderBlock2D",) * 4, layers_per_block=1,
        up_block_types=("UpDecoderBlock2D",) * 4, norm_num_groups=4, latent_channels=4).eval()
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=8, out_channels=4, block_out_channels=(8, 16), layers_per_block=1,
        norm_num_groups=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=16,
        attention_head_dim=2).eval()
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer()), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=24,
        bos_token_id=tokenizer().bos_token_id, eos_token_id=tokenizer().eos_token_id)).eval()
    made = StableDiffusionInstructPix2PixPipeline(
        vae=vae, unet=unet, text_encoder=text, tokenizer=tokenizer(), requires_safety_checker=False,
        safety_checker=None, feature_extractor=None,
        scheduler=EulerAncestralDiscreteScheduler(beta_start=0.00085, beta_end=0.012, steps_offset=1,
                                                  beta_schedule="scaled_linear"))
    made.set_progress_bar_config(disable=True)
    return made


@functools.cache
def sam():
    torch.manual_seed(0)
    return build_sam(SAM)


@functools.cache
def learned(way, unet):
    """A mask-aware editor that has learnt nothing yet."""
    from maskedit_helpers.conditioning.learned import Learned
    from maskedit_helpers.conditioning.network import Conditioned
    from maskedit_helpers.conditioning.ways import way_named

    return Learned.of(Conditioned(unet, way_named(way)).eval())


def editor():
    from maskedit_helpers.editing.editor import Editor

    return Editor(pipe(), LONG_SIDE, learned=learned)


def save_pocket(folder):
    """Write editor, SAM and CLIP to `folder`/models/pocket; `folder` is what MASKEDIT_HOME names."""
    from open_clip import CLIP as ClipModel

    from maskedit_helpers.conditioning.files import save
    from maskedit_helpers.conditioning.network import Conditioned
    from maskedit_helpers.conditioning.ways import WAYS

    pocket = folder / "models" / "pocket"
    for part in ("sam", "clip"):
        (pocket / part).mkdir(parents=True)
    pipe().save_pretrained(pocket / "editor")
    settings = {"editor": {"long_side": LONG_SIDE, "s_T": 4.0, "s_I": 1.5}}
    (pocket / "pocket.json").write_text(json.dumps(settings))
    save_file(sam().state_dict(), pocket / "sam" / "model.safetensors")
    (pocket / "sam" / "config.json").write_text(json.dumps(SAM))
    for name, way in WAYS.items():
        save(Conditioned(pipe().unet, way, rank=2), pocket / "mask_aware" / name, {"way": name})
    torch.manual_seed(0)
    clip = ClipModel(**json.loads(json.dumps(CLIP)))
    save_file(clip.state_dict(), pocket / "clip" / "model.safetensors")
    (pocket / "clip" / "config.json").write_text(json.dumps(CLIP))


def picture(height=64, width=64, seed=0):
    """A smooth random picture, uint8 (height, width, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    from PIL import Image

    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def half(height=64, width=64):
    """A mask of the left, with a ragged edge that no cell's border follows."""
    M = np.zeros((height, width), np.float32)
    for row in range(height):
        M[row, :width // 2 + row % 5] = 1
    return M
