"""Stand-ins for the published checkpoints: their real formats and layouts, random weights, small where it may be.

`repository(...)` gives the files of a repository as the hub would; `sam_checkpoint` a .pth as Meta's.
"""

import io
import json
import tempfile
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file

# What the published config files say, from which only widths differ here.
UNET = {"in_channels": 8, "out_channels": 4, "sample_size": 64, "cross_attention_dim": 16, "attention_head_dim": 2,
        "layers_per_block": 1, "block_out_channels": (8, 8, 16, 16), "norm_num_groups": 4,
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3}
VAE = {"block_out_channels": (8, 8, 8, 8), "down_block_types": ("DownEncoderBlock2D",) * 4, "layers_per_block": 1,
       "up_block_types": ("UpDecoderBlock2D",) * 4, "norm_num_groups": 4, "latent_channels": 4, "sample_size": 512}
SCHEDULER = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
             "num_train_timesteps": 1000, "prediction_type": "epsilon"}
CLIP = {"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1}}
SWIN = {"embed_dim": 8, "depths": (1, 1, 1, 1), "num_heads": (1, 1, 2, 2), "window_size": 4, "image_size": 64,
        "out_indices": (2, 3, 4)}
BERT = {"vocab_size": 1100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16}
DINO = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "num_queries": 20}
MARKS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}  # BERT's numbers
WORDS = "a the red blue shirt dog car robot on of".split()


def instruct_pix2pix():
    """A random pipeline with InstructPix2Pix's classes, scheduler and config values at small width."""
    from diffusers import (
        AutoencoderKL,
        EulerAncestralDiscreteScheduler,
        StableDiffusionInstructPix2PixPipeline,
        UNet2DConditionModel,
    )
    from tiny import tokenizer
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    words = tokenizer()
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=77, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id))
    return StableDiffusionInstructPix2PixPipeline(
        vae=AutoencoderKL(**VAE), unet=UNet2DConditionModel(**UNET), text_encoder=text, tokenizer=words,
        scheduler=EulerAncestralDiscreteScheduler(**SCHEDULER), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False)


def repository(save):
    """{path: bytes} of what `save(folder)` writes."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder))
        return {path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def save_clip(folder, seed=0, **config):
    """An open_clip model as its repositories on the hub hold it; OpenAI's say "quick_gelu": true in their config."""
    torch.manual_seed(seed)
    save_file(open_clip.CLIP(**CLIP, **config).state_dict(), folder / "open_clip_model.safetensors")
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
    settings = {"model_cfg": {**CLIP, **config}, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(settings))


def save_detector(folder):
    """A GroundingDINO as its repository on the hub holds it, written file by file: transformers' processor would
    nowadays save another layout than was published."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import (
        BertConfig,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        SwinConfig,
    )

    torch.manual_seed(0)
    model = GroundingDinoForObjectDetection(GroundingDinoConfig(
        backbone_config=SwinConfig(**SWIN), text_config=BertConfig(**BERT), **DINO))
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:  # at the size they start with, every box is the same
                weights.normal_(std=0.2)
    model.save_pretrained(folder)
    GroundingDinoImageProcessor(size={"shortest_edge": 80, "longest_edge": 133}).save_pretrained(folder)
    numbers = {f"[unused{i}]": i for i in set(range(BERT["vocab_size"])) - set(MARKS.values())}
    for word, number in zip(WORDS, range(1040, 1100)):
        del numbers[f"[unused{number}]"]
        numbers[word] = number
    words = Tokenizer(models.WordPiece(numbers | MARKS, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.BertProcessing(("[SEP]", MARKS["[SEP]"]), ("[CLS]", MARKS["[CLS]"]))
    words.add_special_tokens([mark for mark in MARKS if mark.startswith("[")])
    words.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "BertTokenizer", "processor_class": "GroundingDinoProcessor", "do_lower_case": True,
        "model_max_length": 512, "cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]",
        "sep_token": "[SEP]", "unk_token": "[UNK]"}))


def sam_checkpoint(sam):
    """The bytes of a checkpoint as Meta publishes them: a plain state dict, pickled."""
    file = io.BytesIO()
    torch.save(sam.state_dict(), file)
    return file.getvalue()
