"""How long an edit will take, from one timed row: on a CPU the published editor needs minutes or hours."""

import time
import warnings

from .latents import device_of

WORTH_SAYING = 60.0  # seconds


def seconds_per_row(pipe, shape):
    """Seconds that the U-Net takes for one row of a picture of that shape (H, W): it is asked about nothing."""
    import torch

    size = [side // pipe.vae_scale_factor for side in shape]
    nothing = torch.zeros(1, pipe.unet.config.in_channels, *size, dtype=pipe.unet.dtype, device=device_of(pipe))
    with torch.inference_mode():
        words = pipe._encode_prompt([""], device_of(pipe), 1, False)
        start = time.perf_counter()
        pipe.unet.forward(nothing, 500, words, return_dict=False)  # no hook shall hear it
    return time.perf_counter() - start


def foretell(pipe, shapes, rows):
    """About how many seconds an edit of pictures of these shapes will take, at `rows` rows each; many are warned of."""
    seconds = sum(rows * shapes.count(shape) * seconds_per_row(pipe, shape) for shape in set(shapes))
    if seconds > WORTH_SAYING:
        warnings.warn(f"this edit will take about {seconds / 60:.0f} minutes on this CPU; a GPU needs seconds, fewer "
                      f"steps less, and me.load(\"pocket\") edits drawn scenes", stacklevel=4)
    return seconds
