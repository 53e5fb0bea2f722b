"""Where the picture reads the words: the U-Net's cross-attention, watched or masked by processors around its own.

In each such layer every position of the picture asks (Q) and every token of the text answers (K, V):
A(Q, K, V) = softmax(Q K^T / sqrt(d)) V. The rows of a batch are B with text and picture, B with the picture, B with
neither; the last two read the empty text.
"""

from contextlib import contextmanager

import numpy as np

PARTS = ("down", "mid", "up")


def cross_attentions(unet, parts=PARTS):
    """The U-Net's layers in which the picture reads words, of the given parts of it."""
    return [module for name, module in unet.named_modules()
            if name.endswith("attn2") and name.split("_")[0] in parts]


def layer_size(size, positions):
    """(h, w) of a layer with so many positions, in a U-Net over latents of a size (h, w)."""
    height, width = size
    while height * width > positions:  # each level of the U-Net halves, rounding up
        height, width = -(-height // 2), -(-width // 2)
    return height, width


@contextmanager
def processed(layers, wrap):
    """Each layer's attention processor replaced by `wrap(processor)` for the time of the `with`."""
    usual = {layer: layer.processor for layer in layers}
    try:
        for layer, processor in usual.items():
            layer.set_processor(wrap(processor))
        yield
    finally:
        for layer, processor in usual.items():
            layer.set_processor(processor)


class Masking:
    """An attention processor around another: outside the mask, the row with text reads the empty text instead.

    mask(queries) : gives M (B, positions, 1) for queries (B, positions, channels)
    """

    def __init__(self, inner, mask):
        self.inner, self.mask = inner, mask

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, *more, **options):
        import torch

        out = self.inner(attn, hidden_states, encoder_hidden_states, attention_mask, *more, **options)
        B = len(hidden_states) // 3
        if attention_mask is not None:
            attention_mask = attention_mask[:B]
        empty = self.inner(attn, hidden_states[:B], encoder_hidden_states[B:2 * B], attention_mask, *more, **options)
        return torch.cat([torch.lerp(empty, out[:B], self.mask(empty)), out[B:]])


class _Recording:
    """An attention processor around another that keeps softmax(Q K^T / sqrt(d)) of the first row, which has text."""

    def __init__(self, inner, keep):
        self.inner, self.keep = inner, keep

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, *more, **options):
        query, key = attn.to_q(hidden_states[:1]), attn.to_k(encoder_hidden_states[:1])
        query, key = attn.head_to_batch_dim(query), attn.head_to_batch_dim(key)
        self.keep(attn.get_attention_scores(query, key).mean(0))  # (positions, tokens), the mean over heads
        return self.inner(attn, hidden_states, encoder_hidden_states, *more, **options)


def attention_maps(kit, image, instruction, *, parts=PARTS, **options):
    """How much each place of the picture reads each word, over a whole edit.

    The mean over steps, heads and layers of the attention from each position to the word's tokens, at the latents' size
    and enlarged. Source: Hertz et al., "Prompt-to-Prompt", ICLR 2023; Tang et al., "What the DAAM", ACL 2023.

    Parameters
    ----------
    kit : Kit
    image, instruction : one picture and its instruction, as for `Editor.edit`
    parts : of the U-Net, see AttentionMask
    **options : of `Editor.edit`

    Returns
    -------
    dict {word: float32 (H, W)}, in the order of the instruction; each value is a share of the attention, 0-1. A word
    that comes twice has its places added.
    """
    from torch.nn.functional import interpolate

    pipe = kit.editor.pipe
    total, count, now = 0.0, 0, {}

    def keep(shares):
        nonlocal total, count
        size = now["latents"].shape[-2:]
        maps = shares.T.reshape(1, -1, *layer_size(size, len(shares))).float()
        total, count = total + interpolate(maps, size, mode="bilinear")[0], count + 1

    hook = pipe.unet.register_forward_pre_hook(lambda unet, inputs: now.update(latents=inputs[0]))
    try:
        with processed(cross_attentions(pipe.unet, parts), lambda usual: _Recording(usual, keep)):
            y = kit.edit(image, instruction, **options)
    finally:
        hook.remove()
    large = interpolate((total / count)[None], y.shape[:2], mode="bilinear")[0].cpu().numpy().astype(np.float32)
    found = {}
    for word, tokens in _words(pipe.tokenizer, instruction):
        found[word] = found.get(word, 0) + large[tokens].sum(0)
    return found


def _words(tokenizer, text):
    """(word, numbers of its tokens) of a text; CLIP's tokens end a word with </w>."""
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(text).input_ids)[1:-1]
    word, tokens = "", []
    for number, piece in enumerate(pieces, start=1):
        word, tokens = word + piece.removesuffix("</w>"), [*tokens, number]
        if piece.endswith("</w>"):
            yield word, tokens
            word, tokens = "", []
