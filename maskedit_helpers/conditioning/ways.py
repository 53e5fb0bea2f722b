"""Four ways in which a mask reaches the U-Net. At the start of training none of them changes its answer by a bit.

channel   one more input channel, the mask in latent cells: as in Stable Diffusion's inpainting model
encoded   four more, the mask as a black and white picture through the VAE: as in UltraEdit (Zhao et al. 2024)
tokens    some tokens that the picture reads beside the words, as in GLIGEN (Li et al. 2023)
both      the channel and the tokens
"""

from dataclasses import dataclass

import numpy as np

from ..editing.latents import encode, to_cells
from ..errors import KitError


@dataclass(frozen=True)
class Way:
    """channels: further input channels of the U-Net. tokens: whether the mask is read beside the words too."""

    channels: int
    tokens: bool


WAYS = {"channel": Way(1, False), "encoded": Way(4, False), "tokens": Way(0, True), "both": Way(1, True)}


def way_named(name):
    """A way by its name; KitError for another."""
    if name not in WAYS:
        raise KitError(f"way {name!r} is unknown; use one of {', '.join(WAYS)}")
    return WAYS[name]


def seen_by(way, pipe, M, size):
    """The masks as the U-Net of a way is given them.

    Parameters
    ----------
    way : Way
    pipe : the pipeline, whose VAE encodes the masks where the way asks for it
    M : float32 tensor (B, H, W) in 0-1
    size : (h, w), of the latents

    Returns
    -------
    tensor (B, 4, h, w), the VAE's mean, unscaled like the picture's; or (B, 1, h, w), each cell the share of its pixels
    in M: so a part of M that is thinner than a cell is still there, which the nearest pixel alone would lose.
    """
    if way.channels == 4:
        pictures = np.rint(M.cpu().numpy() * 255).astype(np.uint8)[..., None].repeat(3, -1)
        return encode(pipe, list(pictures)).clone()  # out of inference mode, whose tensors can't be trained on
    return to_cells(M, size, soft=True)
