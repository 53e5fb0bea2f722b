"""The libraries' own networks at pocket size: nothing here but sizes.

SAM (Kirillov et al. 2023) is a ViT encoder that runs once per picture, a prompt encoder and a light two-way
transformer that decodes masks; CLIP (Radford et al. 2021) two towers that meet in one space. A student who opens
these opens `segment_anything.modeling` and `open_clip`.
"""
from functools import partial

SAM_CONFIG = {
    "image_size": 128,  # pixels; SamPredictor scales any picture's long side to it
    "patch_size": 8,  # so a grid of 16x16 tokens, and low-resolution masks of 64x64 (4 a token)
    "width": 192,
    "depth": 6,
    "heads": 6,
    "window": 8,  # tokens along a side of the attention windows
    "global_blocks": [2, 5],  # these attend over the whole grid
    "decoder_width": 128,
    "decoder_depth": 2,
    "decoder_heads": 4,
    "decoder_mlp": 512,
    "mask_channels": 16,
}


def build_sam(config):
    """segment_anything.modeling.Sam from a dict like SAM_CONFIG: fresh weights, three masks, eval mode."""
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
    from torch import nn

    grid = config["image_size"] // config["patch_size"]
    width = config["decoder_width"]
    return Sam(
        image_encoder=ImageEncoderViT(
            img_size=config["image_size"], patch_size=config["patch_size"], embed_dim=config["width"],
            depth=config["depth"], num_heads=config["heads"], mlp_ratio=4, out_chans=width, qkv_bias=True,
            norm_layer=partial(nn.LayerNorm, eps=1e-6), use_rel_pos=False, window_size=config["window"],
            global_attn_indexes=tuple(config["global_blocks"])),
        prompt_encoder=PromptEncoder(
            embed_dim=width, image_embedding_size=(grid, grid), input_image_size=(config["image_size"],) * 2,
            mask_in_chans=config["mask_channels"]),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3, transformer_dim=width, iou_head_depth=3, iou_head_hidden_dim=width,
            transformer=TwoWayTransformer(
                depth=config["decoder_depth"], embedding_dim=width, num_heads=config["decoder_heads"],
                mlp_dim=config["decoder_mlp"])),
        pixel_mean=[123.675, 116.28, 103.53], pixel_std=[58.395, 57.12, 57.375]).eval()


def clip_config(vocab_size):
    """An open_clip model config: a narrow ResNet of one block a stage, and a text tower of two layers."""
    return {
        "embed_dim": 128,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16},
        "text_cfg": {"context_length": 32, "vocab_size": vocab_size, "width": 128, "heads": 4, "layers": 2},
    }


def build_clip(config):
    """open_clip.CLIP from a config like clip_config's: fresh weights, eval mode."""
    from open_clip import CLIP

    return CLIP(**config).eval()
