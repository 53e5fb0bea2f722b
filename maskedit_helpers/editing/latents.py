"""The arithmetic of noisy latents: z_t = signal * z_0 + noise * eps.

What the U-Net sees is variance-preserving: signal^2 + noise^2 = 1, signal = sqrt(a), a = alpha bar of t (Ho et al.
2020). DDIM and its kind keep their latents so; Euler and its kind keep them in sigma space, signal = 1, noise =
sigma (Karras et al. 2022), and scale them before each call of the U-Net. Mixing the two is a classic mistake.
Another: the picture that InstructPix2Pix sees is the VAE's mean as it is, the latent that is denoised is that times
the VAE's scaling factor.
"""

from weakref import WeakKeyDictionary

from ..errors import KitError
from ..pictures.images import resized_mask

_devices = WeakKeyDictionary()  # {pipeline: (where its U-Net rests, where it works)}


def device_of(pipe):
    """The torch.device on which a pipeline works. It is asked once: it looks through all layers of all its models."""
    rests = next(pipe.unet.parameters()).device
    if _devices.get(pipe, (None, None))[0] != rests:
        _devices[pipe] = rests, pipe._execution_device
    return _devices[pipe][1]


def numbers_of(pipe):
    """The torch.dtype of a pipeline's weights."""
    return next(pipe.unet.parameters()).dtype


def mixture(scheduler, t):
    """(signal, noise) of a scheduler's latents at timestep t, one of `scheduler.timesteps`, a tensor of one number."""
    import torch

    one, zero, t = torch.ones(1, 1), torch.zeros(1, 1), t.reshape(1).cpu()
    return float(scheduler.add_noise(one, zero, t)), float(scheduler.add_noise(zero, one, t))


def kept(scheduler, t):
    """a = alpha bar of t: the share of the signal's variance that is left at timestep t, 0-1."""
    signal, noise = mixture(scheduler, t)
    return signal**2 / (signal**2 + noise**2)


def clean_and_noise(kind, z, prediction, a):
    """What a prediction says of z_t: (z_0, eps), arrays like z.

    Parameters
    ----------
    kind : "epsilon", the model predicts the noise, or "v_prediction", v = signal * eps - noise * z_0 (Salimans & Ho
        2022); a scheduler's `config.prediction_type`
    z : variance-preserving z_t, an array or tensor
    prediction : like z
    a : alpha bar of t
    """
    signal, noise = a**0.5, (1 - a) ** 0.5
    if kind == "epsilon":
        return (z - noise * prediction) / signal, prediction
    if kind == "v_prediction":
        return signal * z - noise * prediction, noise * z + signal * prediction
    raise KitError(f"a model that predicts {kind!r} is not known here; epsilon and v_prediction are")


def encode(pipe, pictures):
    """The VAE's mean of each picture, unscaled as InstructPix2Pix sees it, tensor (B, 4, h, w).

    pictures : list of uint8 (H, W, 3), H and W multiples of 8
    """
    import torch
    from PIL import Image

    pixels = pipe.image_processor.preprocess([Image.fromarray(picture) for picture in pictures])
    with torch.inference_mode():
        z = pipe.prepare_image_latents(pixels, len(pictures), 1, numbers_of(pipe), device_of(pipe), False)
    return z.contiguous()  # what is mixed with it inherits its layout, and other layouts round otherwise


def invert(pipe, pictures, instructions, highest, progress=False):
    """The way back: noisy latents from which DDIM would come down to these pictures. Song et al. 2021, section 4.3.

    As in Grounded-Instruct-Pix2Pix with the instruction and the picture, and without guidance: one U-Net row a step.
    Each step takes the prediction at its own end, which is not known yet, from its start; so it is not exact.

    Parameters
    ----------
    pipe : the pipeline, its scheduler's timesteps set
    pictures : list of uint8 (H, W, 3)
    instructions : list of str
    highest : timestep at which to stop
    progress : bool

    Returns
    -------
    dict {timestep (float): variance-preserving z_t, tensor (B, 4, h, w)} of all timesteps up to `highest`.
    """
    import torch
    from tqdm.auto import tqdm

    seen = encode(pipe, pictures)
    z, a = seen * pipe.vae.config.scaling_factor, 1.0
    way, kind = {}, pipe.scheduler.config.prediction_type
    up = sorted({float(t): t for t in pipe.scheduler.timesteps if t <= highest}.items())
    with torch.inference_mode():
        words = pipe._encode_prompt(instructions, device_of(pipe), 1, False)
        for number, t in tqdm(up, desc="inverting", leave=False, disable=not progress):
            prediction = pipe.unet(torch.cat([z, seen], dim=1), t, encoder_hidden_states=words, return_dict=False)[0]
            z_0, eps = clean_and_noise(kind, z, prediction, a)
            a = kept(pipe.scheduler, t)
            z = a**0.5 * z_0 + (1 - a) ** 0.5 * eps
            way[number] = z
    return way


def to_cells(M, size, soft=False, dilate=0):
    """Masks in pixels as masks in latent cells.

    Parameters
    ----------
    M : tensor (B, H, W) in 0-1
    size : (h, w), cells
    soft : a cell is the share of its pixels that lie in M; else 1 if all of them do (are above 0.5), 0 if not
    dilate : cells by which to grow it, in all eight directions. Where M is so thin that no cell lies wholly in it, the
        first of them takes in the cells that M touches, so that there is something to grow

    Returns
    -------
    tensor (B, 1, h, w) in 0-1.
    """
    from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d

    M = M[:, None].float()
    if soft:
        return _grown(adaptive_avg_pool2d(M, size), dilate)
    whole = -adaptive_max_pool2d(-(M > 0.5).float(), size)
    if not dilate:
        return whole
    peak = adaptive_max_pool2d(M, size)
    touched = (peak > 0.5 * peak.amax((-2, -1), keepdim=True)).float()
    thin = whole.amax((-2, -1), keepdim=True) == 0
    return _grown(touched, dilate - 1).where(thin, _grown(whole, dilate))


def _grown(cells, by):
    from torch.nn.functional import max_pool2d

    return max_pool2d(cells, 2 * by + 1, stride=1, padding=by) if by else cells


def fit_mask(mask, shape):
    """A mask float32 (H, W) at the size (h, w) at which a model works, float32 in 0-1.

    Shrunk, each pixel is the mean of those it stands for: the nearest one alone would lose a thin mask. Enlarged, it
    is the nearest.
    """
    if min(mask.shape[0] - shape[0], mask.shape[1] - shape[1]) < 0 or mask.shape == tuple(shape[:2]):
        return resized_mask(mask, shape)
    import torch
    from torch.nn.functional import interpolate

    return interpolate(torch.from_numpy(mask)[None, None], shape[:2], mode="area")[0, 0].numpy()
