"""Where the picture reads the words: the U-Net's cross-attention, masked by processors around its own.

In each such layer every position of the picture asks (Q) and every token of the text answers (K, V):
A(Q, K, V) = softmax(Q K^T / sqrt(d)) V. The rows of a batch are B with text and picture, B with the picture, B with
neither; the last two read the empty text.
"""

from contextlib import contextmanager

from ..errors import KitError

PARTS = ("down", "mid", "up")


def cross_attentions(unet, parts=PARTS):
    """The U-Net's layers in which the picture reads words, of the given parts of it."""
    return [module for name, module in unet.named_modules()
            if name.endswith("attn2") and name.split("_")[0] in parts]


def check_parts(parts, name):
    """Raise KitError for anything but some of PARTS; `name` is what the message calls them."""
    if not parts or not set(parts) <= set(PARTS):
        raise KitError(f"{name} {parts!r}: give some of {PARTS}")


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
    pictures : B, of which the first B rows are those with text, the second those with the picture only
    """

    def __init__(self, inner, mask, pictures):
        self.inner, self.mask, self.pictures = inner, mask, pictures

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, *more, **options):
        import torch

        out = self.inner(attn, hidden_states, encoder_hidden_states, attention_mask, *more, **options)
        B = self.pictures
        if attention_mask is not None:
            attention_mask = attention_mask[:B]
        empty = self.inner(attn, hidden_states[:B], encoder_hidden_states[B:2 * B], attention_mask, *more, **options)
        return torch.cat([torch.lerp(empty, out[:B], self.mask(empty)), out[B:]])
