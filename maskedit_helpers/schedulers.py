"""The samplers that an edit may use: one noise schedule, many ways down it.

A model was trained on a noise schedule (its betas, what it predicts); any of diffusers' schedulers can walk down
that schedule. `scheduler_named` builds one from the settings of the model's own.
"""

from contextlib import contextmanager

from .errors import KitError

SCHEDULERS = {  # name: diffusers' class
    "ddim": "DDIMScheduler",
    "ddpm": "DDPMScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "lms": "LMSDiscreteScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "deis": "DEISMultistepScheduler",
    "unipc": "UniPCMultistepScheduler",
    "pndm": "PNDMScheduler",
}
# Defaults of diffusers that are wrong for latents: they go beyond [-1, 1], so a clipped z_0 is another picture;
# and Runge-Kutta warm-up would cost PNDM nine more calls of the U-Net.
SETTINGS = {"ddim": {"clip_sample": False}, "ddpm": {"clip_sample": False}, "pndm": {"skip_prk_steps": True}}


def scheduler_named(name, model_scheduler):
    """A scheduler of that name with the noise schedule of the model's own.

    Parameters
    ----------
    name : a key of SCHEDULERS
    model_scheduler : the pipeline's scheduler

    Raises
    ------
    KitError
        Another name.
    """
    if name not in SCHEDULERS:
        raise KitError(f"scheduler {name!r} is unknown; use one of {', '.join(SCHEDULERS)}")
    import diffusers

    return getattr(diffusers, SCHEDULERS[name]).from_config(model_scheduler.config, **SETTINGS.get(name, {}))


@contextmanager
def sampling_with(pipe, name):
    """The pipeline with the scheduler of that name for the time of the `with`; with its own if name is None."""
    usual = pipe.scheduler
    if name is not None:
        pipe.scheduler = scheduler_named(name, usual)
    try:
        yield
    finally:
        pipe.scheduler = usual
