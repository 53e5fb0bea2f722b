"""Is this picture of the world that the pocket models know? They were made for drawn scenes, and say so of none other.

A denoiser is a judge of pictures: it was trained to tell what lies behind noise, and it guesses well only in the world
that it was trained in (as in "Denoising Diffusion Models for Out-of-Distribution Detection", Graham et al. 2023). So
the picture is half drowned in noise and the editor guesses it back, with neither text nor picture: its third row, e_0.
A smooth photograph is easy to guess and a drawing with many edges hard, so the error is held against the detail:

    photograph  if  log(error) - slope * log(detail + 1) > limit

slope and limit belong to the weights and lie beside them, in pocket.json: chosen by measurement on drawn scenes and
photographs, see `models/pocket/README.md`. An editor trained anew has none until somebody measures them.
"""

import math

import numpy as np

T = 500  # how deep to drown it: at less noise everything is guessed well, at more nothing is
SMALL = 64  # pixels of the longer side at which detail is counted: what is finer is JPEG's or the paper's, often


def is_drawn(picture, editor, rule):
    """Does the picture look like what the editor was trained on?

    Parameters
    ----------
    picture : uint8 (H, W, 3)
    editor : editor.Editor
    rule : {"slope": float, "limit": float}, as the weights bring it

    Returns
    -------
    bool
    """
    score = math.log(guess_error(picture, editor)) - rule["slope"] * math.log(detail(picture) + 1)
    return score <= rule["limit"]


def guess_error(picture, editor):
    """How wrong the editor's guess of a half-drowned picture is: root mean square over the latent's channels, in units
    of the VAE's scaled latents, of the middle cell. One U-Net row."""
    import torch

    from ..editing.latents import clean_and_noise, encode
    from ..pictures.images import fitted

    pipe = editor.pipe
    seen = encode(pipe, [fitted(picture, editor.long_side)])[:1]
    z = seen * pipe.vae.config.scaling_factor
    a = float(pipe.scheduler.alphas_cumprod[T])
    eps = torch.randn(z.shape, generator=torch.Generator("cpu").manual_seed(0)).to(z)
    z_t = a**0.5 * z + (1 - a) ** 0.5 * eps
    with torch.inference_mode():
        nothing = pipe._encode_prompt([""], pipe._execution_device, 1, False)
        # Not called but asked directly: who watches the edit by a hook on the U-Net (`watch`) shall not see this row.
        answer, = pipe.unet.forward(torch.cat([z_t, torch.zeros_like(seen)], dim=1), torch.tensor(T, device=z.device),
                                    encoder_hidden_states=nothing, return_dict=False)
    guess, _ = clean_and_noise(pipe.scheduler.config.prediction_type, z_t, answer, a)
    return float((guess - z).square().mean(1).median().sqrt())


def detail(picture):
    """How much there is to see: the upper quartile of the grey picture's Laplacian, grey levels 0-255."""
    from ..pictures.images import fitted

    grey = fitted(picture, SMALL).mean(2)
    inner = grey[1:-1, 1:-1]
    bend = 4 * inner - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return float(np.quantile(np.abs(bend), 0.75))
