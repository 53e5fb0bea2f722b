"""The mask as tokens that the picture reads beside the words, in every cross-attention, behind a gate that starts shut.

    out = A(Q, K_T, V_T) + tanh(g) A(Q_M, K_M, V_M)

A sum of two attentions, as IP-Adapter's (Ye et al. 2023), rather than one over words and tokens together: in that, even
tokens of zeros would take a share of the softmax, and the untrained U-Net would answer otherwise. The gate is GLIGEN's
(Li et al. 2023), g = 0 at the start. Words have no place, but a mask's tokens do: so each position of the picture asks
with its own place too, out of the same table that the tokens carry.
"""

import torch
from torch import nn
from torch.nn import functional as F

from ..editing.attention import cross_attentions, layer_size

SIDE = 4  # tokens along a side: 16 in all
SEEN = 32  # the mask is read at so many cells a side, whatever the picture's size
NARROW = 64  # channels of the attention over tokens


class MaskTokens(nn.Module):
    """Encoder of the mask, and what each cross-attention needs to read its tokens.

    unet : whose cross-attentions read
    """

    def __init__(self, unet):
        super().__init__()
        width = unet.config.cross_attention_dim
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 3, 2, 1), nn.SiLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.SiLU(), nn.Conv2d(64, width, 3, 2, 1))
        self.places = nn.Parameter(torch.randn(1, width, SIDE, SIDE) * 0.02)
        self.readers = nn.ModuleList(Reader(layer, width) for layer in cross_attentions(unet))

    def forward(self, cells):
        """Tokens (B, 16, width) of masks in cells, (B, 1, h, w)."""
        seen = F.interpolate(cells, (SEEN, SEEN), mode="area")
        return (self.encoder(seen) + self.places).flatten(2).mT

    def processors(self, now):
        """For each cross-attention: processor around another, that reads the tokens too.

        now : dict, in which "tokens" (B, 16, width) and "size", (h, w) of the latents, stand when the U-Net is asked
        """
        return [lambda usual, reader=reader: Beside(usual, reader, self.places, now) for reader in self.readers]


class Reader(nn.Module):
    """A_M of one layer: a narrow attention over the tokens, and its gate."""

    def __init__(self, layer, width):
        super().__init__()
        channels = layer.to_q.in_features
        self.to_q, self.to_out = nn.Linear(channels, NARROW, bias=False), nn.Linear(NARROW, channels, bias=False)
        self.place, self.to_k, self.to_v = (nn.Linear(width, NARROW, bias=False) for _ in range(3))
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, queries, tokens, places):
        """queries (B, positions, channels), tokens (B, 16, width), places (1, positions, width)."""
        q = self.to_q(queries) + self.place(places)
        read = F.scaled_dot_product_attention(q, self.to_k(tokens), self.to_v(tokens))
        return self.gate.tanh() * self.to_out(read)


class Beside:
    """An attention processor around another: what the layer reads in the words, plus what it reads in the tokens."""

    def __init__(self, inner, reader, places, now):
        self.inner, self.reader, self.places, self.now = inner, reader, places, now

    def __call__(self, attn, hidden_states, *more, **options):
        size = layer_size(self.now["size"], hidden_states.shape[1])
        places = F.interpolate(self.places, size, mode="bilinear").flatten(2).mT
        tokens = self.now["tokens"]
        tokens = tokens.repeat(len(hidden_states) // len(tokens), 1, 1)  # all rows of a picture see its mask
        read = self.reader(hidden_states, tokens, places)
        return self.inner(attn, hidden_states, *more, **options) + read
