"""Is this picture of the world that the pocket models know? They were made for drawn scenes, and know nothing else.

A denoiser is a judge of pictures: it guesses well what lies behind noise only in the world that it was trained in
(Graham et al., "Denoising Diffusion Models for Out-of-Distribution Detection", 2023). So the picture is half drowned in
noise and the editor guesses it back, with neither text nor picture: its third row, e_0. Blurred photographs are easy to
guess and drawings' crisp edges hard, whoever guesses, so the error is held against how crisp the picture is:

    photograph  if  error > limit * sqrt(crispness)

The limit belongs to the weights and lies beside them, in pocket.json; models/pocket/README.md says how it was measured.
An editor that is trained anew has none until somebody measures it.
"""

import numpy as np

T = 500  # how deep to drown it: at less noise everything is guessed well, at more nothing is
COARSE, FINE = 64, 128  # pixels of the longer side; what is finer is JPEG's, often


def foreignness(picture, editor):
    """What is held against the limit, of a picture, uint8 (H, W, 3), and an `editor.Editor`: error / sqrt(crispness).
    The higher, the less the editor knows of such pictures."""
    return error(picture, editor) / crispness(picture) ** 0.5


def error(picture, editor):
    """How wrong the editor's guess is: root mean square over the channels of its latents, scaled; the geometric mean
    over all cells, so that a thing that is hard to guess doesn't decide alone. One U-Net row."""
    import torch

    from ..editing.latents import clean_and_noise, device_of, encode
    from ..pictures.images import fitted

    pipe = editor.pipe
    seen = encode(pipe, [fitted(picture, editor.long_side)])[:1]
    z = seen * pipe.vae.config.scaling_factor
    a = float(pipe.scheduler.alphas_cumprod[T])
    eps = torch.randn(z.shape, generator=torch.Generator("cpu").manual_seed(0)).to(z)
    z_t = a**0.5 * z + (1 - a) ** 0.5 * eps
    with torch.inference_mode():
        nothing = pipe._encode_prompt([""], device_of(pipe), 1, False)
        # Not called but asked directly: who watches the edit by a hook on the U-Net (`watch`) shall not see this row.
        answer, = pipe.unet.forward(torch.cat([z_t, torch.zeros_like(seen)], dim=1), T, nothing, return_dict=False)
    guess, _ = clean_and_noise(pipe.scheduler.config.prediction_type, z_t, answer, a)
    return float((guess - z).square().mean(1).sqrt().log().mean().exp())


def crispness(picture):
    """How suddenly the picture changes where it does: of its grey, the upper quartile of the Laplacian over the mean
    gradient, half a grey level added to each. Large for crisp lines between even areas, whatever the contrast."""
    from ..pictures.images import fitted

    grey = fitted(picture, COARSE).mean(2)
    bend = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    grey = fitted(picture, FINE).mean(2)
    slope = np.hypot(np.diff(grey, axis=1)[:-1], np.diff(grey, axis=0)[:, :-1])
    return float((np.quantile(np.abs(bend), 0.75) + 0.5) / (slope.mean() + 0.5))
