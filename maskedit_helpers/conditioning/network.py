"""The U-Net that is told where, as it is trained: whole, or a frozen one with low-rank adapters (LoRA).

LoRA (Hu et al. 2022): of a matrix W only a difference of low rank is learnt, W + B A, and B starts at zero. What has no
trained past is learnt whole: the first convolution, which reads more channels than it did, and the mask's tokens.
"""

import copy

import torch
from torch import nn

from ..editing.attention import cross_attentions
from .tokens import MaskTokens

# Every matrix and convolution of the blocks: what is named so, anywhere below the U-Net itself.
ADAPTED = (r".*\.(to_q|to_k|to_v|to_out\.0|proj_in|proj_out|net\.0\.proj|net\.2|conv1|conv2|conv_shortcut|conv"
           r"|time_emb_proj)")


class Conditioned(nn.Module):
    """A copy of a U-Net that reads a mask as well.

    Parameters
    ----------
    unet : UNet2DConditionModel; left as it is
    way : ways.Way
    rank : int, of the adapters; None to train the whole
    """

    def __init__(self, unet, way, rank=None):
        super().__init__()
        self.way, self.rank = way, rank
        self.unet = copy.deepcopy(unet).requires_grad_(True)
        widen(self.unet.conv_in, way.channels)
        self.tokens, self.now = MaskTokens(self.unet) if way.tokens else None, {}
        if way.tokens:
            layers = cross_attentions(self.unet)
            for layer, beside in zip(layers, self.tokens.processors(self.now)):
                layer.set_processor(beside(layer.processor))
        if rank:
            from peft import LoraConfig

            self.unet.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=ADAPTED))  # freezes the rest
            self.unet.conv_in.requires_grad_(True)
        self._frozen = {name for name, weight in self.named_parameters() if not weight.requires_grad}

    def state_dict(self, *args, **options):
        """What is trained. The frozen rest lies where it came from, and a checkpoint of true size would hold it too."""
        return {name: weight for name, weight in super().state_dict(*args, **options).items()
                if name not in self._frozen}

    def load_state_dict(self, state, strict=True, assign=False):
        found = super().load_state_dict(state, strict=False, assign=assign)
        if strict and (strange := set(found.missing_keys) - self._frozen | set(found.unexpected_keys)):
            raise RuntimeError(f"{min(strange)} is missing or unexpected")
        return found

    def forward(self, sample, t, words, where):
        """The U-Net's answer, tensor (B, 4, h, w).

        sample : (B, 8, h, w), noisy latents and picture. t : (B,). words : (B, tokens, channels). where : (B, 1 or 4,
        h, w), the mask as `ways.seen_by` gives it
        """
        if self.tokens is not None:
            self.now.update(tokens=self.tokens(where), size=where.shape[-2:])
        try:
            return self.unet(beside(sample, where, self.way), t, words).sample
        finally:
            self.now.clear()  # a network is copied for its averaged weights, and half an answer can't be


def widen(conv, channels):
    """Let a convolution read further channels, at first with weight zero; all else, its bias too, stays."""
    fresh = conv.weight.new_zeros(conv.out_channels, channels, *conv.kernel_size)
    conv.weight = nn.Parameter(torch.cat([conv.weight.detach(), fresh], 1))
    conv.in_channels += channels


def beside(sample, where, way):
    """The mask beside what the U-Net reads already, for a way with further channels; each row of a picture sees it."""
    rows = where.repeat(len(sample) // len(where), 1, 1, 1)
    return torch.cat([sample, rows.to(sample.dtype)], 1) if way.channels else sample
