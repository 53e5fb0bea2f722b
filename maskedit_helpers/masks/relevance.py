"""Where the editor itself would edit: how much its answer changes when the instruction is taken away.

Mirzaei et al., "Watch Your Steps: Local Image and Scene Editing by Text Instructions" (2023): noise the picture to
one level, ask InstructPix2Pix for the noise with the instruction and with an empty one, and look where the two
answers differ. No mask, no words to parse, no other model; but a blurry map of the size of the latents, in which an
editor that bleeds shows where it will bleed.
"""

import numpy as np

from ..editing.latents import clean_and_noise, device_of, encode
from ..errors import KitError
from ..pictures.images import fitted, read_image

ROWS = 12  # U-Net rows per pass, as many as an edit of four pictures takes


def relevance(kit, image, instruction, noises=4, t=600, whisker=12.0, seed=1337):
    """The relevance map of an instruction.

    Parameters
    ----------
    kit : Kit
    image : anything `read_image` takes, H x W pixels
    instruction : str
    noises : int >= 1
        Samples of noise, over which the map is averaged; two U-Net rows each.
    t : int
        Level of the noise, a timestep of the model: 0 (the picture) to 999 (noise). The paper takes 800.
    whisker : float >= 0
        Values so many interquartile ranges beyond the quartiles are outliers, and are clipped before the map is
        stretched to 0-1. The paper takes 1.5. But where a small thing stands before an even background, all of it
        is such an outlier, and so is whatever the edit would stain: then both come out as 1.
    seed : int
        Of the noise, which is drawn on the CPU.

    Returns
    -------
    float32 (H, W) in [0, 1]; 1 where the instruction changes the answer most. All 0 where it changes nothing.

    Raises
    ------
    KitError
        No noise, a timestep that the model doesn't have, a negative whisker, an instruction that
        `editor.Editor.edit` refuses, a model that predicts neither the noise nor v.
    """
    import torch
    from torch.nn.functional import interpolate

    editor, pipe = kit.editor, kit.editor.pipe
    editor.check_instruction(instruction)
    kept = pipe.scheduler.alphas_cumprod  # alpha bar: the schedule of the training, whatever sampler is set
    if noises < 1:
        raise KitError(f"noises is {noises}; the map needs at least one sample")
    if not 0 <= t < len(kept):
        raise KitError(f"t is {t}; the model's timesteps go from 0 to {len(kept) - 1}")
    if not whisker >= 0:
        raise KitError(f"whisker is {whisker}; give 0 or more interquartile ranges")
    picture = read_image(image)
    generator = torch.Generator("cpu").manual_seed(seed)
    with torch.inference_mode():
        with_text, _, without = pipe._encode_prompt([instruction], device_of(pipe), 1, True).split(1)
        seen = encode(pipe, [fitted(picture, editor.long_side)])  # (1, 4, h, w), unscaled
        noise = torch.randn((noises, *seen.shape[1:]), generator=generator).to(seen)
        a = float(kept[int(t)])
        z = a**0.5 * seen * pipe.vae.config.scaling_factor + (1 - a) ** 0.5 * noise
        maps = []
        for some in z.split(ROWS // 2):
            n = len(some)
            rows = torch.cat([torch.cat([some, seen.expand(n, -1, -1, -1)], dim=1)] * 2)
            words = torch.cat([with_text.expand(n, -1, -1), without.expand(n, -1, -1)])
            answer = pipe.unet(rows, int(t), encoder_hidden_states=words, return_dict=False)[0]
            _, eps = clean_and_noise(pipe.scheduler.config.prediction_type, rows[:, :4], answer, a)
            maps.append((eps[:n] - eps[n:]).abs().float())
        pipe.maybe_free_model_hooks()
        mean = torch.cat(maps).mean((0, 1))
        full = interpolate(mean[None, None], picture.shape[:2], mode="bilinear")[0, 0]
    return _normalised(full.cpu().numpy(), whisker)


def _normalised(values, whisker):
    """Values without outliers, stretched to 0-1."""
    low, high = np.percentile(values, (25, 75))
    values = np.clip(values, low - whisker * (high - low), high + whisker * (high - low))
    span = np.ptp(values)
    return ((values - values.min()) / span if span > 0 else np.zeros_like(values)).astype(np.float32)
